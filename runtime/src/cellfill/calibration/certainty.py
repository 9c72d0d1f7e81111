"""How surely a model predicts each gene at all, on the very cells that it is to fill.

A model says a bold thing of a gene that it hardly knows as readily as of one that it knows, and genes that are
predicted from the same others come out correlated. Here each prediction is drawn back towards gene mean x size
factor, as far as the gene's variance in these cells is not explained by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cellfill.calibration.sample import draw_cells
from cellfill.network.predict import predict_blocks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellfill.calibration.corrections import Calibration
    from cellfill.network.cells import ModelCells
    from cellfill.network.session import Network

    Float32 = NDArray[np.float32]

_LEAST_MEAN = 1e-6  # a mean of zero has no logarithm


@dataclass(frozen=True, slots=True, kw_only=True)
class Certainty:
    """What these cells say of each gene.

    Attributes
    ----------
    boldness
        Root of the share of the gene's variance beyond Poisson's that the model explains, (genes,), 0 to 1; 1 for a
        gene without counts, of which these cells say nothing.
    means
        Mean count at size factor 1, (genes,).
    """

    boldness: Float32
    means: Float32

    def temper(self, mean: Float32, size_factors: Float32) -> Float32:
        """Return mu^v x (gene mean x size factor)^(1 - v), v the boldness: cells x genes, in counts."""
        plain = np.maximum(size_factors[:, None] * self.means, np.float32(_LEAST_MEAN))
        logs = np.log(np.maximum(mean, np.float32(_LEAST_MEAN)))
        logs *= self.boldness
        logs += (1 - self.boldness) * np.log(plain)
        return np.exp(logs, out=logs)

    def take(self, genes: NDArray[np.intp]) -> Certainty:
        """Return that of some genes."""
        return Certainty(boldness=self.boldness[genes], means=self.means[genes])


def measure_certainty(
    network: Network,
    cells: ModelCells,
    *,
    targets: NDArray[np.intp],
    calibration: Calibration | None,
    workers: int = 1,
) -> Certainty:
    """Measure it on the cells that a calibration is fitted on, at most `MAX_CELLS`.

    The squares of what the model leaves, less the variance that a Poisson count has by itself, over those that gene
    mean x size factor leaves; of counts that it was calibrated on, but whose own value it did not see.

    Parameters
    ----------
    network, cells
        The open graph, whole, and the new dataset in its genes.
    targets
        Rows of the target genes in the gene index, in the order of the graph's output.
    calibration
        Corrects what the graph says; None does not.
    workers
        Threads to use; of no effect on values.
    """
    drawn, _ = draw_cells(cells)
    some = cells.take(drawn)
    counts = some.counts[:, targets].tocsr()
    counts.sum_duplicates()
    depth = some.size_factors.astype(np.float64)
    total = np.asarray(counts.sum(axis=0, dtype=np.float64)).ravel()
    means = total / max(depth.sum(), 1e-12)
    ours, trivial = np.zeros(len(targets)), np.zeros(len(targets))
    for rows, block in predict_blocks(network, some, workers=workers):
        mean, factors = block, some.size_factors[rows]
        if calibration is not None:
            mean = calibration.correct(mean, counts[rows][:, calibration.score_genes], factors)
        observed = counts[rows].toarray()
        ours += _beyond_poisson(observed, mean)
        trivial += _beyond_poisson(observed, factors[:, None] * means.astype(np.float32))
    explained = np.where(trivial > 0, 1 - ours / np.where(trivial > 0, trivial, 1), 0)
    boldness = np.where(total > 0, np.sqrt(np.clip(explained, 0, 1)), 1)
    return Certainty(boldness=boldness.astype(np.float32), means=means.astype(np.float32))


def _beyond_poisson(counts: Float32, mean: Float32) -> NDArray[np.float64]:
    left: NDArray[np.float64] = ((counts - mean) ** 2 - mean).sum(axis=0, dtype=np.float64)
    return left
