"""How well types were told: how many cells, rare types as much as common ones, and how honest the certainty is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cellfill.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BINS = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeScores:
    """How well the known cells of a study were named.

    Attributes
    ----------
    accuracy
        Share of the cells that have their own type's name.
    macro_f1
        Mean over the study's types of the harmonic mean of precision and recall.
    ece
        Expected calibration error (Naeini 2015): how far accuracy is from certainty, in 15 equal bins of it.
    recall
        By type, in the order of the classes; NaN for one of which there is no cell.
    cells
        Known cells.
    """

    accuracy: float
    macro_f1: float
    ece: float
    recall: tuple[float, ...]
    cells: int


def score_types(probabilities: NDArray[np.floating], leaf: NDArray[np.intp]) -> TypeScores:
    """Score probabilities, cells x classes, against the cells' classes; cells of none (below 0) are left out.

    Raises
    ------
    DataError
        When no cell's class is known.
    """
    known = leaf >= 0
    if not known.any():
        raise DataError("No cell has a label: there is nothing to judge by.")
    given, truth = probabilities[known], leaf[known]
    said, certainty = given.argmax(axis=1), given.max(axis=1)
    classes = given.shape[1]
    right = np.bincount(truth[said == truth], minlength=classes)
    true, named = np.bincount(truth, minlength=classes), np.bincount(said, minlength=classes)
    with np.errstate(invalid="ignore"):
        recall = right / true
    f1 = 2 * right / np.maximum(true + named, 1)
    return TypeScores(
        accuracy=float((said == truth).mean()),
        macro_f1=float(f1[true > 0].mean()),
        ece=_calibration_error(certainty, said == truth),
        recall=tuple(float(r) for r in recall),
        cells=len(truth),
    )


def merged(
    probabilities: NDArray[np.floating], leaf: NDArray[np.intp], groups: NDArray[np.intp]
) -> tuple[NDArray[np.floating], NDArray[np.intp]]:
    """Return probabilities and classes with some classes together.

    Parameters
    ----------
    probabilities, leaf
        As of `score_types`.
    groups
        (classes,) the number that each has afterwards, from 0.
    """
    together = np.zeros((len(groups), int(groups.max()) + 1))
    together[np.arange(len(groups)), groups] = 1
    return probabilities @ together, np.where(leaf >= 0, groups[np.maximum(leaf, 0)], -1)


def auroc(scores: NDArray[np.floating], positive: NDArray[np.bool_]) -> float:
    """Return how often a positive cell has a higher score than another one; equal scores count half.

    Raises
    ------
    DataError
        When all cells are of one kind.
    """
    from scipy.stats import rankdata

    number = int(positive.sum())
    if number in (0, len(positive)):
        raise DataError("All cells are of one kind: there is nothing to tell apart.")
    ranks = rankdata(scores)
    return float((ranks[positive].sum() - number * (number + 1) / 2) / (number * (len(positive) - number)))


def _calibration_error(certainty: NDArray[np.floating], right: NDArray[np.bool_]) -> float:
    bins = np.minimum((certainty * _BINS).astype(int), _BINS - 1)
    sums = [np.bincount(bins, weights=values, minlength=_BINS) for values in (certainty, right.astype(float))]
    return float(np.abs(sums[0] - sums[1]).sum() / len(right))
