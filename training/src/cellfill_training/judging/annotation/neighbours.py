"""How well cells of a type lie together: the share of cells that most of their neighbours are of a type with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

NEIGHBOURS = 15
_BLOCK = 512  # cells


def knn_accuracy(places: NDArray[np.floating], types: NDArray[Any]) -> float:
    """Return the share of cells that have the commonest type of their 15 nearest others; ties go to the first.

    Parameters
    ----------
    places
        Cells x dimensions, Euclidean.
    types
        (cells,) name or number of the type of each.
    """
    if len(places) < 2:
        return float("nan")
    return _told(nearest(places, NEIGHBOURS), types, types)


def transfer_accuracy(places: NDArray[np.floating], types: NDArray[Any], batches: NDArray[Any]) -> float:
    """Return how often a cell's type is the commonest among its nearest cells of the other batches, by batch.

    The mean over batches: what labels of one are worth for another.
    """
    right = []
    for batch in np.unique(batches):
        own = batches == batch
        right.append(told_by(places[own], types[own], among=places[~own], theirs=types[~own]))
    return float(np.mean(right))


def told_by(
    places: NDArray[np.floating], types: NDArray[Any], *, among: NDArray[np.floating], theirs: NDArray[Any]
) -> float:
    """Return how often a cell's type is the commonest among its 15 nearest of other cells, which have types."""
    return _told(nearest(places, NEIGHBOURS, among=among), theirs, types)


def nearest(
    places: NDArray[np.floating], number: int, *, among: NDArray[np.floating] | None = None
) -> NDArray[np.intp]:
    """Return the nearest cells of each cell, cells x number, or fewer where there are fewer; in no order.

    Parameters
    ----------
    places
        Cells x dimensions.
    number
        Of neighbours.
    among
        Other cells, of which neighbours are looked for; by default each cell's are all but itself.
    """
    own, others = (np.asarray(p, dtype=np.float64) for p in (places, places if among is None else among))
    number = min(number, len(others) - (among is None))
    squares = (others**2).sum(axis=1)
    found = []
    for start in range(0, len(own), _BLOCK):
        block = own[start : start + _BLOCK]
        distances = squares - 2 * block @ others.T  # squared, but for what is one cell's own
        if among is None:
            itself = np.arange(len(block))
            distances[itself, start + itself] = np.inf
        found.append(np.argpartition(distances, number - 1, axis=1)[:, :number])
    return np.concatenate(found)


def _told(near: NDArray[np.intp], types: NDArray[Any], truth: NDArray[Any]) -> float:
    """Return how often the commonest type of the neighbours is the true one."""
    names, codes = np.unique(types, return_inverse=True)
    votes = np.stack([(codes[near] == code).sum(axis=1) for code in range(len(names))], axis=1)
    return float((names[votes.argmax(axis=1)] == truth).mean())
