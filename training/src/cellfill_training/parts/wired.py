"""A layer whose neurons are sets of genes, each wired to its own genes only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cellfill_training.parts.layers import Dense
from cellfill_training.parts.maths import Maths, Value
from cellfill_training.parts.parameters import Parameters
from cellfill_training.parts.scaling import Scaling

if TYPE_CHECKING:
    from cellfill_training.parts.network import Facts
    from cellfill_training.parts.options import NetworkOptions
    from cellfill_training.studies.gene_sets import Wiring

BOUND = 10.0  # of inputs, in standard deviations


def make_wired(parameters: Parameters, name: str, wiring: Wiring) -> Dense:
    """Make a layer of gene sets, genes x sets; what is not wired is 0 and stays so.

    Weights begin above 0, uniform, their squares summing up to 1 a set on average: so that a neuron begins as the
    level of its genes, and what is high in it remains what is high in most of them.
    """
    genes = np.maximum(wiring.member.sum(axis=0), 1)
    values = parameters.rng.uniform(0, np.sqrt(3 / genes), wiring.member.shape) * wiring.member
    return Dense(
        parameters.matrix_of(f"w_{name}", values, mask=wiring.member),
        parameters.vector(f"b_{name}", wiring.member.shape[1]),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TermLayer:
    """Standardised log counts to terms.

    Attributes
    ----------
    layer
        Genes to terms.
    names
        Of the terms.
    scaling, activation
        Of inputs, and of terms.
    """

    layer: Dense
    names: tuple[str, ...]
    scaling: Scaling
    activation: str

    def inputs(self, maths: Maths, counts: Value, size_factors: Value) -> Value:
        """Return what terms read, cells x genes."""
        return self.scaling.standard(maths, counts, size_factors, bound=BOUND)

    def __call__(self, maths: Maths, inputs: Value) -> Value:
        """Return the activity of terms, cells x terms."""
        return maths.activate(self.activation, self.layer(maths, inputs))


def make_terms(parameters: Parameters, facts: Facts, options: NetworkOptions) -> TermLayer:
    """Make the layer of the gene sets that the facts name."""
    assert facts.sets is not None  # `workflow.networks` asks for them
    return TermLayer(
        layer=make_wired(parameters, "terms", facts.sets),
        names=facts.sets.names,
        scaling=facts.scaling,
        activation=options.activation,
    )
