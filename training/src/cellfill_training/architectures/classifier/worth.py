"""What each input gene tells a classifier."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cellfill_training.architectures.classifier.cells import Cells
from cellfill_training.architectures.classifier.drawing import type_weights
from cellfill_training.architectures.classifier.predicting import fed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellfill_training.architectures.classifier.network import Network

_CELLS = 400


def gene_worth(network: Network, cells: Cells, *, seed: int = 0) -> NDArray[np.float64]:
    """Return each gene's share of what all tell, (genes,); they sum to 1.

    How far the probabilities move when the gene is unknown: Kullback-Leibler divergence, summed over cells that are
    drawn as a training epoch draws them.
    """
    rng = np.random.default_rng([seed, 5])
    chosen = rng.choice(len(cells.leaf), _CELLS, p=type_weights(cells))
    scaling, layers = network.scaling, network.weights
    parts = [
        fed(network, cells.counts[chosen[cells.study[chosen] == study]], cells.measured[study])
        for study in np.unique(cells.study[chosen])
    ]
    counts, factors = (np.concatenate(part) for part in zip(*parts, strict=True))
    inputs = (np.log1p(counts / factors) - scaling.centre) / scaling.scale
    inputs = np.clip(inputs, -scaling.bound, scaling.bound)
    first = inputs @ layers[0][0] + layers[0][1]
    whole = _log_probabilities(network, first)
    worth = np.zeros(inputs.shape[1])
    for gene in range(len(worth)):
        told = np.flatnonzero(np.abs(inputs[:, gene]) > 1e-6)
        without = first[told] - inputs[told, gene, None] * layers[0][0][gene]
        moved = np.exp(whole[told]) * (whole[told] - _log_probabilities(network, without))
        worth[gene] = max(float(moved.sum()), 0.0)
    worth = worth + 1e-12
    return np.asarray(worth / worth.sum(), dtype=np.float64)


def _log_probabilities(network: Network, first: NDArray[np.float32]) -> NDArray[np.float64]:
    values = first
    for matrix, bias in network.weights[1:]:
        values = np.maximum(values, 0) @ matrix + bias
    logits = values.astype(np.float64) / network.temperature
    logits = logits - logits.max(axis=1, keepdims=True)
    return np.asarray(logits - np.log(np.exp(logits).sum(axis=1, keepdims=True)), dtype=np.float64)
