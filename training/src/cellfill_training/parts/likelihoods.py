"""How unlikely counts are, entry by entry, as TensorFlow computes it while a network is trained."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from cellfill_training.bare_tensorflow import tf

Likelihood = Literal["poisson", "nb", "zinb"]
_TINY = 1e-8


def poisson(counts: Any, mean: Any) -> Any:
    """Return -log P(counts) of a Poisson distribution, without log(counts!)."""
    return mean - counts * tf.math.log(mean + _TINY)


def negative_binomial(counts: Any, mean: Any, theta: Any) -> Any:
    """Return -log P(counts) of a negative binomial distribution of variance mean + mean^2 / theta."""
    log_sum = tf.math.log(theta + mean + _TINY)
    return (
        tf.math.lgamma(theta)
        + tf.math.lgamma(counts + 1)
        - tf.math.lgamma(counts + theta)
        + theta * (log_sum - tf.math.log(theta + _TINY))
        + counts * (log_sum - tf.math.log(mean + _TINY))
    )


def zero_inflated(counts: Any, mean: Any, theta: Any, logits: Any) -> Any:
    """Return -log P(counts) of a negative binomial distribution of which a share is 0 for another reason.

    Parameters
    ----------
    logits
        Of that share, pi: log(pi / (1 - pi)). (Eraslan 2019, "ZINB"; Lopez 2018.)
    """
    log_other = -tf.nn.softplus(-logits)  # log pi
    log_counted = -tf.nn.softplus(logits)  # log (1 - pi)
    of_zero = theta * (tf.math.log(theta + _TINY) - tf.math.log(theta + mean + _TINY))  # log P(0), not inflated
    zero = -tf.reduce_logsumexp(tf.stack([log_other, log_counted + of_zero]), axis=0)
    return tf.where(counts < 0.5, zero, negative_binomial(counts, mean, theta) - log_counted)


def student(x: Any, mean: Any, spread: Any, freedom: Any) -> Any:
    """Return -log p(x) of Student's t distribution around a mean, by the square of its scale, entry by entry."""
    half = (freedom + 1) / 2
    constant = tf.math.lgamma(freedom / 2) - tf.math.lgamma(half) + 0.5 * tf.math.log(np.pi * freedom)
    return constant + 0.5 * tf.math.log(spread) + half * tf.math.log1p((x - mean) ** 2 / (freedom * spread))


def kl_to_standard(mean: Any, log_variance: Any) -> Any:
    """Return the Kullback-Leibler divergence of normal distributions from the standard one, summed, one a cell."""
    return 0.5 * tf.reduce_sum(tf.exp(log_variance) + mean**2 - 1 - log_variance, axis=1)
