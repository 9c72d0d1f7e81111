"""What a method said of cells, kept in a folder, since some take minutes."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from cellfill_training.architectures.classifier.cells import Cells

    from .seen import Seen


def remembered(
    scratch: Path,
    method: str,
    taught: Cells,
    seen: Sequence[Seen],
    make: Callable[[], Sequence[NDArray[np.floating]]],
) -> list[NDArray[np.floating]]:
    """Return probabilities, cells x types, of each of several sets of cells; made where they are not kept.

    Parameters
    ----------
    scratch
        The folder.
    method
        Its name, and versions where these count.
    taught, seen
        What it learns from, and the cells that it names: with others it is made anew.
    make
        Names the cells.
    """
    state = hashlib.sha256(method.encode() + taught.leaf.tobytes() + taught.counts.data.tobytes())
    for cells in seen:
        state.update(cells.name.encode() + cells.counts.data.tobytes() + cells.counts.indices.tobytes())
    file = scratch / f"said-{state.hexdigest()[:16]}.npz"
    if not file.is_file():
        scratch.mkdir(parents=True, exist_ok=True)
        np.savez(file.with_suffix(".new.npz"), *make())
        file.with_suffix(".new.npz").replace(file)
    with np.load(file) as given:
        return [given[name] for name in given.files]
