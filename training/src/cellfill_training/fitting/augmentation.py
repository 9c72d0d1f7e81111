"""Genes of a cell that are hidden in training, so that a model does without them."""

from __future__ import annotations

from typing import Any

from cellfill_training.bare_tensorflow import tf


def keep_mask(shape: Any, hide: float, key: Any) -> Any:
    """Draw which genes a cell keeps: a share of up to ``hide`` of them, its own for each cell, is hidden."""
    share = tf.random.stateless_uniform((shape[0], 1), key + 1, maxval=hide)
    return tf.cast(tf.random.stateless_uniform(shape, key + 2) >= share, tf.float32)
