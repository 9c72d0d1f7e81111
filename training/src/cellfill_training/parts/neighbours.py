"""Neighbours within a batch of cells, as t-SNE has them (van der Maaten & Hinton 2008); in TensorFlow only."""

from __future__ import annotations

from typing import Any

import numpy as np

from cellfill_training.bare_tensorflow import tf

# Logarithms, base 2, between which 1 / width of a cell's neighbourhood is looked for, and how often the range is
# halved. A cell is that far from itself.
_LEAST, _MOST, _STEPS = -8.0, 20.0, 14
_FAR = 1e12
_TINY = 1e-12


def squared_distances(x: Any) -> Any:
    """Return the squared distances of cells, cells x cells; 0 of a cell from itself."""
    norms = tf.reduce_sum(x**2, axis=1)
    distances = tf.maximum(norms[:, None] + norms[None, :] - 2 * tf.matmul(x, x, transpose_b=True), 0.0)
    return tf.linalg.set_diag(distances, tf.zeros_like(norms))


def transition_probabilities(x: Any, perplexity: float) -> Any:
    """Return how likely each cell has each other one for neighbour, cells x cells; rows sum to 1.

    Normal around the cell, so wide that the entropy of its row is log(perplexity), in nats; the diagonal is 0.
    """
    size = tf.shape(x)[:1]
    distances = tf.linalg.set_diag(squared_distances(x), tf.fill(size, _FAR))
    distances -= tf.reduce_min(distances, axis=1, keepdims=True)  # shares do not change, and no row vanishes
    low, high = tf.fill(size, _LEAST), tf.fill(size, _MOST)
    weights = distances
    for _ in range(_STEPS):
        middle = (low + high) / 2
        precision = tf.pow(2.0, middle)
        weights = tf.exp(distances * -precision[:, None])
        total = tf.reduce_sum(weights, axis=1)
        mean = tf.einsum("ij,ij->i", weights, distances) / total
        wide = tf.math.log(total) + precision * mean > np.log(perplexity)
        low, high = tf.where(wide, middle, low), tf.where(wide, high, middle)
    return tf.stop_gradient(weights / tf.reduce_sum(weights, axis=1, keepdims=True))


def neighbour_loss(shares: Any, places: Any, smooth: float) -> Any:
    """Return how badly places have the cells' neighbours, one a cell: t-SNE's divergence without its constant.

    Parameters
    ----------
    shares
        `transition_probabilities`; ``smooth`` is added to each, for all cells to be drawn together a little.
    places
        Cells x dimensions, between which neighbourhood falls as Student's t of dimensions - 1 degrees of freedom,
        at least 1.
    """
    freedom = float(max(places.shape[1] - 1, 1))
    near = tf.pow(1 + squared_distances(places) / freedom, -(freedom + 1) / 2)
    shares = shares + smooth
    shares /= tf.reduce_sum(shares, axis=1, keepdims=True)
    apart = tf.math.log(tf.maximum(tf.reduce_sum(near, axis=1) - 1, _TINY))
    return apart - tf.reduce_sum(shares * tf.math.log(near), axis=1)
