"""Ridge-penalised quasi-Poisson regressions of many genes at once, around a model's means.

For every gene, log mu' = log mu + t eta + sum_k b_k s_k: eta is the model's own centred log rate, s the scores of
the cell. t and b have normal priors around zero, and the likelihood is divided by the gene's dispersion, so that
an overdispersed gene moves less. The priors' variances are estimated from all genes (empirical Bayes, by moments):
what carries nothing turns itself off.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from cellfill.calibration.buffers import Buffers
from cellfill.calibration.newton import CHANGE_LIMIT, LEAST_MEAN, Solver, contrast
from cellfill.calibration.priors import INTERCEPT_PRIOR, prior_variance, root_dispersion

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellfill.calibration.sample import Sample

    Float32 = NDArray[np.float32]
    Float64 = NDArray[np.float64]

# Bounds of the estimated weight of a gene's contrast, in counts.
_SLOPE_PRIOR = (10.0, 500.0)
# The priors are estimated from all genes of few cells, and from every so manieth of many: so many entries at most.
_PRIOR_ENTRIES = 12_000_000
# Newton; a third step changes nothing in the fourth digit of the error. Of fewer counts the priors say so much that
# one is enough.
_STEPS = 2
_FEW_COUNTS = 30.0
_CELLS = 16  # cells corrected at a time: their values stay in a core's cache from step to step


@dataclass(frozen=True, slots=True, kw_only=True)
class Coefficients:
    """What the regressions found, in the form in which a block is corrected at the least cost.

    Attributes
    ----------
    slopes
        t of each gene: 0 leaves the model's contrast as it is, -1 takes it away.
    weights
        (2 + scores) x genes: a constant, which holds the gene's level, -t for the log depth, and b of each score.
    levels
        Log factor of each gene's level; the rest of a correction is limited to a factor of e^3.
    """

    slopes: Float32
    weights: Float32
    levels: Float32

    def correct(self, mean: Float32, design: Float32, *, out: Float32 | None = None) -> Float32:
        """Return the corrected means of a block, by one logarithm and one exponential an entry.

        Parameters
        ----------
        mean
            The model's means, cells x genes.
        design
            Cells x (2 + scores): ones, the log depth, and the scores.
        out
            Where they are written, such as ``mean``; a new array by default.
        """
        corrected = np.empty_like(mean) if out is None else out
        low, high = self.levels - np.float32(CHANGE_LIMIT), self.levels + np.float32(CHANGE_LIMIT)
        buffer = np.empty((_CELLS, mean.shape[1]), dtype=np.float32)
        for start in range(0, len(mean), _CELLS):
            rows = slice(start, start + _CELLS)
            change = np.maximum(mean[rows], LEAST_MEAN, out=buffer[: len(mean[rows])])
            np.log(change, out=change)
            change *= self.slopes
            change += design[rows] @ self.weights
            np.maximum(change, low, out=change)
            np.minimum(change, high, out=change)
            np.exp(change, out=change)
            np.multiply(change, mean[rows], out=corrected[rows])
        return corrected

    def take(self, genes: NDArray[np.intp]) -> Coefficients:
        """Return the coefficients of some genes; -1 stands for a gene that stays as the model says."""
        known = genes >= 0
        return Coefficients(
            slopes=np.where(known, self.slopes[genes], 0),
            weights=np.ascontiguousarray(np.where(known, self.weights[:, genes], 0)),
            levels=np.where(known, self.levels[genes], 0),
        )


def regress(sample: Sample, factors: Float64, depth: Float32, scores: Float32) -> Coefficients:
    """Fit the regressions of all genes of a sample.

    Parameters
    ----------
    sample
        The model's means and the observed counts.
    factors
        By which the means of each gene are multiplied first.
    depth
        Size factor of each cell, one on average.
    scores
        Cells x scores.
    """
    genes, width = len(sample.mean), scores.shape[1]
    penalty = np.concatenate([[INTERCEPT_PRIOR], _penalty(sample, factors, depth, scores)])
    design = np.concatenate([np.ones((len(scores), 1), dtype=np.float32), scores], axis=1)
    solution, centres, levels = np.zeros((genes, width + 2)), np.zeros(genes), np.log(factors)
    solver, totals = Solver(depth, design, penalty), sample.totals()

    def solve(part: NDArray[np.intp], mean: Float32, counts: Float32, *, steps: int) -> None:
        solution[part], centres[part], total = solver.solve(mean, counts, steps=steps)
        levels[part] += np.log((INTERCEPT_PRIOR + totals[part]) / (INTERCEPT_PRIOR + total))

    few = totals < _FEW_COUNTS
    sample.each(partial(solve, steps=_STEPS), factors=factors, genes=np.flatnonzero(~few))
    sample.each(partial(solve, steps=1), factors=factors, genes=np.flatnonzero(few))
    slopes = solution[:, -1]
    constant = solution[:, 0] + levels + slopes * (np.log(factors) - centres)
    coefficients = np.vstack([constant, -slopes, solution[:, 1:-1].T])
    return Coefficients(
        slopes=slopes.astype(np.float32), weights=coefficients.astype(np.float32), levels=levels.astype(np.float32)
    )


def _penalty(sample: Sample, factors: Float64, depth: Float32, scores: Float32) -> Float64:
    """Return the weight of no effect of each score, and of the model's own contrast, estimated from many genes."""
    chosen = np.arange(0, len(sample.mean), 1 + sample.mean.size // _PRIOR_ENTRIES)
    place = np.zeros(len(sample.mean), dtype=np.intp)
    place[chosen] = np.arange(len(chosen))
    width = scores.shape[1]
    noise = np.ones(len(chosen))
    gradient, information = np.zeros((len(chosen), width + 1)), np.zeros((len(chosen), width + 1))
    squares, buffers = scores**2, Buffers()

    def look(part: NDArray[np.intp], mean: Float32, counts: Float32) -> None:
        here, left = place[part], np.subtract(counts, mean, out=counts)
        noise[here] = root_dispersion(mean, left)
        rates, _ = contrast(mean, depth, out=buffers.take("rates", *mean.shape))
        gradient[here, :width] = left @ scores
        information[here, :width] = mean @ squares
        gradient[here, width] = np.einsum("gc,gc->g", left, rates)
        np.multiply(rates, rates, out=rates)
        information[here, width] = np.einsum("gc,gc->g", mean, rates)

    sample.each(look, factors=factors, genes=chosen)
    weights: Float64 = 1 / prior_variance(gradient, information, noise)
    weights[width] = np.clip(weights[width], *_SLOPE_PRIOR)
    return weights
