"""Losses of non-zero entries alone, in which a network learns a count given that there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cellfill_training.parts.maths import Maths, Value

if TYPE_CHECKING:
    from cellfill_training.parts.network import Batch

# Logarithm of the largest count at size factor 1: a million.
_MOST = 13.8


def squared_error(cells: Batch, levels: Value, given: Value) -> Value:
    """Return the squared error of a cell, summed over its genes that have counts; in TensorFlow only.

    Parameters
    ----------
    cells
        Their counts say which entries are counted, and their studies which genes were measured.
    levels, given
        Cells x genes: what is to be found, and what the network gives.
    """
    from cellfill_training.bare_tensorflow import tf

    found = tf.cast(cells.counts > 0, tf.float32) * cells.measured
    return tf.reduce_sum(found * (given - levels) ** 2, axis=1)


def counts_of(maths: Maths, levels: Value, size_factors: Value) -> Value:
    """Return the counts of levels log1p(count / size factor), from 0 to a million times the size factor."""
    return maths.mul(maths.sub(maths.exp(maths.clip(levels, 0.0, _MOST)), 1.0), size_factors)
