"""VASC: a variational autoencoder with zeros of two kinds (Wang & Gu, Genomics Proteomics Bioinf. 16:320, 2018)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np

from cellfill_training.bare_tensorflow import tf
from cellfill_training.parts.layers import make_dense, make_stack
from cellfill_training.parts.likelihoods import kl_to_standard
from cellfill_training.parts.maths import Maths, Value
from cellfill_training.parts.network import Batch, Facts, Gives, Network
from cellfill_training.parts.options import NetworkOptions, widths

# Of the program: the logarithm of the variance of a draw where it is not learnt; bounds of logarithms.
_LOG_VARIANCE = 1.0
_TINY, _BINARY = 1e-20, 1e-7


class Vasc(Network):
    """Levels as shares of the cell's largest, an encoder (its first layer linear), a draw, a decoder."""

    def __init__(self, facts: Facts, options: NetworkOptions, rng: np.random.Generator) -> None:
        super().__init__(facts, options, rng)
        make, genes, dimensions = self.parameters, len(facts.genes), options.dimensions
        encoder, decoder = widths(options.encoder), widths(options.decoder)
        first = (*encoder, dimensions)[0]
        self.first = make_dense(make, "first", genes, first) if encoder else None
        stack = partial(make_stack, make, activation="relu")
        self.encoder = stack("encoder", encoder or (genes,))
        last = (genes, *encoder)[-1]
        self.place = make_dense(make, "place", last, dimensions)
        self.spread = make_dense(make, "spread", last, dimensions) if options.learn_variance else None
        self.decoder = stack("decoder", (dimensions, *decoder))
        self.level = make_dense(make, "level", (dimensions, *decoder)[-1], genes)

    def loss(self, maths: Maths, cells: Batch) -> Value:
        """Return the cross entropy of a cell's levels, plus the divergence from the prior."""
        shares = self._shares(maths, cells.counts, cells.size_factors)
        hidden = self._encode(maths, maths.dropout(shares, self.options.input_dropout))
        mean = self.place(maths, hidden)
        log_variance = tf.fill(tf.shape(mean), _LOG_VARIANCE)
        if self.spread is not None:
            log_variance = maths.softplus(self.spread(maths, hidden))
        level = maths.sigmoid(self.level(maths, self.decoder(maths, maths.draw(mean, log_variance))))
        given = tf.clip_by_value(level * self._caught(maths, level), _BINARY, 1 - _BINARY)
        missed = -(shares * tf.math.log(given) + (1 - shares) * tf.math.log1p(-given))
        sparse = self.options.lasso * tf.reduce_sum(tf.abs(self.first.matrix.variable)) if self.first else 0.0
        return tf.reduce_sum(missed * cells.measured, axis=1) + kl_to_standard(mean, log_variance) + sparse

    def outputs(self, maths: Maths, counts: Value, size_factors: Value) -> Mapping[Gives, Value]:
        """Return the mean place."""
        hidden = self._encode(maths, self._shares(maths, counts, size_factors))
        return {"embedding": self.place(maths, hidden)}

    def _shares(self, maths: Maths, counts: Value, size_factors: Value) -> Value:
        """Return levels divided by the cell's largest; a cell of zeros stays at zero."""
        levels = self.facts.scaling.levels(maths, counts, size_factors)
        return maths.div(levels, maths.add(maths.largest(levels, len(self.facts.genes)), 1e-6))

    def _encode(self, maths: Maths, shares: Value) -> Value:
        return self.encoder(maths, shares if self.first is None else self.first(maths, shares))

    def _caught(self, maths: Maths, level: Value) -> Value:
        """Return how far an entry is no zero of the other kind, whose probability is exp(-level^2).

        Drawn in training, between 0 and 1, by the Gumbel-softmax of two (Jang, Gu & Poole 2017), whose noise is
        that of the logistic distribution.
        """
        odds = tf.math.log(-tf.math.expm1(-(level**2)) + _TINY) + level**2
        return tf.sigmoid(maths.add(odds, maths.logistic(level)) / self.options.temperature)
