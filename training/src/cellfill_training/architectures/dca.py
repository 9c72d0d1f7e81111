"""DCA: an autoencoder whose output is the mean of counts (Eraslan et al., Nature Communications 10:390, 2019)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from cellfill_training.parts.counting import make_count_head
from cellfill_training.parts.layers import make_dense, make_stack
from cellfill_training.parts.maths import Maths, Value
from cellfill_training.parts.network import Batch, Facts, Gives, Network
from cellfill_training.parts.options import NetworkOptions, widths

if TYPE_CHECKING:
    import numpy as np

# Logarithms between which the program holds means: 1e-5 to 1e6.
_LEAST, _MOST = -11.5, 13.8


class Dca(Network):
    """Standardised log counts, an encoder and a decoder with batch normalisation, exp, size factor."""

    def __init__(self, facts: Facts, options: NetworkOptions, rng: np.random.Generator) -> None:
        super().__init__(facts, options, rng)
        genes, dimensions = len(facts.genes), options.dimensions
        encoder, decoder = widths(options.encoder), widths(options.decoder)
        make = partial(
            make_stack,
            self.parameters,
            activation=options.activation,
            norm=options.batch_norm,
            norm_scaled=False,  # the program learns a shift alone
            dropout=options.dropout,
        )
        self.encoder = make("encoder", (genes, *encoder, dimensions))
        self.decoder = make("decoder", (dimensions, *decoder))
        last = (dimensions, *decoder)[-1]
        self.mean = make_dense(self.parameters, "mean", last, genes)
        self.counts = make_count_head(self.parameters, last, genes, options)

    def loss(self, maths: Maths, cells: Batch) -> Value:
        """Return how unlikely a cell's counts are, a gene: of sums over genes gradients would be cut off."""
        hidden, mean, _ = self._run(maths, cells.counts, cells.size_factors)
        return maths.div(self.counts.loss(maths, hidden, mean, cells), float(len(self.facts.genes)))

    def outputs(self, maths: Maths, counts: Value, size_factors: Value) -> Mapping[Gives, Value]:
        """Return the mean counts, and the narrowest layer."""
        hidden, mean, embedding = self._run(maths, counts, size_factors)
        return {"expected": self.counts.expected(maths, hidden, mean), "embedding": embedding}

    def inputs(self, maths: Maths, counts: Value, size_factors: Value) -> Value:
        """Return what the encoder reads, cells x genes."""
        return self.facts.scaling.standard(maths, counts, size_factors)

    def _run(self, maths: Maths, counts: Value, size_factors: Value) -> tuple[Value, Value, Value]:
        inputs = self.inputs(maths, counts, size_factors)
        embedding = self.encoder(maths, maths.dropout(inputs, self.options.input_dropout))
        hidden = self.decoder(maths, embedding)
        level = maths.exp(maths.clip(self.mean(maths, hidden), _LEAST, _MOST))
        return hidden, maths.mul(level, size_factors), embedding
