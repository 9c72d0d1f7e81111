"""Scores of a cell in a new dataset: what kind of cell it is there, and what the model missed in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Float32 = NDArray[np.float32]

# A residual is (x - mu) / sqrt(mu + offset), so that a single count of a gene that is hardly expected does not
# outweigh all else; and both it and a score are limited, so that no cell or entry decides alone.
_OFFSET = np.float32(0.05)
_RESIDUAL_LIMIT = 5.0
_SCORE_LIMIT = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection:
    """Principal components of the cells' log-normalised counts, and of the model's residuals.

    Attributes
    ----------
    genes
        The target genes that the scores are made of, as columns of the graph's output.
    log_centres, residual_centres
        Mean of each gene's log-normalised counts and residuals in the fitted cells.
    log_loadings, residual_loadings
        Genes x scores; a score has variance one in the fitted cells.
    """

    genes: NDArray[np.intp]
    log_centres: Float32
    log_loadings: Float32
    residual_centres: Float32
    residual_loadings: Float32

    def scores(self, mean: Float32, counts: Float32, depth: Float32) -> Float32:
        """Return the scores of cells, cells x scores.

        Parameters
        ----------
        mean, counts
            The model's mean counts, at this dataset's level of each gene, and the observed counts; cells x
            all target genes.
        depth
            Size factor of each cell, one on average.
        """
        mean, counts = mean[:, self.genes], counts[:, self.genes]
        logs = (_logs(counts, depth) - self.log_centres) @ self.log_loadings
        residuals = (_residuals(mean, counts) - self.residual_centres) @ self.residual_loadings
        both: Float32 = np.concatenate([logs, residuals], axis=1)
        return np.clip(both, -_SCORE_LIMIT, _SCORE_LIMIT)


def fit_projection(
    mean: Float32, counts: Float32, depth: Float32, genes: NDArray[np.intp], *, each: int
) -> Projection:
    """Find the leading components of the log-normalised counts and of the residuals of some genes.

    Parameters
    ----------
    mean, counts, depth
        As for `Projection.scores`.
    genes
        The target genes to make scores of.
    each
        Number of scores of either kind.
    """
    log_centres, log_loadings = _components(_logs(counts[:, genes], depth), each)
    residual_centres, residual_loadings = _components(_residuals(mean[:, genes], counts[:, genes]), each)
    return Projection(
        genes=genes,
        log_centres=log_centres,
        log_loadings=log_loadings,
        residual_centres=residual_centres,
        residual_loadings=residual_loadings,
    )


def _logs(counts: Float32, depth: Float32) -> Float32:
    logs: Float32 = np.log1p(counts / depth[:, None])
    return logs


def _residuals(mean: Float32, counts: Float32) -> Float32:
    residuals: Float32 = (counts - mean) / np.sqrt(mean + _OFFSET)
    return np.clip(residuals, -_RESIDUAL_LIMIT, _RESIDUAL_LIMIT)


def _components(values: Float32, number: int) -> tuple[Float32, Float32]:
    """Return the centres and the leading eigenvectors of the covariance, scaled so that scores have variance 1."""
    centres = values.mean(axis=0, dtype=np.float64)
    centred = values - centres  # float64: float32 sums would let the noise directions turn
    number = min(number, centred.shape[1])
    # numpy's whole decomposition is faster than scipy's partial one, whose BLAS waits for numpy's threads.
    variance, vectors = np.linalg.eigh(centred.T @ centred / len(values))
    variance, vectors = variance[-number:], vectors[:, -number:]
    loadings = vectors[:, ::-1] / np.sqrt(np.maximum(variance[::-1], 1e-9))
    return centres.astype(np.float32), loadings.astype(np.float32)
