"""How unlikely counts are, cell by cell, as TensorFlow computes it while a network is trained."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from cellfill_training.bare_tensorflow import tf

Likelihood = Literal["poisson", "nb", "zinb"]
_TINY = 1e-8


def poisson(counts: Any, mean: Any, measured: Any) -> Any:
    """Return -log P(counts) of a Poisson distribution, but for log(counts!), over a cell's measured genes."""
    return tf.reduce_sum((mean - counts * tf.math.log(mean + _TINY)) * measured, axis=1)


def negative_binomial(counts: Any, mean: Any, theta: Any, measured: Any) -> Any:
    """Return -log P(counts) of a negative binomial distribution, summed over a cell's measured genes.

    Its variance is mean + mean^2 / theta. What a count that is not 0 adds to -log P(0) is computed for such entries
    alone: nine in ten are zeros, and of all operations the gamma functions cost the most by far.

    Parameters
    ----------
    counts, mean
        Cells x genes.
    theta
        Cells x genes, or one a gene, or one.
    measured
        Cells x genes, 1 or 0.
    """
    terms = -_log_zero(mean, theta) * measured
    return tf.reduce_sum(terms, axis=1) + _seen(counts, mean, theta, measured)


def zero_inflated(counts: Any, mean: Any, theta: Any, logits: Any, measured: Any) -> Any:
    """Return -log P(counts) of a negative binomial distribution of which a share is 0 for another reason.

    Parameters
    ----------
    counts, mean, theta, measured
        Of `negative_binomial`.
    logits
        Of that share, pi: log(pi / (1 - pi)). (Eraslan 2019, "ZINB"; Lopez 2018.)
    """
    of_zero = _log_zero(mean, theta)  # not inflated
    above = tf.nn.softplus(logits - of_zero)
    other = tf.nn.softplus(logits)  # -log (1 - pi)
    zero = other - of_zero - above  # -log (pi + (1 - pi) P(0))
    terms = tf.where(counts > 0, other - of_zero, zero) * measured
    return tf.reduce_sum(terms, axis=1) + _seen(counts, mean, theta, measured)


def _log_zero(mean: Any, theta: Any) -> Any:
    """Return log P(0) of a negative binomial distribution."""
    return theta * (tf.math.log(theta + _TINY) - tf.math.log(theta + mean + _TINY))


def _seen(counts: Any, mean: Any, theta: Any, measured: Any) -> Any:
    """Return what counts that are not 0 add to -log P(0) of a negative binomial distribution, one a cell."""
    where = tf.where((counts > 0) & (measured > 0))
    shape = tf.shape(counts)
    theta = tf.gather_nd(tf.broadcast_to(theta, shape), where)
    counts, mean = tf.gather_nd(counts, where), tf.gather_nd(mean, where)
    terms = (
        tf.math.lgamma(theta)
        + tf.math.lgamma(counts + 1)
        - tf.math.lgamma(counts + theta)
        + counts * (tf.math.log(theta + mean + _TINY) - tf.math.log(mean + _TINY))
    )
    return tf.math.unsorted_segment_sum(terms, where[:, 0], shape[0])


def student(x: Any, mean: Any, spread: Any, freedom: Any) -> Any:
    """Return -log p(x) of Student's t distribution around a mean, by the square of its scale, entry by entry."""
    half = (freedom + 1) / 2
    constant = tf.math.lgamma(freedom / 2) - tf.math.lgamma(half) + 0.5 * tf.math.log(np.pi * freedom)
    return constant + 0.5 * tf.math.log(spread) + half * tf.math.log1p((x - mean) ** 2 / (freedom * spread))


def kl_to_standard(mean: Any, log_variance: Any) -> Any:
    """Return the Kullback-Leibler divergence of normal distributions from the standard one, summed, one a cell."""
    return 0.5 * tf.reduce_sum(tf.exp(log_variance) + mean**2 - 1 - log_variance, axis=1)
