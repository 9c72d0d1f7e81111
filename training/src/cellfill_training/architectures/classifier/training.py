"""Train a network: first to see through what augmentation does to a cell, then to name its type."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill_training.architectures.classifier.augmentation import Seen, as_they_are, augment, thin
from cellfill_training.architectures.classifier.cells import Cells
from cellfill_training.architectures.classifier.drawing import study_weights, type_weights
from cellfill_training.architectures.classifier.layers import Layers
from cellfill_training.architectures.classifier.linear import train_linear
from cellfill_training.architectures.classifier.network import Network, Scaling
from cellfill_training.architectures.classifier.options import ClassifierOptions
from cellfill_training.architectures.classifier.watching import Watch, Watched

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

# Of an epoch: 200 cells are one step of 128, and 24 such epochs learn little.
_LEAST_STEPS = 8


def train_network(
    cells: Cells, scaling: Scaling, options: ClassifierOptions, *, seed: int = 0, watch: Watch | None = None
) -> Network:
    """Train on cells in the network's genes; without hidden layers where the options say ``linear``.

    Parameters
    ----------
    cells
        Labelled, or not: those without a label take part in the pre-training.
    scaling
        Of the inputs.
    options
        Of the training.
    seed
        Of this network among others of one run.
    watch
        Who is told of its epochs.
    """
    if options.network == "linear":
        return train_linear(cells, scaling, options, seed=seed, watch=watch)
    labelled = int((cells.leaf >= 0).sum())
    rng = np.random.default_rng([options.seed, seed])
    layers = Layers(scaling, options, types=cells.types, rng=rng)

    def made() -> Network:
        return Network(scaling=scaling, weights=layers.weights())

    watched = Watched(watch=watch, cells=cells, most=options.pretraining_epochs, pretraining=True)
    for epoch in range(options.pretraining_epochs):
        losses = []
        rate = _rate(options, epoch, options.pretraining_epochs)
        for rows, thinned in _drawn(cells, study_weights(cells), len(cells.leaf), options, rng):
            measured = cells.measured[cells.study[rows]]
            whole = as_they_are(cells.counts[rows], measured, scaling)
            augmented = augment(thinned, measured, scaling, options, rng)
            losses.append(layers.denoise(rate, *_pair(augmented), *_pair(whole)))
        watched.epoch(epoch + 1, float(np.mean(losses)), made)
    watched = Watched(watch=watch, cells=cells, most=options.epochs)
    for epoch in range(options.epochs):
        losses = []
        rate = _rate(options, epoch, options.epochs)
        for rows, thinned in _drawn(cells, type_weights(cells), labelled, options, rng):
            measured = cells.measured[cells.study[rows]]
            seen = augment(thinned, measured, scaling, options, rng)
            losses.append(layers.classify(rate, *_pair(seen), cells.leaf[rows].astype(np.int32)))
        watched.epoch(epoch + 1, float(np.mean(losses)), made)
    return made()


def _drawn(
    cells: Cells, weights: NDArray[np.float64], number: int, options: ClassifierOptions, rng: np.random.Generator
) -> Iterator[tuple[NDArray[np.intp], csr_matrix]]:
    """Yield batches of an epoch: which cells, and their counts, thinned."""
    size = options.batch_size
    drawn = rng.choice(len(weights), size=max(number // size, _LEAST_STEPS) * size, p=weights)
    thinned = thin(cells.counts[drawn], rng.uniform(options.least_depth, 1, len(drawn)), rng)
    for start in range(0, len(drawn), size):
        yield drawn[start : start + size], thinned[start : start + size]


def _rate(options: ClassifierOptions, epoch: int, epochs: int) -> float:
    return float(options.learning_rate * 0.5 * (1 + np.cos(np.pi * epoch / epochs)))


def _pair(seen: Seen) -> tuple[Any, Any]:
    return seen.levels, seen.known
