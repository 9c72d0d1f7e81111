"""Quantiles of counts that a Gamma-Poisson mean and its dispersion predict."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Float32 = NDArray[np.float32]
    Float64 = NDArray[np.float64]

# Beyond this many steps from 0 the inverse of the distribution is faster than a walk along it.
_STEPS = 48
_MOST_PROBABILITY = 1 - 1e-9


def distribution(counts: Float64, mean: Float64, inverse_dispersion: Float64) -> Float64:
    """Return the probability of at most so many counts, negative binomial; 0 below 0.

    Parameters
    ----------
    counts, mean, inverse_dispersion
        x, mu and phi of each entry, one shape: the variance is mu + mu^2 / phi.
    """
    from scipy.special import betainc

    at_most: Float64 = betainc(
        inverse_dispersion, np.maximum(counts, 0) + 1, inverse_dispersion / (inverse_dispersion + mean)
    )
    return np.where(counts < 0, 0.0, at_most)


def log_probability(counts: Float64, mean: Float64, inverse_dispersion: Float64) -> Float64:
    """Return the log probability of counts, but for what mean and dispersion do not change."""
    from scipy.special import gammaln

    phi, total = inverse_dispersion, inverse_dispersion + mean
    found: Float64 = gammaln(counts + phi) - gammaln(phi) + phi * np.log(phi / total)
    return found + counts * np.log(np.maximum(mean, 1e-12) / total)


def count_quantile(mean: Float32, inverse_dispersion: Float32, probability: Float32 | float) -> Float32:
    """Return the least count that is reached with a probability, negative binomial.

    Parameters
    ----------
    mean
        mu, cells x genes, in counts.
    inverse_dispersion
        phi of each gene.
    probability
        Above 0 and below 1: one, or one an entry.

    Returns
    -------
    Whole numbers, cells x genes, in counts.
    """
    shape = mean.shape
    phi = np.broadcast_to(inverse_dispersion, shape)
    wanted = np.broadcast_to(np.minimum(np.asarray(probability, np.float64), _MOST_PROBABILITY), shape)
    result = np.zeros(shape, dtype=np.float32)
    none = np.exp(-phi * np.log1p(mean / phi))  # the probability of no count, which is enough for most entries
    flat = result.reshape(-1)
    left = np.flatnonzero(none.reshape(-1) < wanted.reshape(-1))
    if not len(left):
        return result
    mu, disp, goal = (values.reshape(-1)[left].astype(np.float64) for values in (mean, phi, wanted))
    likely: Float64 = np.exp(-disp * np.log1p(mu / disp))
    reached, rate = likely.copy(), mu / (disp + mu)
    for count in range(1, _STEPS):
        likely = likely * (rate * ((disp + (count - 1)) / count))
        reached = reached + likely
        on = reached < goal
        flat[left[~on]] = count
        if not on.any():
            return result
        left, likely, reached = left[on], likely[on], reached[on]
        mu, disp, goal, rate = mu[on], disp[on], goal[on], rate[on]
    flat[left] = _inverse(mu, disp, goal)
    return result


def _inverse(mean: Float64, inverse_dispersion: Float64, probability: Float64) -> Float64:
    """Return the same by scipy's inverse, stepped to where the distribution says it is."""
    from scipy.special import nbdtrik

    shape = inverse_dispersion, inverse_dispersion / (inverse_dispersion + mean)
    found = np.ceil(np.maximum(np.nan_to_num(nbdtrik(probability, *shape), nan=0.0, posinf=0.0), 0))
    found = found + (distribution(found, mean, inverse_dispersion) < probability)
    lower: Float64 = np.maximum(found - 1, 0)
    return np.where(distribution(lower, mean, inverse_dispersion) >= probability, lower, found)
