"""Fit the corrections of a model on a sample: factors of the genes' levels, and what lies beyond them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from cellfill.calibration.corrections import Refinement, depth_of
from cellfill.calibration.priors import prior_variance, root_dispersion
from cellfill.calibration.regression import regress
from cellfill.calibration.scores import fit_projection

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellfill.calibration.sample import Sample
    from cellfill.calibration.scores import Projection

    Float32 = NDArray[np.float32]
    Float64 = NDArray[np.float64]

# Weight of the model's own level of a gene, in counts: these where it cannot be estimated, and its bounds.
LEVEL_PRIOR = 20.0
_LEVEL_PRIORS = (5.0, 500.0)
# The most counted genes make the scores: 0.7 sqrt(cells) of them, up to 20, and one for 50 genes. Among fewer
# genes a score would be made of a gene's own count, and predict it from itself.
SCORE_GENES = 1000
MAX_SCORES = 20
_SCORES_PER_ROOT_CELL = 0.7
_GENES_PER_SCORE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What the regressions explain the counts of a sample's cells by, beside what the model says.

    Attributes
    ----------
    scale
        Median size factor of the cells.
    depth
        Size factor of each, over the scale.
    projection
        How scores are made; None where there are none.
    scores
        Cells x scores.
    """

    scale: float
    depth: Float32
    projection: Projection | None
    scores: Float32


def depth_alone(size_factors: Float32) -> Basis:
    """Return a basis without scores."""
    scale = max(float(np.median(size_factors)), 1e-6)
    depth = depth_of(size_factors, scale)
    return Basis(scale=scale, depth=depth, projection=None, scores=np.zeros((len(depth), 0), dtype=np.float32))


def with_scores(sample: Sample, scored: NDArray[np.intp]) -> Basis:
    """Return a basis with scores that are made of those of some genes of a sample that are counted most."""
    basis = depth_alone(sample.size_factors)
    genes = min(len(scored), SCORE_GENES)
    number = min(MAX_SCORES, round(_SCORES_PER_ROOT_CELL * len(basis.depth) ** 0.5), genes // _GENES_PER_SCORE)
    if not number:
        return basis
    order = np.argsort(-sample.totals()[scored], kind="stable")[:genes]
    chosen = np.sort(scored[order])
    counts = sample.counts[chosen].toarray().T
    projection = fit_projection(counts, basis.depth, chosen, number=number)
    return replace(basis, projection=projection, scores=projection.scores(counts, basis.depth))


def fit_beyond(sample: Sample, factors: Float64, basis: Basis) -> Refinement:
    """Fit what lies beyond the factors of the genes of a sample."""
    coefficients = regress(sample, factors, basis.depth, basis.scores)
    return Refinement(scale=basis.scale, projection=basis.projection, coefficients=coefficients)


def fit_levels(sample: Sample) -> Float64:
    """Return the factor of each gene; how far the model's level is trusted is estimated from all genes."""
    observed, predicted, noise = sample.totals(), np.zeros(len(sample.mean)), np.ones(len(sample.mean))

    def add(part: NDArray[np.intp], mean: Float32, counts: Float32) -> None:
        predicted[part] = mean.sum(axis=1, dtype=np.float64)
        noise[part] = root_dispersion(mean, np.subtract(counts, mean, out=counts))

    sample.each(add)
    variance = prior_variance((observed - predicted)[:, None], predicted[:, None], noise)
    prior = np.clip(1 / variance[0], *_LEVEL_PRIORS) if len(observed) > 1 else LEVEL_PRIOR
    factors: Float64 = (prior + observed) / (prior + predicted)
    return factors
