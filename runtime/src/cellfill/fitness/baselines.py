"""The trivial baselines that stand beside every figure. All take counts, and see no other gene's pattern."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cellfill.estimates import expressed

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

NONZERO = "non-zero mean + library slope"
MEAN = "gene mean x library"
MEAN_TRUNCATED = "gene mean x library, zero-truncated"
NONE = "no imputation"

# Weight of the common slope in a gene's own, in cells.
_SLOPE_PRIOR = 20.0


def gene_mean(counts: csr_matrix) -> NDArray[np.float32]:
    """Gene mean x library size: the expected count when cells differ in depth only, cells x genes."""
    library = _library(counts)
    level = np.asarray(counts.sum(axis=0, dtype=np.float64)).ravel() + 0.5  # a gene that is never seen
    return np.outer(library / library.sum(), level).astype(np.float32)


def gene_mean_truncated(counts: csr_matrix) -> NDArray[np.float32]:
    """Return the zero-truncated form of `gene_mean`: the estimate ``expressed`` of it."""
    return expressed(gene_mean(counts))


def nonzero_mean(counts: csr_matrix) -> NDArray[np.float32]:
    """Return the gene's mean log1p non-zero count, plus a slope on the log library size, in counts.

    A gene's slope is drawn towards the slope of all genes with the weight of 20 cells. Estimate ``expressed``.
    """
    entries = counts.tocoo()
    genes = counts.shape[1]
    log_library = np.log(_library(counts))
    log_library -= log_library.mean()
    spread = max(float(log_library.var()), 1e-12)
    logs = np.log1p(entries.data.astype(np.float64))
    number = np.bincount(entries.col, minlength=genes)
    overall = float(logs.mean())
    level = (np.bincount(entries.col, logs, genes) + overall) / (number + 1)
    depth = np.bincount(entries.col, log_library[entries.row], genes) / np.maximum(number, 1)
    off = log_library[entries.row] - depth[entries.col]
    covariance = np.bincount(entries.col, off * (logs - level[entries.col]), genes)
    variance = np.bincount(entries.col, off**2, genes)
    common = covariance.sum() / max(variance.sum(), 1e-12)
    prior = _SLOPE_PRIOR * spread
    slope = (covariance + common * prior) / (variance + prior)
    fitted = level + slope * (log_library[:, None] - depth)
    result: NDArray[np.float32] = np.expm1(np.maximum(fitted, 0)).astype(np.float32)
    return result


def _library(counts: csr_matrix) -> NDArray[np.float64]:
    library: NDArray[np.float64] = np.asarray(counts.sum(axis=1, dtype=np.float64)).ravel()
    return np.maximum(library, 1)
