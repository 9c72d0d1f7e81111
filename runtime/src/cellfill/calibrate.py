"""Correct a model for a new dataset: a gene's level differs between labs and chemistries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from cellfill.infer import predict_blocks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellfill.infer import ModelCells
    from cellfill.session import Network

# Weight of the model's own level, in counts. Measured on PBMC studies (shared design, "Transfer").
PRIOR_COUNTS = 20.0
# The factors of a gene settle within a few thousand cells; the cost must not grow with the dataset.
MAX_CELLS = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """One factor for every target gene of the model.

    Attributes
    ----------
    factors
        What the model's counts are multiplied by, float32; 1 for a gene that the dataset lacks.
    cells
        Number of cells that the factors were fitted on.
    """

    factors: NDArray[np.float32]
    cells: int


def calibrate(
    network: Network,
    cells: ModelCells,
    *,
    targets: NDArray[np.intp],
    measured: NDArray[np.bool_],
    meaning: Literal["expected", "expressed"],
    prior: float = PRIOR_COUNTS,
) -> Calibration:
    """Fit one factor a gene, (a + sum observed) / (a + sum predicted).

    The posterior mean of a gene's level under Poisson counts and a Gamma(a, a) prior around the level that
    the model learned. For a model of ``expressed`` counts both sums run over non-zero entries only.

    Parameters
    ----------
    network, cells
        The model, and the new dataset in its genes.
    targets
        Rows of the target genes in the gene index, in the order of the graph's output.
    measured
        Which of them the dataset has.
    meaning
        What the graph's output means.
    prior
        a, in counts.
    """
    sample = cells.take(_draw(cells, MAX_CELLS)) if cells.counts.shape[0] > MAX_CELLS else cells
    observed = np.zeros(len(targets))
    predicted = np.zeros(len(targets))
    for rows, mean in predict_blocks(network, sample):
        counts = sample.counts[rows][:, targets]
        observed += np.asarray(counts.sum(axis=0, dtype=np.float64)).ravel()
        if meaning == "expected":
            predicted += mean.sum(axis=0, dtype=np.float64)
        else:
            predicted += np.asarray(counts.sign().multiply(mean).sum(axis=0, dtype=np.float64)).ravel()
    factors = np.where(measured, (prior + observed) / (prior + predicted), 1.0)
    return Calibration(factors=factors.astype(np.float32), cells=sample.counts.shape[0])


def _draw(cells: ModelCells, size: int) -> NDArray[np.intp]:
    """Draw cells by a hash of their counts, so that neither the order of cells nor of genes matters."""
    weights = np.random.default_rng(0).random(cells.counts.shape[1])
    key = np.asarray(cells.counts @ weights) * 1e3 % 1.0
    return np.sort(np.argsort(key, kind="stable")[:size])
