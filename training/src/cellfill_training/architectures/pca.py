"""Principal components: no network, and where nothing else is known the better places (Pearson 1901)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill_training.bare_tensorflow import tf
from cellfill_training.parts.maths import Maths, Value
from cellfill_training.parts.network import Batch, Facts, Gives, Network, Phase
from cellfill_training.parts.options import NetworkOptions
from cellfill_training.parts.projection import make_projection
from cellfill_training.parts.tensorflow_maths import TensorFlowMaths

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Pca(Network):
    """The components of the training cells' log1p counts by size factor, in the order of their variance."""

    def __init__(self, facts: Facts, options: NetworkOptions, rng: np.random.Generator) -> None:
        super().__init__(facts, options, rng)
        genes = len(facts.genes)
        self.components = min(options.components, genes - 1, facts.cells - 1)
        self.project = make_projection(self.parameters, genes, self.components)

    def phases(self) -> tuple[Phase, ...]:
        """Return one, which finds the components: its loss is said, and nothing learnt by it."""

        def begin(batch: Callable[[Any], Batch], rows: NDArray[np.intp]) -> None:
            maths = TensorFlowMaths()
            self.project.fit(lambda numbers: self._centred(maths, batch(numbers)), rows, seed=self.options.seed)

        return (Phase(name="", loss=self.loss, learns=(), epochs=1, begin=begin, ends=lambda _epoch: True),)

    def loss(self, maths: Maths, cells: Batch) -> Value:
        """Return how much of a cell's squared distance from the mean lies outside the components."""
        x = self._centred(maths, cells)
        inside = maths.matmul(x, maths.value(self.project.matrix))
        return tf.reduce_sum(x * x, axis=1) - tf.reduce_sum(inside * inside, axis=1)

    def outputs(self, maths: Maths, counts: Value, size_factors: Value) -> Mapping[Gives, Value]:
        """Return the components."""
        x = self.facts.scaling.centred(maths, counts, size_factors)
        return {"embedding": maths.matmul(x, maths.value(self.project.matrix))}

    def dimensions(self) -> tuple[str, ...]:
        """Return the components' numbers."""
        return tuple(str(number) for number in range(1, self.components + 1))

    def _centred(self, maths: Maths, cells: Batch) -> Value:
        return self.facts.scaling.centred(maths, cells.counts, cells.size_factors)
