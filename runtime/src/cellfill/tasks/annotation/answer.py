"""The answer for a cell: down the tree of types as far as the model is sure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellfill.bundle import Classes


# Of probabilities that were summed in float32.
_ROUNDING = 1e-6


def descend(
    classes: Classes, probabilities: NDArray[np.float32], *, confidence: float, level: int | None
) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Choose the most detailed type of each cell that is sure enough.

    From the roots of the tree to its leaves the most probable type is taken, as long as its probability, the sum of
    its leaves', is at least ``confidence``.

    Parameters
    ----------
    classes
        The tree.
    probabilities
        Cells x leaves; each row sums to 1.
    confidence
        Least probability of an answer.
    level
        How many steps down at most; 1 for a root.

    Returns
    -------
    Row of the type in ``classes`` for each cell, -1 where no root is sure enough; and its probability, where there
    is no answer that of the most probable root.
    """
    summed = classes.sum_up(probabilities)
    cells = np.arange(len(summed))
    answer = np.full(len(summed), -1, dtype=np.intp)
    probability = np.zeros(len(summed), dtype=np.float32)
    at = np.full(len(summed), -1, dtype=np.intp)
    for step in range(int(classes.levels.max()) + 1 if level is None else level):
        # Of the types whose parent is where a cell stands: -1 stands above the roots.
        below = np.where(classes.parents[None, :] == at[:, None], summed, -1.0)
        best = below.argmax(axis=1)
        value = below[cells, best]
        if step == 0:
            probability = np.maximum(value, 0).astype(np.float32)
        going = (value >= confidence - _ROUNDING) & ((answer >= 0) | (step == 0))
        answer = np.where(going, best, answer)
        probability = np.where(going, value, probability).astype(np.float32)
        at = np.where(going, best, -2)  # -2 is nobody's parent
        if not going.any():
            break
    return answer, probability
