"""What all genes say of one: how far it is trusted, and how large a coefficient is wont to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Float32 = NDArray[np.float32]
    Float64 = NDArray[np.float64]

# Weight of no further change of a gene's level, in counts.
INTERCEPT_PRIOR = 20.0


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
