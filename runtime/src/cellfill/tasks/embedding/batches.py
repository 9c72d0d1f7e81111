"""Take out of an embedding what batches differ in, in closed form: nothing is trained."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# So many cells of a type make half of a batch's own mean: fewer are drawn towards no shift.
SHRINK = 20.0


def without_batches(
    places: NDArray[np.float32], probabilities: NDArray[np.float32], batches: NDArray[np.intp]
) -> NDArray[np.float32]:
    """Return places of cells without what their batches differ in.

    From each cell the shift of its type in its batch is taken, weighed by how probable each type is: z - sum_k p_k
    t_kb (m_kb - m_k), with t_kb = n_kb / (n_kb + 20), m_kb the mean place of type k in batch b, n_kb the cells of
    type k there, both weighed by p, and m_k the mean of m_kb over the batches, weighed by t_kb.

    Parameters
    ----------
    places
        Cells x dimensions; NaN for cells that have none, which stay so.
    probabilities
        Cells x types, each row's sum 1.
    batches
        Number of each cell's batch, from 0.

    Returns
    -------
    Cells x dimensions, float32.
    """
    known = np.isfinite(places).all(axis=1)
    z, p, b = places[known].astype(np.float64), probabilities[known].astype(np.float64), batches[known]
    number = int(batches.max(initial=-1)) + 1
    cells = np.stack([p[b == batch].sum(axis=0) for batch in range(number)])  # batches x types
    sums = np.stack([p[b == batch].T @ z[b == batch] for batch in range(number)])  # batches x types x dimensions
    means = sums / np.maximum(cells, 1e-12)[:, :, None]
    trust = cells / (cells + SHRINK)
    weight = trust.sum(axis=0)
    middle = (trust[:, :, None] * means).sum(axis=0) / np.maximum(weight, 1e-12)[:, None]
    shift = trust[:, :, None] * (means - middle)
    moved = places.copy()
    for batch in range(number):
        z[b == batch] -= p[b == batch] @ shift[batch]
    moved[known] = z
    return moved
