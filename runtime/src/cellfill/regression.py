"""Ridge-penalised quasi-Poisson regressions of many genes at once, around a model's means.

For every gene, log mu' = log mu + t eta + sum_k b_k s_k: eta is the model's own centred log rate, s the scores of
the cell. t and b have normal priors around zero, and the likelihood is divided by the gene's dispersion, so that
an overdispersed gene moves less. The variance of the prior of b_k is estimated from all genes (empirical Bayes,
by moments): a score that carries nothing turns itself off.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Float32 = NDArray[np.float32]
    Float64 = NDArray[np.float64]

# Weights of the model's own level and contrast of a gene, in counts.
LEVEL_PRIOR = 20.0
SLOPE_PRIOR = 50.0

_STEPS = 2  # Newton; a third changes nothing in the fourth digit of the error
_GENES = 512  # a block of regressions
_RATE_LIMIT = 4.0
_CHANGE_LIMIT = 3.0
_STEP_LIMIT = 0.7
_LEAST_RATE = np.float32(1e-9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Coefficients:
    """What the regressions found.

    Attributes
    ----------
    centres
        Of each gene's log rate, weighted by its means.
    slopes
        t of each gene: 0 leaves the model's contrast as it is, -1 takes it away.
    scores
        (1 + scores) x genes: an intercept, and b of each score.
    """

    centres: Float32
    slopes: Float32
    scores: Float32

    def correct(self, mean: Float32, depth: Float32, design: Float32) -> Float32:
        """Return the corrected means of a block.

        Parameters
        ----------
        mean
            The model's means at the dataset's level of each gene, cells x genes.
        depth
            Size factor of each cell, one on average.
        design
            Cells x (1 + scores): ones, and the scores.
        """
        change = log_rates(mean, depth) - self.centres
        np.clip(change, -_RATE_LIMIT, _RATE_LIMIT, out=change)
        change *= self.slopes
        change += design @ self.scores
        np.clip(change, -_CHANGE_LIMIT, _CHANGE_LIMIT, out=change)
        result: Float32 = mean * np.exp(change, out=change)
        return result


def regress(
    mean: Float32, counts: Float32, depth: Float32, design: Float32, measured: NDArray[np.bool_]
) -> Coefficients:
    """Fit the regressions of all genes.

    Parameters
    ----------
    mean, depth, design
        As for `Coefficients.correct`.
    counts
        The observed counts, cells x genes.
    measured
        Which genes the dataset has; the others stay as the model says.
    """
    genes, width = mean.shape[1], design.shape[1]
    dispersion = np.ones(genes)
    gradient, information = np.zeros((genes, width - 1)), np.zeros((genes, width - 1))
    for part in _blocks(genes):
        left = counts[:, part] - mean[:, part]
        excess = (LEVEL_PRIOR + np.einsum("cg,cg->g", left, left)) / (LEVEL_PRIOR + mean[:, part].sum(axis=0))
        # The square root lies between trusting the Poisson and the (noisy) dispersion in full.
        dispersion[part] = np.sqrt(np.maximum(excess, 1.0))
        gradient[part] = left.T @ design[:, 1:]
        information[part] = mean[:, part].T @ design[:, 1:] ** 2
    variance = _prior_variance(gradient[measured], information[measured], dispersion[measured])
    penalty = np.concatenate([[LEVEL_PRIOR], 1 / variance, [SLOPE_PRIOR]])
    centres, solution = np.zeros(genes), np.zeros((genes, width + 1))
    for part in _blocks(genes):
        centres[part], solution[part] = _solve(
            mean[:, part], counts[:, part], depth, design, penalty, dispersion[part]
        )
    solution[~measured] = 0
    return Coefficients(
        centres=centres.astype(np.float32),
        slopes=solution[:, -1].astype(np.float32),
        scores=np.ascontiguousarray(solution[:, :-1].T, dtype=np.float32),
    )


def log_rates(mean: Float32, depth: Float32) -> Float32:
    """Return log(mu / size factor), cells x genes."""
    rates: Float32 = mean / depth[:, None]
    return np.log(np.maximum(rates, _LEAST_RATE, out=rates), out=rates)


def _blocks(genes: int) -> Iterator[slice]:
    for start in range(0, genes, _GENES):
        yield slice(start, min(start + _GENES, genes))


def _prior_variance(gradient: Float64, information: Float64, dispersion: Float64) -> Float64:
    """Estimate the variance of a coefficient across genes, for each score, by weighted moments.

    At zero, gradient^2 = dispersion x information + information^2 x variance on average.
    """
    noise = dispersion[:, None]
    variance = np.full(gradient.shape[1], 0.05)
    for _ in range(10):
        weight = 1 / (noise + information * variance) ** 2
        signal = (weight * (gradient**2 - noise * information)).sum(axis=0)
        variance = np.clip(signal / np.maximum((weight * information**2).sum(axis=0), 1e-12), 1e-6, 1.0)
    return variance


def _solve(
    mean: Float32, counts: Float32, depth: Float32, design: Float32, penalty: Float64, dispersion: Float64
) -> tuple[Float64, Float64]:
    """Take Newton steps for a block of genes; return the centres, and genes x (1 + scores + slope)."""
    genes, width = mean.shape[1], design.shape[1]
    rates = log_rates(mean, depth)
    centre = (mean * rates).sum(axis=0) / np.maximum(mean.sum(axis=0), _LEAST_RATE)
    np.clip(rates - centre, -_RATE_LIMIT, _RATE_LIMIT, out=rates)
    rows, columns = np.triu_indices(width)
    products = design[:, rows] * design[:, columns]
    diagonal = np.arange(width + 1)
    solution, now = np.zeros((genes, width + 1)), mean
    hessian, gradient = np.empty((genes, width + 1, width + 1)), np.empty((genes, width + 1))
    for _ in range(_STEPS):
        hessian[:, rows, columns] = hessian[:, columns, rows] = now.T @ products
        weighted = now * rates
        hessian[:, width, :width] = hessian[:, :width, width] = weighted.T @ design
        hessian[:, width, width] = np.einsum("cg,cg->g", weighted, rates)
        left = counts - now
        gradient[:, :width] = left.T @ design
        gradient[:, width] = np.einsum("cg,cg->g", left, rates)
        hessian /= dispersion[:, None, None]
        hessian[:, diagonal, diagonal] += penalty
        towards = gradient / dispersion[:, None] - penalty * solution
        step = np.linalg.solve(hessian, towards[:, :, None])[:, :, 0]
        solution += np.clip(step, -_STEP_LIMIT, _STEP_LIMIT)
        solution[:, width] = np.clip(solution[:, width], -1, 0.5)
        change = rates * solution[:, width].astype(np.float32)
        change += design @ solution[:, :width].T.astype(np.float32)
        now = mean * np.exp(np.clip(change, -_CHANGE_LIMIT, _CHANGE_LIMIT))
    return centre.astype(np.float64), solution
