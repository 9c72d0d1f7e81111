"""Ridge-penalised quasi-Poisson regressions of many genes at once, around a model's means.

For every gene, log mu' = log mu + t eta + sum_k b_k s_k: eta is the model's own centred log rate, s the scores of
the cell. t and b have normal priors around zero, and the likelihood is divided by the gene's dispersion, so that
an overdispersed gene moves less. The priors' variances are estimated from all genes (empirical Bayes, by moments):
what carries nothing turns itself off.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellfill.calibration.sample import Sample

    Float32 = NDArray[np.float32]
    Float64 = NDArray[np.float64]

# Weight of no further change of a gene's level, in counts; and the bounds of the estimated weight of its contrast.
INTERCEPT_PRIOR = 20.0
_SLOPE_PRIOR = (10.0, 500.0)

_STEPS = 2  # Newton; a third changes nothing in the fourth digit of the error
_RATE_LIMIT = 4.0
_CHANGE_LIMIT = 3.0
_STEP_LIMIT = 0.7
_SLOPES = (-1.0, 0.5)
_LEAST_MEAN = np.float32(1e-9)
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

    def correct(self, mean: Float32, design: Float32) -> Float32:
        """Return the corrected means of a block, by one logarithm and one exponential an entry.

        Parameters
        ----------
        mean
            The model's means, cells x genes.
        design
            Cells x (2 + scores): ones, the log depth, and the scores.
        """
        corrected = np.empty_like(mean)
        low, high = self.levels - np.float32(_CHANGE_LIMIT), self.levels + np.float32(_CHANGE_LIMIT)
        for start in range(0, len(mean), _CELLS):
            rows = slice(start, start + _CELLS)
            change = np.maximum(mean[rows], _LEAST_MEAN, out=corrected[rows])
            np.log(change, out=change)
            change *= self.slopes
            change += design[rows] @ self.weights
            np.maximum(change, low, out=change)
            np.minimum(change, high, out=change)
            np.exp(change, out=change)
            change *= mean[rows]
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
    design = np.concatenate([np.ones((len(scores), 1), dtype=np.float32), scores], axis=1)
    noise, centres = np.ones(genes), np.zeros(genes)
    gradient, information = np.zeros((genes, width + 1)), np.zeros((genes, width + 1))

    def look(part: slice, mean: Float32, counts: Float32) -> None:
        left = counts - mean
        noise[part] = root_dispersion(mean, left)
        rates, centres[part] = _rates(mean, depth)
        gradient[part, :width] = left @ scores
        information[part, :width] = mean @ scores**2
        gradient[part, width] = np.einsum("gc,gc->g", left, rates)
        rates *= rates
        information[part, width] = np.einsum("gc,gc->g", mean, rates)

    sample.each(look, factors)
    weights = 1 / prior_variance(gradient, information, noise)
    weights[width] = np.clip(weights[width], *_SLOPE_PRIOR)
    penalty = np.concatenate([[INTERCEPT_PRIOR], weights])
    solution, levels = np.zeros((genes, width + 2)), np.log(factors)
    solver = _Solver(depth, design, penalty)

    def solve(part: slice, mean: Float32, counts: Float32) -> None:
        solution[part], total = solver.solve(mean, counts, noise[part], centres[part])
        observed = counts.sum(axis=1, dtype=np.float64)
        levels[part] += np.log((INTERCEPT_PRIOR + observed) / (INTERCEPT_PRIOR + total))

    sample.each(solve, factors)
    slopes = solution[:, -1]
    constant = solution[:, 0] + levels + slopes * (np.log(factors) - centres)
    coefficients = np.vstack([constant, -slopes, solution[:, 1:-1].T])
    return Coefficients(
        slopes=slopes.astype(np.float32), weights=coefficients.astype(np.float32), levels=levels.astype(np.float32)
    )


def root_dispersion(mean: Float32, left: Float32) -> Float64:
    """Return the square root of each gene's dispersion around its means (genes x cells), at least 1.

    The square root lies between trusting the Poisson and the (noisy) dispersion in full.
    """
    squares = np.einsum("gc,gc->g", left, left)
    excess = (INTERCEPT_PRIOR + squares) / (INTERCEPT_PRIOR + mean.sum(axis=1, dtype=np.float64))
    result: Float64 = np.sqrt(np.maximum(excess, 1.0))
    return result


def prior_variance(gradient: Float64, information: Float64, noise: Float64) -> Float64:
    """Estimate the variance of a coefficient across genes, for each column, by weighted moments.

    At zero, gradient^2 = noise x information + information^2 x variance on average.
    """
    noise = noise[:, None]
    variance = np.full(gradient.shape[1], 0.05)
    for _ in range(10):
        weight = 1 / (noise + information * variance) ** 2
        signal = (weight * (gradient**2 - noise * information)).sum(axis=0)
        variance = np.clip(signal / np.maximum((weight * information**2).sum(axis=0), 1e-12), 1e-6, 1.0)
    return variance


def _rates(mean: Float32, depth: Float32) -> tuple[Float32, Float64]:
    """Return each gene's centred log rates, genes x cells, and the centres, which are weighted by the means."""
    rates = mean / depth
    np.log(np.maximum(rates, _LEAST_MEAN, out=rates), out=rates)
    centres = np.einsum("gc,gc->g", mean, rates) / np.maximum(mean.sum(axis=1), _LEAST_MEAN)
    rates -= centres[:, None]
    return np.clip(rates, -_RATE_LIMIT, _RATE_LIMIT, out=rates), centres


class _Solver:
    """Newton steps for blocks of genes, with what all blocks share."""

    def __init__(self, depth: Float32, design: Float32, penalty: Float64) -> None:
        self.depth, self.design, self.penalty = depth, design, penalty
        rows, columns = np.triu_indices(design.shape[1])
        # Where in a matrix of coefficients x coefficients each product belongs, and the same mirrored.
        side = design.shape[1] + 1
        self.upper, self.lower = rows * side + columns, columns * side + rows
        self.products = design[:, rows] * design[:, columns]
        self.across = np.ascontiguousarray(design.T)

    def solve(self, mean: Float32, counts: Float32, noise: Float64, centres: Float64) -> tuple[Float64, Float64]:
        """Return genes x (1 + scores + slope), and the corrected totals."""
        genes, width = len(mean), self.design.shape[1]
        rates = mean / self.depth
        np.log(np.maximum(rates, _LEAST_MEAN, out=rates), out=rates)
        rates -= centres[:, None].astype(np.float32)
        np.clip(rates, -_RATE_LIMIT, _RATE_LIMIT, out=rates)
        diagonal = np.arange(width + 1)
        solution, now = np.zeros((genes, width + 1)), mean
        hessian, gradient = np.empty((genes, width + 1, width + 1)), np.empty((genes, width + 1))
        entries = hessian.reshape(genes, -1)
        change, work = np.empty_like(mean), np.empty_like(mean)
        for _ in range(_STEPS):
            found = now @ self.products
            entries[:, self.upper] = found
            entries[:, self.lower] = found
            np.multiply(now, rates, out=work)
            hessian[:, width, :width] = hessian[:, :width, width] = work @ self.design
            hessian[:, width, width] = np.einsum("gc,gc->g", work, rates)
            np.subtract(counts, now, out=work)
            gradient[:, :width] = work @ self.design
            gradient[:, width] = np.einsum("gc,gc->g", work, rates)
            hessian /= noise[:, None, None]
            hessian[:, diagonal, diagonal] += self.penalty
            towards = gradient / noise[:, None] - self.penalty * solution
            step = np.linalg.solve(hessian, towards[:, :, None])[:, :, 0]
            solution += np.clip(step, -_STEP_LIMIT, _STEP_LIMIT)
            solution[:, width] = np.clip(solution[:, width], *_SLOPES)
            np.multiply(rates, solution[:, width, None].astype(np.float32), out=change)
            change += np.matmul(solution[:, :width].astype(np.float32), self.across, out=work)
            np.exp(np.clip(change, -_CHANGE_LIMIT, _CHANGE_LIMIT, out=change), out=change)
            now = np.multiply(change, mean, out=change)
        return solution, now.sum(axis=1, dtype=np.float64)
