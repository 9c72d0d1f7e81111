"""Lin's network: a denoising autoencoder, then a classifier (Lin et al., Nucleic Acids Research 45:e156, 2017)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from cellfill_training.bare_tensorflow import tf
from cellfill_training.parts.layers import make_dense, make_stack
from cellfill_training.parts.maths import Maths, Value
from cellfill_training.parts.network import Batch, Facts, Gives, Network, Phase
from cellfill_training.parts.options import NetworkOptions, widths
from cellfill_training.parts.type_head import make_type_head
from cellfill_training.parts.wired import BOUND, make_wired

_MOST_NOISY = 1.0  # of noisy inputs, of the program


class Lin(Network):
    """Standardised log counts, neurons that read all genes beside those of gene sets, an embedding, types."""

    def __init__(self, facts: Facts, options: NetworkOptions, rng: np.random.Generator) -> None:
        super().__init__(facts, options, rng)
        make, genes = self.parameters, len(facts.genes)
        sizes = (*widths(options.encoder), options.dimensions)
        # Without gene sets the first layer reads all genes, and is the embedding where there is no other.
        first = sizes[0] if facts.sets is None else options.beside_sets
        self.first = make_dense(make, "first", genes, first)
        self.back = make_dense(make, "back", first, genes)
        self.sets = self.of_first = self.of_sets = None
        if facts.sets is not None:
            self.sets = make_wired(make, "sets", facts.sets)
            self.of_first = make_dense(make, "of_first", first, sizes[0])
            self.of_sets = make_dense(make, "of_sets", len(facts.sets.names), sizes[0])
        self.later = make_stack(make, "later", sizes, activation=options.activation)
        self.head = make_type_head(make, options.dimensions, len(facts.types))

    def phases(self) -> Iterator[Phase]:
        """Return the training of the neurons that read all genes, by noisy cells, then that of all, by labels."""
        own = (self.first.matrix, self.first.bias, self.back.matrix, self.back.bias)
        yield Phase(name="denoising", loss=self._denoised, learns=own)
        learns = tuple(p for p in self.parameters.learnt if p not in own[2:])
        yield from self.head.phases(self.loss, self._placed, learns=learns, cells=self.facts.cells, name="types")

    def loss(self, maths: Maths, cells: Batch) -> Value:
        """Return the cross entropy of a cell's label."""
        return self.head.loss(maths, self._placed(maths, cells), cells.label)

    def outputs(self, maths: Maths, counts: Value, size_factors: Value) -> Mapping[Gives, Value]:
        """Return the last hidden layer and the probabilities of the types."""
        place = self._place(maths, self._inputs(maths, counts, size_factors))
        return {"embedding": place, "class_probabilities": self.head.probabilities(maths, place)}

    def _denoised(self, maths: Maths, cells: Batch) -> Value:
        clean = self._inputs(maths, cells.counts, cells.size_factors)
        noise = 2 * float(np.log(max(self.options.noise, 1e-12)))
        noisy = maths.clip(maths.draw(clean, noise), -_MOST_NOISY, _MOST_NOISY)
        given = maths.activate(self.options.activation, self.back(maths, self._first(maths, noisy)))
        missed = tf.reduce_sum(cells.measured * (given - clean) ** 2, axis=1)
        return missed / tf.maximum(tf.reduce_sum(cells.measured, axis=1), 1.0)  # a study may measure none of them

    def _inputs(self, maths: Maths, counts: Value, size_factors: Value) -> Value:
        return self.facts.scaling.standard(maths, counts, size_factors, bound=BOUND)

    def _first(self, maths: Maths, inputs: Value) -> Value:
        return maths.activate(self.options.activation, self.first(maths, inputs))

    def _placed(self, maths: Maths, cells: Batch) -> Value:
        return self._place(maths, self._inputs(maths, cells.counts, cells.size_factors))

    def _place(self, maths: Maths, inputs: Value) -> Value:
        hidden = self._first(maths, inputs)
        if self.sets is not None and self.of_first is not None and self.of_sets is not None:
            wired = maths.activate(self.options.activation, self.sets(maths, inputs))
            both = maths.add(self.of_first(maths, hidden), self.of_sets(maths, wired))
            hidden = maths.activate(self.options.activation, both)
        return self.later(maths, hidden)
