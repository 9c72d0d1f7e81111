"""How far two samples of cells are from being of one distribution; in TensorFlow only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill_training.bare_tensorflow import tf

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Whose distances say how wide kernels are (Shaham 2017's program: 25, the cell itself one of them).
_NEIGHBOURS = 24
_LEAST = 1e-10  # of a square that a root is taken of: below it the root's slope has no bound


def kernel_width(places: NDArray[np.float32]) -> float:
    """Return the width of the middle kernel: the median distance of cells to their nearest 24.

    Parameters
    ----------
    places
        Cells x dimensions; two cells or more.
    """
    number = min(_NEIGHBOURS, len(places) - 1)
    norms = (places**2).sum(axis=1)
    squared = np.maximum(norms[:, None] + norms[None, :] - 2 * places @ places.T, 0)
    np.fill_diagonal(squared, np.inf)
    near = np.sqrt(np.partition(squared, number - 1, axis=1)[:, :number])
    return max(float(np.median(near)), 1e-6)


def mean_discrepancy(x: Any, y: Any, width: float) -> Any:
    """Return the maximum mean discrepancy of two samples, cells x dimensions each (Gretton 2012).

    The root of its biased estimate, which is never negative; the kernel is the sum of exp(-distance^2 / width^2) of
    a width, its half and its double.
    """
    squared = _kernel(x, x, width) - 2 * _kernel(x, y, width) + _kernel(y, y, width)
    return tf.sqrt(tf.maximum(squared, _LEAST))


def _kernel(x: Any, y: Any, width: float) -> Any:
    """Return the mean kernel of all pairs, by one exponential: that of half the width is its fourth power."""
    squared = tf.reduce_sum(x**2, axis=1)[:, None] + tf.reduce_sum(y**2, axis=1)[None, :]
    squared = tf.maximum(squared - 2 * tf.matmul(x, y, transpose_b=True), 0.0)
    wide = tf.exp(squared * (-0.25 / width**2))
    middle = tf.square(tf.square(wide))
    return tf.reduce_mean(wide + middle + tf.square(tf.square(middle)))
