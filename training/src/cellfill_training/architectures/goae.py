"""GOAE: an autoencoder whose first layer are terms (Peng, Wang & Shang, BMC Bioinformatics 20:284, 2019)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from cellfill_training.bare_tensorflow import tf
from cellfill_training.parts.layers import make_dense, make_stack
from cellfill_training.parts.maths import Maths, Value
from cellfill_training.parts.network import Batch, Facts, Gives, Network
from cellfill_training.parts.options import NetworkOptions, widths
from cellfill_training.parts.wired import TermLayer, make_terms

if TYPE_CHECKING:
    import numpy as np


class Goae(Network):
    """Standardised log counts, a neuron a term that reads its genes alone, a narrow layer, levels again."""

    def __init__(self, facts: Facts, options: NetworkOptions, rng: np.random.Generator) -> None:
        super().__init__(facts, options, rng)
        self.terms: TermLayer = make_terms(self.parameters, facts, options)
        sizes = (len(self.terms.names), *widths(options.encoder))
        self.narrow = make_stack(self.parameters, "narrow", sizes, activation=options.activation)
        self.back = make_dense(self.parameters, "back", sizes[-1], len(facts.genes))

    def loss(self, maths: Maths, cells: Batch) -> Value:
        """Return the mean squared error of the levels of a cell's measured genes; 0 where there is none."""
        inputs = self.terms.inputs(maths, cells.counts, cells.size_factors)
        noisy = maths.dropout(inputs, self.options.input_dropout)
        given = self.back(maths, self.narrow(maths, self.terms(maths, noisy)))
        missed = tf.reduce_sum(cells.measured * (given - inputs) ** 2, axis=1)
        return missed / tf.maximum(tf.reduce_sum(cells.measured, axis=1), 1.0)

    def outputs(self, maths: Maths, counts: Value, size_factors: Value) -> Mapping[Gives, Value]:
        """Return the terms."""
        return {"embedding": self.terms(maths, self.terms.inputs(maths, counts, size_factors))}

    def dimensions(self) -> tuple[str, ...]:
        """Return the names of the terms."""
        return self.terms.names
