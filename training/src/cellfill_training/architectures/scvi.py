"""scVI: a variational autoencoder of counts (Lopez et al., Nature Methods 15:1053, 2018)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cellfill_training.parts.counting import make_count_head
from cellfill_training.parts.layers import make_dense, make_stack
from cellfill_training.parts.likelihoods import kl_to_standard
from cellfill_training.parts.maths import Maths, Value
from cellfill_training.parts.network import Batch, Facts, Gives, Network
from cellfill_training.parts.options import NetworkOptions, widths
from cellfill_training.parts.parameters import make_norm


class Scvi(Network):
    """log1p counts, an encoder of means and variances, a draw, a decoder of shares that knows the study."""

    def __init__(self, facts: Facts, options: NetworkOptions, rng: np.random.Generator) -> None:
        super().__init__(facts, options, rng)
        genes, dimensions = len(facts.genes), options.dimensions
        encoder, decoder = widths(options.encoder), widths(options.decoder)
        first = (*decoder, genes)[0]
        make = self.parameters
        self.encoder = make_stack(
            make,
            "encoder",
            (genes, *encoder),
            activation=options.activation,
            norm=options.batch_norm,
            dropout=options.dropout,
        )
        last = (genes, *encoder)[-1]
        self.mean = make_dense(make, "latent_mean", last, dimensions)
        self.log_variance = make_dense(make, "latent_variance", last, dimensions)
        self.of_study = make.matrix("w_study", len(facts.studies), dimensions if not decoder else first)
        self.enter = make_dense(make, "enter", dimensions, first) if decoder else None
        normed = bool(decoder) and options.batch_norm
        self.enter_norm = make_norm(make, "enter_norm", first, scaled=True) if normed else None
        self.decoder = make_stack(
            make, "decoder", decoder or (dimensions,), activation=options.activation, norm=options.batch_norm
        )
        hidden = (dimensions, *decoder)[-1]
        self.share = make_dense(make, "share", hidden, genes)
        self.counts = make_count_head(make, hidden, genes, options)

    def loss(self, maths: Maths, cells: Batch) -> Value:
        """Return the evidence lower bound of a cell, with the other sign."""
        mean, log_variance = self._encode(maths, cells.counts)
        place = maths.draw(mean, log_variance)
        hidden = self._decode(maths, place, self.study_effect(cells.study))
        level = self._level(maths, hidden, cells.size_factors)
        missed = self.counts.loss(maths, hidden, level, cells)
        return missed + self.risen(maths) * kl_to_standard(mean, log_variance)

    def outputs(self, maths: Maths, counts: Value, size_factors: Value) -> Mapping[Gives, Value]:
        """Return the mean counts at the mean place, in the mean study, and that place."""
        place, _ = self._encode(maths, counts)
        hidden = self._decode(maths, place, maths.average(self.of_study))
        level = self._level(maths, hidden, size_factors)
        return {"expected": self.counts.expected(maths, hidden, level), "embedding": place}

    def study_effect(self, study: Value) -> Value:
        """Return what a cell's study adds to the first neurons of the decoder; in TensorFlow only."""
        from cellfill_training.bare_tensorflow import tf

        return tf.gather(self.of_study.variable, study)

    def _encode(self, maths: Maths, counts: Value) -> tuple[Value, Value]:
        hidden = self.encoder(maths, maths.log(maths.add(1.0, counts)))
        return self.mean(maths, hidden), maths.clip(self.log_variance(maths, hidden), -15.0, 15.0)

    def _decode(self, maths: Maths, place: Value, effect: Value) -> Value:
        if self.enter is None:
            return maths.add(place, effect)
        hidden = maths.add(self.enter(maths, place), effect)
        if self.enter_norm is not None:
            hidden = maths.normalise(hidden, self.enter_norm)
        return self.decoder(maths, maths.activate(self.options.activation, hidden))

    def _level(self, maths: Maths, hidden: Value, size_factors: Value) -> Value:
        share = maths.softmax(self.share(maths, hidden), len(self.facts.genes))
        return maths.mul(maths.mul(share, float(self.facts.means.sum())), size_factors)
