"""MAGIC on the cells of a study, in an environment of its own with the versions that this benchmark pins."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import process
from .environments import python_of
from .methods import METHODS
from .tasks import Task, write_counts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from cellfill_training import Study


def magic(
    study: Study, *, environments: Path, folder: Path, seed: int = 0
) -> tuple[NDArray[np.float32], Mapping[str, Any]]:
    """Return what MAGIC makes of counts, cells x genes, and what it took; it is installed where it is not there."""
    counts, out = folder / "counts.npz", folder / "magic"
    write_counts(Task(study=study), counts)
    said = process.run(
        METHODS["magic"],
        python=python_of("magic", environments),
        counts=counts,
        out=out,
        seed=seed,
        model=None,
        timeout=3600.0,
        threads=None,
    )
    return process.read_estimates(out, "")["expected"], said
