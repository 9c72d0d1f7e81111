"""What is refused, or warned of, before a training begins."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

from cellfill.errors import UsageError
from cellfill_training.architectures.subnetworks.start import Start
from cellfill_training.studies.study import Study

# Below, a model of other studies of the tissue was better than one of the cells (benchmarks/transfer/pairs.md).
FEW_CELLS = 200


def check_names(studies: Sequence[Study], held_out: Sequence[Study]) -> None:
    """Refuse to train on nothing, and studies that cannot be told apart.

    Raises
    ------
    UsageError
        When there is no study, or two have one name.
    """
    names = [study.name for study in (*studies, *held_out)]
    if not studies:
        raise UsageError("There is no study to train on.")
    if len(set(names)) != len(names):
        raise UsageError(f"Two studies have one name, or one is both trained on and held out: {names}.")


def few_cells(kept: Sequence[Study], start: Start | None, on_step: object) -> list[str]:
    """Return what speaks against training on so few cells; who listens to no steps is warned as Python warns."""
    cells = sum(study.counts.shape[0] for study in kept)
    if cells >= FEW_CELLS or start is not None:
        return []
    text = (
        f"{cells:,} cells are few to train on: below {FEW_CELLS} a pre-trained model of the same tissue has less "
        "error (on 50 PBMC by a fifth). Impute with one, or go on from one with --from (in Python start=)."
    )
    if on_step is None:
        warnings.warn(text, stacklevel=3)
    return [f"WARNING {text}"]
