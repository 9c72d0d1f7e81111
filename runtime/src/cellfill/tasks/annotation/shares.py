"""The shares of the types in new cells, when they are others than in training: label shift."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MOST_STEPS, _CLOSE = 200, 1e-5
# How many times more frequent than in training a type may be held for: without a bound a type of a dozen
# training cells, of which little is known, takes the cells of the others.
_MOST_TIMES = 10.0
# No type of training cells is rarer; a manifest's number that is all but zero would overflow as a divisor.
_SEEN = 1e-12


def estimate_shares(probabilities: NDArray[np.float32], trained: NDArray[np.float64]) -> NDArray[np.float64]:
    """Estimate the shares of the types in new cells by expectation-maximisation.

    Saerens, Latinne & Decaestecker, Neural Computation 14:21, 2002: each step weighs the classifier's probabilities
    by how much more frequent a type is than in training, and takes the mean of what comes out.

    Parameters
    ----------
    probabilities
        Cells x leaf types, as the classifier gives them.
    trained
        Share of each type among the cells that trained it; sums to 1.

    Returns
    -------
    Share of each type in the new cells, at most ten times that in training; sums to 1.
    """
    shares = trained.copy()
    for _ in range(_MOST_STEPS):
        new = np.asarray(reweigh(probabilities, weights_of(shares, trained)).mean(axis=0))
        new = _bounded(new, trained * _MOST_TIMES)
        if np.abs(new - shares).max() < _CLOSE:
            return new
        shares = new
    return shares


def _bounded(shares: NDArray[np.float64], most: NDArray[np.float64]) -> NDArray[np.float64]:
    """Hold shares to a largest one each; what is above goes to the others as they are to one another."""
    held = shares >= most
    others = shares[~held].sum()
    if not held.any() or others <= 0:
        return shares
    return np.where(held, most, shares * (1 - most[held].sum()) / others)


def weights_of(shares: NDArray[np.float64], trained: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how much more frequent each type is than in training; 0 for one that training never saw."""
    seen = trained > _SEEN
    return np.where(seen, shares / np.where(seen, trained, 1.0), 0.0)


def reweigh(probabilities: NDArray[np.float32], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return probabilities times a weight a type, each row's sum 1 again."""
    weighed = probabilities * weights
    total = weighed.sum(axis=1, keepdims=True)
    return np.asarray(np.where(total > 0, weighed / np.where(total > 0, total, 1.0), probabilities))
