"""GONN: a classifier whose first layer are terms (Peng, Wang & Shang, BMC Bioinformatics 20:284, 2019)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill_training.parts.layers import make_stack
from cellfill_training.parts.maths import Maths, Value
from cellfill_training.parts.network import Batch, Facts, Gives, Network, Phase
from cellfill_training.parts.options import NetworkOptions, widths
from cellfill_training.parts.tensorflow_maths import TensorFlowMaths
from cellfill_training.parts.type_head import make_type_head
from cellfill_training.parts.wired import make_terms

if TYPE_CHECKING:
    from numpy.typing import NDArray


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
        self._batch: Callable[[Any], Batch]
        self._rows: NDArray[np.intp]

    def phases(self) -> Iterator[Phase]:
        """Return its one training; afterwards the temperature is set by the cells that stopped it."""
        yield Phase(name="", loss=self.loss, learns=tuple(self.parameters.learnt), begin=self._remember)
        still = TensorFlowMaths()
        held = np.setdiff1d(np.arange(self.facts.cells), self._rows)
        self.head.calibrate(lambda cells: self.head.layer(still, self._of(still, cells)), self._batch, held)

    def loss(self, maths: Maths, cells: Batch) -> Value:
        """Return the cross entropy of a cell's label."""
        return self.head.loss(maths, self._of(maths, cells), cells.label)

    def outputs(self, maths: Maths, counts: Value, size_factors: Value) -> Mapping[Gives, Value]:
        """Return the terms and the probabilities of the types."""
        terms = self.terms(maths, self.terms.inputs(maths, counts, size_factors))
        probabilities = self.head.probabilities(maths, self.hidden(maths, terms))
        return {"embedding": terms, "class_probabilities": probabilities}

    def dimensions(self) -> tuple[str, ...]:
        """Return the names of the terms."""
        return self.terms.names

    def _of(self, maths: Maths, cells: Batch) -> Value:
        inputs = self.terms.inputs(maths, cells.counts, cells.size_factors)
        return self.hidden(maths, self.terms(maths, maths.dropout(inputs, self.options.input_dropout)))

    def _remember(self, batch: Callable[[Any], Batch], rows: NDArray[np.intp]) -> None:
        self._batch, self._rows = batch, rows
