"""scvis: a variational autoencoder that keeps neighbours (Ding et al., Nature Communications 9:2002, 2018)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill_training.bare_tensorflow import tf
from cellfill_training.parts.layers import make_dense, make_stack
from cellfill_training.parts.likelihoods import kl_to_standard, student
from cellfill_training.parts.maths import Maths, Value
from cellfill_training.parts.neighbours import neighbour_loss, transition_probabilities
from cellfill_training.parts.network import Batch, Facts, Gives, Network, Phase
from cellfill_training.parts.options import NetworkOptions, widths
from cellfill_training.parts.projection import make_projection
from cellfill_training.parts.tensorflow_maths import TensorFlowMaths

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Of the program: how long it trains, in epochs and at least in steps; bounds of what it learns; how all cells of a
# batch are drawn together beside neighbours; the share of the last matrix dropped.
_EPOCHS, _STEPS = 100, 2000
_LEAST_VARIANCE, _MOST_VARIANCE = 1e-6, 1e10
_LEAST_FREEDOM, _MOST_FREEDOM = 0.1, 100.0
_LEAST_WEIGHT, _MOST_WEIGHT = 0.01, 2.0
_TOGETHER, _LEAST_KL, _DROPPED = 0.1, 0.1, 0.1


class Scvis(Network):
    """Principal components, an encoder of places in two dimensions, a draw, a decoder with heavy tails."""

    loss_of_batch = True

    def __init__(self, facts: Facts, options: NetworkOptions, rng: np.random.Generator) -> None:
        super().__init__(facts, options, rng)
        make, genes, dimensions = self.parameters, len(facts.genes), options.dimensions
        self.components = min(options.components, genes - 1, facts.cells - 1)
        self.project = make_projection(make, genes, self.components)
        encoder, decoder = widths(options.encoder), widths(options.decoder)
        stack = partial(make_stack, make, activation=options.activation, start="he")
        self.encoder = stack("encoder", (self.components, *encoder))
        last = (self.components, *encoder)[-1]
        self.place = make_dense(make, "place", last, dimensions, start="he")
        self.spread = make_dense(make, "spread", last, dimensions, start="he")
        self.decoder = stack("decoder", (dimensions, *decoder))
        last = (dimensions, *decoder)[-1]
        self.mean = make_dense(make, "mean", last, self.components, start="he")
        self.variance = make_dense(make, "variance", last, self.components, start="he")
        self.freedom = make.vector("freedom", self.components, value=1.0)

    def phases(self) -> tuple[Phase, ...]:
        """Return one training, after the components are found."""
        training = self.facts.cells * (1 - self.options.held_out_fraction)
        steps = max(int(training) // self.options.batch_size, 1)
        epochs = min(self.options.max_epochs, max(_EPOCHS, ceil(_STEPS / steps)))

        def begin(batch: Callable[[Any], Batch], rows: NDArray[np.intp]) -> None:
            def inputs(numbers: Value) -> Value:
                cells = batch(numbers)
                return self.facts.scaling.centred(TensorFlowMaths(), cells.counts, cells.size_factors)

            self.project.fit(inputs, rows, seed=self.options.seed)

        return (Phase(name="", loss=self.loss, learns=tuple(self.parameters.learnt), epochs=epochs, begin=begin),)

    def loss(self, maths: Maths, cells: Batch) -> Value:
        """Return how unlikely components are, plus the divergence from the prior, plus that of neighbours."""
        x = self.project(maths, self.facts.scaling.centred(maths, cells.counts, cells.size_factors))
        hidden = self.encoder(maths, x)
        mean, log_variance = self._place(maths, hidden), self._log_variance(maths, hidden)
        place = maths.draw(mean, log_variance)
        shares = transition_probabilities(x, self.options.perplexity)
        weight = tf.clip_by_value(tf.reduce_sum(shares, axis=0), _LEAST_WEIGHT, _MOST_WEIGHT)
        missed = tf.reduce_sum(self._unlikely(maths, x, place), axis=1) * weight
        step = self.step if maths.training else np.float32(_STEPS)
        prior, near = tf.maximum(_LEAST_KL, self.components / step), tf.minimum(step, float(self.components))
        apart = neighbour_loss(shares, place, _TOGETHER / self.options.batch_size)
        return missed + prior * kl_to_standard(mean, log_variance) + near * apart

    def outputs(self, maths: Maths, counts: Value, size_factors: Value) -> Mapping[Gives, Value]:
        """Return the mean place."""
        x = self.project(maths, self.facts.scaling.centred(maths, counts, size_factors))
        return {"embedding": self._place(maths, self.encoder(maths, x))}

    def _place(self, maths: Maths, hidden: Value) -> Value:
        matrix = maths.dropout(maths.value(self.place.matrix), _DROPPED)
        return maths.add(maths.matmul(hidden, matrix), maths.value(self.place.bias))

    def _log_variance(self, maths: Maths, hidden: Value) -> Value:
        return maths.log(maths.clip(maths.softplus(self.spread(maths, hidden)), _LEAST_VARIANCE, _MOST_VARIANCE))

    def _unlikely(self, maths: Maths, x: Value, place: Value) -> Value:
        hidden = self.decoder(maths, place)
        spread = maths.clip(maths.softplus(self.variance(maths, hidden)), _LEAST_VARIANCE, _MOST_VARIANCE)
        freedom = maths.clip(maths.value(self.freedom), _LEAST_FREEDOM, _MOST_FREEDOM)
        return student(x, self.mean(maths, hidden), spread, freedom)
