"""Fit the corrections of a model on a sample: factors of the genes' levels, and what lies beyond them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cellfill.calibration.corrections import Part, Refinement, depth_of
from cellfill.calibration.regression import prior_variance, regress, root_dispersion
from cellfill.calibration.scores import fit_projection

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellfill.calibration.sample import Sample

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


def fit_beyond(
    sample: Sample, part: Part, fitted: Sample, factors: Float64, scored: NDArray[np.intp]
) -> Refinement | None:
    """Fit what lies beyond the factors of some genes of a sample, with scores made of those in ``scored``."""
    if part == "level":
        return None
    scale = max(float(np.median(sample.size_factors)), 1e-6)
    depth = depth_of(sample.size_factors, scale)
    projection = None
    scores = np.zeros((len(depth), 0), dtype=np.float32)
    genes = min(len(scored), SCORE_GENES)
    number = min(MAX_SCORES, round(_SCORES_PER_ROOT_CELL * len(depth) ** 0.5), genes // _GENES_PER_SCORE)
    if part == "scores" and number:
        order = np.argsort(-sample.totals()[scored], kind="stable")[:genes]
        chosen = np.sort(scored[order])
        projection = fit_projection(sample.counts[chosen].toarray().T, depth, chosen, number=number)
        scores = projection.scores(sample.counts.T.tocsr(), depth)
    coefficients = regress(fitted, factors, depth, scores)
    return Refinement(scale=scale, projection=projection, coefficients=coefficients)


def fit_levels(sample: Sample) -> Float64:
    """Return the factor of each gene; how far the model's level is trusted is estimated from all genes."""
    observed, predicted, noise = sample.totals(), np.zeros(len(sample.mean)), np.ones(len(sample.mean))

    def add(part: slice, mean: Float32, counts: Float32) -> None:
        predicted[part] = mean.sum(axis=1, dtype=np.float64)
        noise[part] = root_dispersion(mean, counts - mean)

    sample.each(add)
    variance = prior_variance((observed - predicted)[:, None], predicted[:, None], noise)
    prior = np.clip(1 / variance[0], *_LEVEL_PRIORS) if len(observed) > 1 else LEVEL_PRIOR
    factors: Float64 = (prior + observed) / (prior + predicted)
    return factors
