"""How a published network does beside a trivial baseline, whatever it minimises."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill_training.bare_tensorflow import tf
from cellfill_training.fitting.epoch import Course
from cellfill_training.parts import likelihoods
from cellfill_training.parts.tensorflow_maths import TensorFlowMaths

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellfill_training.fitting.sparse_cells import SparseCells
    from cellfill_training.parts.network import Batch, Network

# Of each kind, so that it costs little beside an epoch: cells, spread evenly over their numbers.
_CELLS = 512
_LEAST_MEAN = 1e-6


class Yardstick:
    """Measures a network on some of the cells that train, and of those that do not, as its graph will see them.

    Networks that give expected counts: by how many nats a cell these make its counts likelier (Poisson) than the
    gene's mean x library. Networks that name types: by the share of cells that are named right. Of the others
    nothing is measured: there is no baseline for a map.

    Parameters
    ----------
    network, cells
        What is trained, on what.
    training, held
        Numbers of the cells that train, and of those that stop the training.
    """

    def __init__(
        self, network: Network, cells: SparseCells, training: NDArray[np.intp], held: NDArray[np.intp]
    ) -> None:
        self._network, self._cells, self._maths = network, cells, TensorFlowMaths()
        self._means = tf.constant(network.facts.means[None], dtype=tf.float32)
        self._types = np.array(list(network.facts.types.values()))
        self._rows = [tf.constant(_spread(rows), dtype=tf.int64) for rows in (training, held)]
        self._measure = tf.function(self._measured, autograph=False, reduce_retracing=True)

    def measure(self) -> Course:
        """Return how the network does now."""
        (gain, right, _), (held_gain, held_right, commonest) = (
            [float(value) for value in self._measure(rows)] for rows in self._rows
        )
        return Course(
            training_gain=gain,
            held_out_gain=held_gain,
            training_accuracy=right,
            held_out_accuracy=held_right,
            commonest=commonest,
        )

    def _measured(self, rows: Any) -> tuple[Any, Any, Any]:
        batch = self._cells.batch(rows)
        given = self._network.outputs(self._maths, batch.counts, batch.size_factors)
        return self._gain(batch, given.get("expected")), *self._named(batch, given.get("class_probabilities"))

    def _gain(self, batch: Batch, expected: Any) -> Any:
        if expected is None:
            return tf.constant(np.nan)
        trivial = likelihoods.poisson(batch.counts, self._means * batch.size_factors, batch.measured)
        own = likelihoods.poisson(batch.counts, tf.maximum(expected, _LEAST_MEAN), batch.measured)
        return tf.reduce_mean(trivial - own)

    def _named(self, batch: Batch, probabilities: Any) -> tuple[Any, Any]:
        """Return the shares of labelled cells that are named right, and that are of the commonest type."""
        if probabilities is None or not len(self._types):
            return tf.constant(np.nan), tf.constant(np.nan)
        known = tf.where(batch.label >= 0)[:, 0]
        labels = tf.gather(batch.label, known)
        named = tf.argmax(tf.gather(probabilities, known), axis=1, output_type=tf.int32)
        shares = (tf.cast(labels == found, tf.float32) for found in (named, int(self._types.argmax())))
        right, commonest = (tf.reduce_mean(share) for share in shares)
        return right, commonest


def _spread(rows: NDArray[np.intp]) -> NDArray[np.intp]:
    some: NDArray[np.intp] = rows[np.linspace(0, len(rows) - 1, min(len(rows), _CELLS)).astype(int)]
    return some
