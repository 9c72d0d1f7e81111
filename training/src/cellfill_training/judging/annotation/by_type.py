"""Precision, recall and F1 of every type of a tree, summed over studies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellfill_training.studies.cell_classes import ClassTree


class ByType:
    """Counts of right and wrong answers; a cell is of its leaf and of all types above it.

    Attributes
    ----------
    right, named, true
        (classes,) cells that were rightly given a type, given it, and are of it.
    """

    def __init__(self, tree: ClassTree) -> None:
        self._members = tree.members()
        self.right, self.named, self.true = np.zeros((3, len(self._members)))

    def add(self, probabilities: NDArray[np.floating], leaf: NDArray[np.intp]) -> None:
        """Add cells of known types; each is given its most probable leaf."""
        said = self._members[:, np.nan_to_num(probabilities).argmax(axis=1)]
        truth = self._members[:, leaf]
        self.right += (said * truth).sum(axis=1)
        self.named += said.sum(axis=1)
        self.true += truth.sum(axis=1)

    @property
    def precision(self) -> NDArray[np.float64]:
        """Share of the cells given a type that are of it; NaN where none was."""
        return _share(self.right, self.named)

    @property
    def recall(self) -> NDArray[np.float64]:
        """Share of a type's cells that are given it; NaN where there are none."""
        return _share(self.right, self.true)

    @property
    def f1(self) -> NDArray[np.float64]:
        """Harmonic mean of the two; NaN of a type of which no cell was judged."""
        return np.where(self.true > 0, _share(2 * self.right, self.true + self.named), np.nan)


def _share(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(whole > 0, part / np.maximum(whole, 1), np.nan)
