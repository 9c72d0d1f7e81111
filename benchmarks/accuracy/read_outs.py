"""A mean, read out for a metric on logarithms: what squared error asks for there is the mean of the logarithm.

They hold for any method that gives a mean, and take its counts to be Poisson.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Dense = NDArray[np.float32]

_COUNTS = np.arange(400)
_GRID = np.logspace(-6, 2, 2000)
_COARSE = np.concatenate([[0.0], np.logspace(-4, 2, 600)])


def log_expressed(mean: Dense) -> Dense:
    """Return exp(E[log(1 + x) | x > 0]) - 1 of Poisson counts: no mean, but what MSE on log1p counts asks for.

    Parameters
    ----------
    mean
        In counts, any shape; NaN stays.
    """
    chance = stats.poisson.pmf(_COUNTS[1:], _GRID[:, None])
    logs = chance @ np.log1p(_COUNTS[1:]) / -np.expm1(-_GRID)
    # Above a hundred counts, to second order; the two meet within 1e-5.
    large = np.log1p(mean) - mean / (2 * np.square(1 + mean))
    small = np.interp(np.log(np.maximum(mean, _GRID[0])), np.log(_GRID), logs)
    found: Dense = np.expm1(np.where(mean > _GRID[-1], large, small)).astype(np.float32)
    return found


def log_normalised_mean(mean: Dense, *, depth: float) -> NDArray[np.float64]:
    """Return E[log(1 + x depth / library)] of Poisson counts, the library being the sum of a cell's means.

    Parameters
    ----------
    mean
        Cells x genes, in counts.
    depth
        Library size that cells are brought to.
    """
    means = np.maximum(np.asarray(mean, dtype=np.float64), 0)
    scale = depth / np.maximum(means.sum(axis=1), 1e-9)
    tables = stats.poisson.pmf(_COUNTS, _COARSE[:, None]) @ np.log1p(np.outer(_COUNTS, scale))
    found = np.empty(means.shape)
    for cell, (row, factor) in enumerate(zip(means, scale, strict=True)):
        scaled = row * factor
        large = np.log1p(scaled) - scaled * factor / (2 * np.square(1 + scaled))  # to second order
        found[cell] = np.where(row > _COARSE[-1], large, np.interp(row, _COARSE, tables[:, cell]))
    return found
