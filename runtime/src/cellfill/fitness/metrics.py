"""Figures of merit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

# Pearson's r of fewer entries says nothing.
_LEAST_ENTRIES = 10


def masked_scores(imputed: NDArray[np.float32], truth: NDArray[np.float32]) -> dict[str, float]:
    """Return ``mse`` and ``pearson`` on log1p counts (Arisdakessian 2019, "Evaluation metrics")."""
    x, y = np.log1p(imputed.astype(np.float64)), np.log1p(truth.astype(np.float64))
    flat = len(x) < 2 or x.std() == 0 or y.std() == 0
    return {
        "mse": float(np.mean((x - y) ** 2)),
        "pearson": 0.0 if flat else float(np.corrcoef(x, y)[0, 1]),
    }


def scores_by_gene(
    imputed: NDArray[np.float32], truth: NDArray[np.float32], gene: NDArray[np.intp], genes: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return MSE and Pearson of every gene on log1p counts; NaN for a gene with fewer than ten entries."""
    x, y = np.log1p(imputed.astype(np.float64)), np.log1p(truth.astype(np.float64))
    number = np.bincount(gene, minlength=genes)
    safe = np.maximum(number, 1)
    mse = np.bincount(gene, (x - y) ** 2, genes) / safe
    x = x - (np.bincount(gene, x, genes) / safe)[gene]
    y = y - (np.bincount(gene, y, genes) / safe)[gene]
    both = np.bincount(gene, x**2, genes) * np.bincount(gene, y**2, genes)
    varied = both > 1e-20
    pearson = np.bincount(gene, x * y, genes) / np.sqrt(np.where(varied, both, 1))
    few = number < _LEAST_ENTRIES
    return np.where(few, np.nan, mse), np.where(few | ~varied, np.nan, pearson)


def poisson_loss(mean: NDArray[np.floating[Any]], counts: csr_matrix) -> float:
    """Return the mean over entries of mu - y log mu, in nats (Batson 2019)."""
    safe = np.maximum(mean.astype(np.float64), 1e-9)
    entries = counts.tocoo()
    return float((safe.sum() - (entries.data * np.log(safe[entries.row, entries.col])).sum()) / safe.size)
