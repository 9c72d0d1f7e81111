"""The end of a network of counts: dispersion and other zeros beside the mean, and how unlikely counts are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cellfill_training.parts.layers import Dense, make_dense
from cellfill_training.parts.likelihoods import negative_binomial, poisson, zero_inflated
from cellfill_training.parts.maths import Maths, Value
from cellfill_training.parts.parameters import Parameter, Parameters

if TYPE_CHECKING:
    from cellfill_training.parts.network import Batch
    from cellfill_training.parts.options import NetworkOptions

_LEAST, _MOST = 1e-4, 1e4  # of a dispersion (Eraslan 2019's program)


@dataclass(frozen=True, slots=True)
class CountHead:
    """What a count likelihood needs beside the mean.

    Attributes
    ----------
    likelihood
        ``poisson``, ``nb`` or ``zinb``.
    dispersion
        A layer of the last hidden neurons, or a parameter: one a gene, or one of all.
    zeros
        A layer for the share of other zeros, of ``zinb`` only.
    """

    likelihood: str
    dispersion: Dense | Parameter | None
    zeros: Dense | None

    def loss(self, maths: Maths, hidden: Value, mean: Value, cells: Batch) -> Value:
        """Return -log P(counts) of a cell, summed over the genes that its study measured; in TensorFlow only."""
        if self.likelihood == "poisson":
            return poisson(cells.counts, mean, cells.measured)
        theta = self._theta(maths, hidden)
        if self.zeros is None:
            return negative_binomial(cells.counts, mean, theta, cells.measured)
        return zero_inflated(cells.counts, mean, theta, self.zeros(maths, hidden), cells.measured)

    def expected(self, maths: Maths, hidden: Value, mean: Value) -> Value:
        """Return the mean of the counts; of ``zinb`` times the share of those that are no other zeros."""
        if self.zeros is None:
            return mean
        return maths.mul(mean, maths.sigmoid(maths.sub(0.0, self.zeros(maths, hidden))))

    def _theta(self, maths: Maths, hidden: Value) -> Value:
        dispersion = self.dispersion
        assert dispersion is not None
        raw = dispersion(maths, hidden) if isinstance(dispersion, Dense) else maths.value(dispersion)
        return maths.clip(maths.softplus(raw), _LEAST, _MOST)


def make_count_head(parameters: Parameters, hidden: int, genes: int, options: NetworkOptions) -> CountHead:
    """Make what the options' likelihood and dispersion need, for so many hidden neurons and genes."""
    dispersion: Dense | Parameter | None = None
    if options.likelihood != "poisson":
        if options.dispersion == "cell":
            dispersion = make_dense(parameters, "dispersion", hidden, genes)
        else:
            width = genes if options.dispersion == "gene" else 1
            dispersion = parameters.vector("dispersion", width, value=float(np.log(np.expm1(1.0))))
    zeros = make_dense(parameters, "zeros", hidden, genes) if options.likelihood == "zinb" else None
    return CountHead(options.likelihood, dispersion, zeros)
