"""scScope: an autoencoder that fills, and reads what it filled (Deng et al., Nature Methods 16:311, 2019)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from cellfill_training.parts.layers import make_dense, make_stack
from cellfill_training.parts.maths import Maths, Value
from cellfill_training.parts.network import Batch, Facts, Gives, Network
from cellfill_training.parts.nonzero import counts_of, squared_error
from cellfill_training.parts.options import NetworkOptions, widths

if TYPE_CHECKING:
    import numpy as np

_FILLING = 64  # neurons between what a round gives and what the next one reads
_TINY = 1e-12


class Scscope(Network):
    """log1p levels without the study's own, an autoencoder, and a layer that fills zeros for the next round."""

    def __init__(self, facts: Facts, options: NetworkOptions, rng: np.random.Generator) -> None:
        super().__init__(facts, options, rng)
        genes, dimensions, make = len(facts.genes), options.dimensions, self.parameters
        encoder, decoder = (genes, *widths(options.encoder)), (dimensions, *widths(options.decoder))
        self.encoder = make_stack(make, "encoder", (*encoder, dimensions), start=options.start_spread)
        self.decoder = make_stack(make, "decoder", (*decoder, genes), start=options.start_spread)
        again = options.rounds > 1
        self.narrow = make_dense(make, "filling1", genes, _FILLING, start=options.start_spread) if again else None
        self.filling = make_dense(make, "filling2", _FILLING, genes, start=options.start_spread) if again else None
        several = len(facts.studies) > 1
        self.of_study = make.matrix("w_study", len(facts.studies), genes, start=0.0) if several else None

    def loss(self, maths: Maths, cells: Batch) -> Value:
        """Return the norm of a cell's error over its non-zero entries, summed over the rounds."""
        from cellfill_training.bare_tensorflow import tf

        levels = self.facts.scaling.levels(maths, cells.counts, cells.size_factors)
        effect = None if self.of_study is None else tf.gather(self.of_study.variable, cells.study)
        own = levels if effect is None else levels - effect
        given = self._rounds(maths, cells.counts, levels, effect)
        return sum(tf.sqrt(squared_error(cells, own, one) + _TINY) for one, _ in given)

    def outputs(self, maths: Maths, counts: Value, size_factors: Value) -> Mapping[Gives, Value]:
        """Return the mean of all rounds in the mean study, as counts, and the last round's narrowest layer."""
        levels = self.facts.scaling.levels(maths, counts, size_factors)
        effect = None if self.of_study is None else maths.average(self.of_study)
        given = self._rounds(maths, counts, levels, effect)
        total = given[0][0]
        for one, _ in given[1:]:
            total = maths.add(total, one)
        filled = maths.mul(total, 1 / len(given))
        if effect is not None:
            filled = maths.add(filled, effect)
        return {"expressed": counts_of(maths, filled, size_factors), "embedding": given[-1][1]}

    def _rounds(
        self, maths: Maths, counts: Value, levels: Value, effect: Value | None
    ) -> list[tuple[Value, Value]]:
        """Return what each round gives, cells x genes and cells x dimensions."""
        zero = maths.relu(maths.sub(1.0, counts))  # 1 where a gene has no count, 0 where it has one
        given: list[tuple[Value, Value]] = []
        for _ in range(self.options.rounds):
            read = levels
            if given and self.narrow is not None and self.filling is not None:
                filling = self.filling(maths, maths.relu(self.narrow(maths, given[-1][0])))
                read = maths.add(read, maths.mul(zero, filling))
            embedding = self.encoder(maths, maths.relu(read if effect is None else maths.sub(read, effect)))
            given.append((self.decoder(maths, embedding), embedding))
        return given
