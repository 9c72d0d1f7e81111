"""GONN: a classifier whose first layer are terms (Peng, Wang & Shang, BMC Bioinformatics 20:284, 2019)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from cellfill_training.parts.layers import make_stack
from cellfill_training.parts.maths import Maths, Value
from cellfill_training.parts.network import Batch, Facts, Gives, Network, Phase
from cellfill_training.parts.options import NetworkOptions, widths
from cellfill_training.parts.type_head import make_type_head
from cellfill_training.parts.wired import make_terms


class Gonn(Network):
    """Standardised log counts, a neuron a term that reads its genes alone, a hidden layer, types."""

    def __init__(self, facts: Facts, options: NetworkOptions, rng: np.random.Generator) -> None:
        super().__init__(facts, options, rng)
        self.terms = make_terms(self.parameters, facts, options)
        sizes = (len(self.terms.names), *widths(options.encoder))
        self.hidden = make_stack(
            self.parameters, "hidden", sizes, activation=options.activation, dropout=options.dropout
        )
        self.head = make_type_head(self.parameters, sizes[-1], len(facts.types))

    def phases(self) -> Iterator[Phase]:
        """Return its one training; afterwards the temperature is set by the cells that stopped it."""
        yield from self.head.phases(self.loss, self._hidden, learns=self.parameters.learnt, cells=self.facts.cells)

    def loss(self, maths: Maths, cells: Batch) -> Value:
        """Return the cross entropy of a cell's label."""
        return self.head.loss(maths, self._hidden(maths, cells), cells.label)

    def outputs(self, maths: Maths, counts: Value, size_factors: Value) -> Mapping[Gives, Value]:
        """Return the terms and the probabilities of the types."""
        terms = self.terms(maths, self.terms.inputs(maths, counts, size_factors))
        probabilities = self.head.probabilities(maths, self.hidden(maths, terms))
        return {"embedding": terms, "class_probabilities": probabilities}

    def dimensions(self) -> tuple[str, ...]:
        """Return the names of the terms."""
        return self.terms.names

    def _hidden(self, maths: Maths, cells: Batch) -> Value:
        inputs = self.terms.inputs(maths, cells.counts, cells.size_factors)
        return self.hidden(maths, self.terms(maths, maths.dropout(inputs, self.options.input_dropout)))
