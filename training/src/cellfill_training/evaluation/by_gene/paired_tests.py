"""Is a gene's mean difference 0? A t test a gene, adjusted for their number."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Float64 = NDArray[np.float64]

FEWEST = 10  # pairs of a test


def paired_tests(difference: Float64, gene: NDArray[np.intp], genes: int) -> tuple[Float64, NDArray[np.intp]]:
    """Test whether the mean difference of each gene is 0.

    Returns
    -------
    Adjusted p value of each gene (NaN for fewer than ten pairs), and the number of its pairs.
    """
    number = np.bincount(gene, minlength=genes)
    mean = np.bincount(gene, difference, genes) / np.maximum(number, 1)
    variance = np.bincount(gene, (difference - mean[gene]) ** 2, genes) / np.maximum(number - 1, 1)
    return adjusted(mean, variance, number), number


def adjusted(mean: Float64, variance: Float64, number: NDArray[np.intp]) -> Float64:
    """Return two-sided p values of t tests against 0, adjusted by Benjamini and Hochberg; NaN for too few pairs."""
    from scipy import stats

    enough = (number >= FEWEST) & np.isfinite(mean)
    error = np.sqrt(np.where(variance > 0, variance, np.inf) / np.maximum(number, 1))
    p = 2 * stats.t.sf(np.abs(mean) / error, np.maximum(number - 1, 1))
    q = np.full(len(mean), np.nan)
    if enough.any():
        q[enough] = stats.false_discovery_control(p[enough])
    return q
