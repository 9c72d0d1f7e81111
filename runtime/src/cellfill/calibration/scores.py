"""Scores of a cell in a new dataset, from its own counts: what kind of cell it is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    Float32 = NDArray[np.float32]
    Float64 = NDArray[np.float64]

# A residual is (x - mu) / sqrt(mu + offset), so that a single count of a gene that is hardly expected does not
# outweigh all else; and both it and a score are limited, so that no cell or entry decides alone.
_OFFSET = np.float32(0.05)
_RESIDUAL_LIMIT = 5.0
_SCORE_LIMIT = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection:
    """Principal components of what cells have more or less of than their depth alone would give them.

    Attributes
    ----------
    genes
        The target genes that the scores are made of, as columns of the graph's output.
    rates
        Counts of each gene in a cell of depth one, float32.
    loadings
        Genes x scores, float32; a score has variance one in the fitted cells.
    centres
        What is taken off each score, so that it is zero on average in the fitted cells.
    """

    genes: NDArray[np.intp]
    rates: Float32
    loadings: Float32
    centres: Float32

    def scores(self, counts: Float32 | csr_matrix, depth: Float32) -> Float32:
        """Return the scores of cells, cells x scores.

        Parameters
        ----------
        counts
            Observed counts, cells x all target genes (or only `genes`), dense or CSR.
        depth
            Size factor of each cell, one on average.
        """
        chosen = counts if counts.shape[1] == len(self.genes) else counts[:, self.genes]
        dense = chosen if isinstance(chosen, np.ndarray) else chosen.toarray()
        scores = _residuals(dense, depth, self.rates) @ self.loadings - self.centres
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
    rates = (counts.sum(axis=0, dtype=np.float64) / depth.sum(dtype=np.float64)).astype(np.float32)
    residuals = _residuals(counts, depth, rates)
    mean = residuals.mean(axis=0, dtype=np.float64)
    centred = residuals - mean  # float64: float32 sums would let the noise directions turn
    loadings = _leading(centred, number)
    return Projection(
        genes=genes,
        rates=rates,
        loadings=loadings.astype(np.float32),
        centres=(mean @ loadings).astype(np.float32),
    )


def _leading(centred: Float64, number: int) -> Float64:
    """Return the leading principal axes of centred cells, each divided by the deviation along it.

    From the smaller of the two matrices of products: the cost of a decomposition goes with the cube of its side.
    """
    cells, genes = centred.shape
    few = cells < genes
    # numpy's whole decomposition is faster than scipy's partial one, whose BLAS waits for numpy's threads.
    variance, vectors = np.linalg.eigh((centred @ centred.T if few else centred.T @ centred) / cells)
    variance, vectors = np.maximum(variance[: -number - 1 : -1], 1e-9), vectors[:, : -number - 1 : -1]
    if few:
        vectors = centred.T @ vectors / np.sqrt(cells * variance)
    loadings: Float64 = vectors / np.sqrt(variance)
    return loadings


def _residuals(counts: Float32, depth: Float32, rates: Float32) -> Float32:
    """Return the counts' deviations from depth x rate, in units of their Poisson noise."""
    mean = depth[:, None] * rates
    residuals: Float32 = (counts - mean) / np.sqrt(mean + _OFFSET)
    return np.clip(residuals, -_RESIDUAL_LIMIT, _RESIDUAL_LIMIT, out=residuals)
