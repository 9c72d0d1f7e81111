"""Which cells an epoch sees: studies alike, and rare types more often than their number."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellfill_training.architectures.classifier.cells import Cells


def study_weights(cells: Cells) -> NDArray[np.float64]:
    """Return the probability of each cell, labelled or not: every study has the same share."""
    numbers = np.bincount(cells.study, minlength=len(cells.names))
    weights = 1 / numbers[cells.study]
    return np.asarray(weights / weights.sum(), dtype=np.float64)


def type_weights(cells: Cells) -> NDArray[np.float64]:
    """Return the probability of each cell: studies alike, in each its types by the root of their numbers."""
    pairs = cells.study * cells.types + np.maximum(cells.leaf, 0)
    known = cells.leaf >= 0
    numbers = np.bincount(pairs[known], minlength=len(cells.names) * cells.types)
    weights = np.where(known, 1 / np.sqrt(np.maximum(numbers[pairs], 1)), 0)
    totals = np.bincount(cells.study, weights=weights, minlength=len(cells.names))
    weights = weights / np.maximum(totals[cells.study], 1e-300)
    return np.asarray(weights / weights.sum(), dtype=np.float64)
