"""The two training objectives, one value a sub-network."""

from __future__ import annotations

from typing import Any

from cellfill_training.bare_tensorflow import tf


def poisson(log_mean: Any, counts: Any, weight: Any) -> Any:
    """Negative Poisson log-likelihood without its constant, mu - y log mu, over all entries.

    Parameters
    ----------
    log_mean, counts
        Networks x cells x group.
    weight
        Of the same shape: 0 where the study did not measure the gene.

    Returns
    -------
    Sum over genes, mean over cells; one value a network.
    """
    return _by_network(weight * (tf.exp(log_mean) - counts * log_mean))


def weighted_mse(z: Any, counts: Any, weight: Any) -> Any:
    """DeepImpute's loss, sum of Y (Y - Yhat)^2 on log1p counts (Arisdakessian 2019, "Training procedure").

    ``z`` is what the last layer says; Yhat = softplus(z). Zeros have no weight.
    """
    truth = tf.math.log1p(counts)
    return _by_network(weight * truth * tf.square(truth - tf.nn.softplus(z)))


def _by_network(terms: Any) -> Any:
    return tf.reduce_mean(tf.reduce_sum(terms, axis=2), axis=1)
