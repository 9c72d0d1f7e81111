"""By what logits are divided, so that a probability is how often one is right on a study that is new."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Below a half, exp of a bounded logit would leave float32.
_TRIED = np.exp(np.linspace(np.log(0.5), np.log(5.0), 116))


def fit_temperature(logits: NDArray[np.float64], leaf: NDArray[np.intp], study: NDArray[np.intp]) -> float:
    """Return the temperature with the least cross-entropy (Guo et al. 2017), every study weighing the same.

    Parameters
    ----------
    logits
        Cells x types, of a network that did not learn from the cell's study; up to a constant a cell.
    leaf
        (cells,) the type of each.
    study
        (cells,) number of the study.
    """
    weights = 1 / np.bincount(study)[study]
    losses = []
    for temperature in _TRIED:
        cooled = logits / temperature
        cooled = cooled - cooled.max(axis=1, keepdims=True)
        right = cooled[np.arange(len(leaf)), leaf] - np.log(np.exp(cooled).sum(axis=1))
        losses.append(-(weights * right).sum())
    return float(_TRIED[int(np.argmin(losses))])
