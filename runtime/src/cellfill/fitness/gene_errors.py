"""The error of each gene from few hidden counts of it, weighed with that of genes as much expressed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Float64 = NDArray[np.float64]

_WINDOW = 0.1  # of the genes, on either side
_LEAST_WINDOW = 5


def errors_by_gene(squares: Float64, gene: NDArray[np.intp], mean: Float64) -> Float64:
    """Return the mean squared error of each gene.

    Ten or thirty squared errors tell a gene's mean squared error badly: most of what differs between genes is
    noise. What a gene's mean count foretells (a running mean over genes of like mean) is therefore corrected only
    by as much of the gene's own deviation as is likely real, with the share of real deviations estimated from genes
    of like mean (normal empirical Bayes on the ratio to the trend): rare genes deviate by more than others do.

    Parameters
    ----------
    squares
        Squared error of each hidden count.
    gene
        Its gene.
    mean
        Mean count of each gene.

    Returns
    -------
    One a gene; NaN for all where nothing was hidden, and for a gene without counts.
    """
    genes = len(mean)
    number = np.bincount(gene, minlength=genes)
    if not len(squares):
        return np.full(genes, np.nan)
    own = np.bincount(gene, squares, genes) / np.maximum(number, 1)
    spread = np.bincount(gene, (squares - own[gene]) ** 2, genes) / np.maximum(number - 1, 1)
    usual = np.maximum(_trend(mean, own, number), 1e-12)
    deviation = own / usual - 1
    noise = _trend(mean, spread, np.maximum(number - 1, 0)) / usual**2 / np.maximum(number, 1)
    told = np.maximum(number - 1, 0)
    real = np.maximum(_trend(mean, deviation**2 - noise, told), 0.0)
    weight = np.where(number > 0, real / np.maximum(real + noise, 1e-12), 0.0)
    return np.where(mean > 0, usual * (1 + weight * deviation), np.nan)


def _trend(level: Float64, value: Float64, weight: NDArray[np.intp]) -> Float64:
    """Return the weighted mean of the values of the genes nearest in level, for each gene."""
    order = np.argsort(level, kind="stable")
    half = max(round(_WINDOW * int((weight > 0).sum())), _LEAST_WINDOW)
    kept = order[weight[order] > 0]
    if not len(kept):
        return np.zeros(len(level))
    sums = np.concatenate([[0.0], np.cumsum((value * weight)[kept])])
    weights = np.concatenate([[0.0], np.cumsum(weight[kept], dtype=np.float64)])
    place = np.searchsorted(level[kept], level, side="left")
    low, high = np.clip(place - half, 0, len(kept) - 1), np.clip(place + half + 1, 1, len(kept))
    trend: Float64 = (sums[high] - sums[low]) / (weights[high] - weights[low])
    return trend
