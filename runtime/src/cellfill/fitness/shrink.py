"""Weigh what was measured for each gene with what was measured for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Float64 = NDArray[np.float64]

_POINTS = 61  # odd: one of them is 0
_ROUNDS = 100
_RANGE = 4.0  # the points lie on a sinh of so much, denser near 0
_REACH = 2.0  # of the ninth decile of the estimates


def shrink(estimates: Float64, variances: Float64) -> tuple[Float64, Float64]:
    """Estimate true values from noisy ones: nonparametric empirical Bayes.

    The distribution of the true values over all genes is fitted by EM as masses on a grid (Kiefer & Wolfowitz 1956;
    Jiang & Zhang 2009), and is the prior of each. So a gene of which little was measured is judged like most genes,
    and one of 6,000 genes that looks good by chance is not believed: it respects their number, as a correction of p
    values does, but asks for the likelier side, not for proof.

    Parameters
    ----------
    estimates
        One a gene.
    variances
        Of their noise, positive.

    Returns
    -------
    The posterior mean of each, and the posterior probability that it is above 0.
    """
    if len(estimates) == 0:
        return np.zeros(0), np.zeros(0)
    reach = max(_REACH * float(np.quantile(np.abs(estimates), 0.9)), 1e-12)
    grid = np.sinh(np.linspace(-_RANGE, _RANGE, _POINTS)) / np.sinh(_RANGE) * reach
    away = (estimates[:, None] - grid) ** 2 / (2 * variances[:, None])
    likelihood = np.exp((away.min(axis=1, keepdims=True) - away).astype(np.float32))
    masses = np.full(_POINTS, 1 / _POINTS)
    for _ in range(_ROUNDS):
        shares = (1 / (likelihood @ masses.astype(np.float32))) @ likelihood
        masses = masses * shares / len(estimates)
    weights = likelihood * masses
    weights /= weights.sum(axis=1, keepdims=True)
    return weights @ grid, weights[:, grid > 0].sum(axis=1)
