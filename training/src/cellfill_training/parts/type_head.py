"""The end of a network that names types: logits, their temperature, and the loss of labels."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill_training.bare_tensorflow import tf
from cellfill_training.parts.layers import Dense, make_dense
from cellfill_training.parts.maths import Maths, Value
from cellfill_training.parts.network import Phase
from cellfill_training.parts.parameters import Parameter, Parameters
from cellfill_training.parts.temperature import fit_temperature
from cellfill_training.parts.tensorflow_maths import TensorFlowMaths

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cellfill_training.parts.network import Batch

_BLOCK, _LEAST_CELLS = 512, 20


@dataclass(frozen=True, slots=True)
class TypeHead:
    """The last layer.

    Attributes
    ----------
    layer
        Hidden neurons to a logit a type.
    temperature
        (1,) by which logits are divided.
    types
        Number of types.
    """

    layer: Dense
    temperature: Parameter
    types: int

    def loss(self, maths: Maths, hidden: Value, label: Value) -> Value:
        """Return the cross entropy of a cell's label, 0 for a cell without one; in TensorFlow only.

        Weighed so that the mean over a batch is that over its labelled cells.
        """
        missed = tf.nn.sparse_softmax_cross_entropy_with_logits(
            labels=tf.maximum(label, 0), logits=self.layer(maths, hidden)
        )
        known = tf.cast(label >= 0, tf.float32)
        return missed * known / tf.maximum(tf.reduce_mean(known), 1e-6)

    def probabilities(self, maths: Maths, hidden: Value) -> Value:
        """Return the probability of each type, cells x types."""
        return maths.softmax(maths.div(self.layer(maths, hidden), maths.value(self.temperature)), self.types)

    def phases(
        self,
        loss: Callable[[Maths, Batch], Value],
        hidden: Callable[[Maths, Batch], Value],
        *,
        learns: Sequence[Parameter],
        cells: int,
        name: str = "",
    ) -> Iterator[Phase]:
        """Yield the training by labels; afterwards the temperature is set by the cells that stopped it.

        Parameters
        ----------
        loss, hidden
            Of a batch: the network's loss, and what this layer reads.
        learns
            What the training changes.
        cells
            Number of training cells.
        name
            Of the phase.
        """
        begun: list[tuple[Callable[[Any], Batch], NDArray[np.intp]]] = []
        yield Phase(
            name=name,
            loss=loss,
            learns=tuple(learns),
            begin=lambda batch, rows: begun.append((batch, rows)),
        )
        (batch, rows), still = begun[-1], TensorFlowMaths()
        held = np.setdiff1d(np.arange(cells), rows)
        self.calibrate(lambda some: self.layer(still, hidden(still, some)), batch, held)

    def calibrate(
        self,
        logits: Callable[[Batch], Value],
        batch: Callable[[Any], Batch],
        rows: NDArray[np.intp],
    ) -> None:
        """Set the temperature by labelled cells that did not train; it stays 1 where there are fewer than 20.

        Parameters
        ----------
        logits
            Of a batch, as the network gives them when it is not training.
        batch
            Makes a batch of cells by their numbers.
        rows
            Numbers of the cells.
        """
        parts = []
        for start in range(0, len(rows), _BLOCK):
            cells = batch(tf.constant(rows[start : start + _BLOCK], tf.int64))
            parts.append([part.numpy() for part in (logits(cells), cells.label, cells.study)])
        given, label, study = (np.concatenate(part) for part in zip(*parts, strict=True))
        known = label >= 0
        if known.sum() >= _LEAST_CELLS:
            found = fit_temperature(given[known].astype(np.float64), label[known], study[known])
            self.temperature.variable.assign([found])


def make_type_head(parameters: Parameters, hidden: int, types: int) -> TypeHead:
    """Make the last layer for so many hidden neurons and types."""
    return TypeHead(
        make_dense(parameters, "types", hidden, types), parameters.keep("temperature", np.ones(1)), types
    )
