"""AutoImpute: an overcomplete autoencoder of non-zero entries (Talwar et al., Scientific Reports 8:16329, 2018)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cellfill_training.parts.layers import make_stack
from cellfill_training.parts.maths import Maths, Value
from cellfill_training.parts.network import Batch, Facts, Gives, Network
from cellfill_training.parts.nonzero import counts_of, squared_error
from cellfill_training.parts.options import NetworkOptions, widths

_LOG2 = float(np.log(2))


class AutoImpute(Network):
    """log2 levels, one layer that is wider than the genes are many, and levels again."""

    def __init__(self, facts: Facts, options: NetworkOptions, rng: np.random.Generator) -> None:
        super().__init__(facts, options, rng)
        genes, wide = len(facts.genes), widths(options.encoder)
        self.encoder = make_stack(
            self.parameters, "encoder", (genes, *wide), activation=options.activation, start=options.start_spread
        )
        last = (genes, *wide)[-1]
        self.decoder = make_stack(
            self.parameters, "decoder", (last, genes), activation="linear", start=options.start_spread
        )
        for layer in (*self.encoder.layers, *self.decoder.layers):
            layer.bias.variable.assign(rng.standard_normal(layer.bias.variable.shape[0]) * options.start_spread)

    def loss(self, maths: Maths, cells: Batch) -> Value:
        """Return the squared error of a cell over its non-zero entries."""
        levels = self._levels(maths, cells.counts, cells.size_factors)
        return squared_error(cells, levels, self._given(maths, levels))

    def penalty(self) -> float:
        """Return the weight of the squared weights beside the mean loss: half the option beside the cells' sum."""
        return self.options.penalty / (2 * self.facts.cells)

    def outputs(self, maths: Maths, counts: Value, size_factors: Value) -> Mapping[Gives, Value]:
        """Return the levels as counts."""
        levels = self._given(maths, self._levels(maths, counts, size_factors))
        return {"expressed": counts_of(maths, maths.mul(levels, _LOG2), size_factors)}

    def _given(self, maths: Maths, levels: Value) -> Value:
        return self.decoder(maths, self.encoder(maths, levels))

    def _levels(self, maths: Maths, counts: Value, size_factors: Value) -> Value:
        return maths.mul(self.facts.scaling.levels(maths, counts, size_factors), 1 / _LOG2)
