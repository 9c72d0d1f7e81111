"""Scores of a cell in a new dataset, from its own counts: what kind of cell it is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    Float32 = NDArray[np.float32]

_SCORE_LIMIT = 4.0  # no cell is further out than this, in standard deviations


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection:
    """Principal components of the cells' log-normalised counts.

    Attributes
    ----------
    genes
        The target genes that the scores are made of, as columns of the graph's output.
    loadings
        Genes x scores, float32; a score has variance one in the fitted cells.
    centres
        What is taken off each score, so that it is zero on average in the fitted cells.
    """

    genes: NDArray[np.intp]
    loadings: Float32
    centres: Float32

    def scores(self, counts: Float32 | csr_matrix, depth: Float32) -> Float32:
        """Return the scores of cells, cells x scores.

        Parameters
        ----------
        counts
            Observed counts, cells x all target genes, dense or CSR.
        depth
            Size factor of each cell, one on average.
        """
        scores = np.asarray(_logs(counts[:, self.genes], depth) @ self.loadings) - self.centres
        return np.clip(scores, -_SCORE_LIMIT, _SCORE_LIMIT, out=scores)


def fit_projection(counts: Float32, depth: Float32, genes: NDArray[np.intp], *, number: int) -> Projection:
    """Find the leading principal components of cells.

    Parameters
    ----------
    counts
        Observed counts in the score genes, cells x genes.
    depth
        As for `Projection.scores`.
    genes
        Which target genes these are.
    number
        Number of scores.
    """
    logs = _logs(counts, depth)
    mean = logs.mean(axis=0, dtype=np.float64)
    centred = logs - mean  # float64: float32 sums would let the noise directions turn
    # numpy's whole decomposition is faster than scipy's partial one, whose BLAS waits for numpy's threads.
    variance, vectors = np.linalg.eigh(centred.T @ centred / len(logs))
    loadings = vectors[:, : -number - 1 : -1] / np.sqrt(np.maximum(variance[: -number - 1 : -1], 1e-9))
    return Projection(
        genes=genes, loadings=loadings.astype(np.float32), centres=(mean @ loadings).astype(np.float32)
    )


def _logs(counts: Any, depth: Float32) -> Any:
    """Return log1p of counts by depth, dense or CSR as the counts are."""
    if isinstance(counts, np.ndarray):
        return np.log1p(counts / depth[:, None])
    logs = counts.copy()
    logs.data = np.log1p(logs.data / np.repeat(depth, np.diff(logs.indptr)))
    return logs
