"""How well known types lie apart in an embedding."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np

from cellfill_training.evaluation.extras import require
from cellfill_training.evaluation.protocols.clusters import place_scores

if TYPE_CHECKING:
    from numpy.typing import NDArray

NEIGHBOURS = 15


def score_places(places: NDArray[np.floating], labels: NDArray[np.str_], *, seed: int = 0) -> dict[str, float]:
    """Return how well the types of cells can be told by where they lie.

    Parameters
    ----------
    places
        Cells x dimensions.
    labels
        (cells,) the type of each.
    seed
        Of neighbours and Leiden.

    Returns
    -------
    ``knn``, the share of the cells that most of their 15 nearest neighbours have the type of; ``ari``,
    ``matched_ari`` and ``silhouette``, see `clusters.ClusterScores`.
    """
    found = asdict(place_scores(places, labels, seed=seed))
    return {"knn": knn_accuracy(places, labels)} | {
        name: float(found[name]) for name in ("ari", "matched_ari", "silhouette")
    }


def knn_accuracy(places: NDArray[np.floating], labels: NDArray[np.str_]) -> float:
    """Return the share of the cells whose type is the commonest among their nearest neighbours."""
    names, codes = np.unique(labels, return_inverse=True)
    near = nearest(places, NEIGHBOURS)
    votes = np.stack([(codes[near] == code).sum(axis=1) for code in range(len(names))], axis=1)
    return float((votes.argmax(axis=1) == codes).mean())


def transfer_accuracy(places: NDArray[np.floating], labels: NDArray[np.str_], batches: NDArray[np.str_]) -> float:
    """Return how often a cell's type is the commonest among its nearest cells of the other batches, by batch.

    The mean over batches: what labels of one are worth for another.
    """
    neighbors = require("sklearn.neighbors", purpose="Nearest neighbours")
    names, codes = np.unique(labels, return_inverse=True)
    right = []
    for batch in np.unique(batches):
        own = batches == batch
        number = min(NEIGHBOURS, int((~own).sum()))
        found = neighbors.NearestNeighbors(n_neighbors=number).fit(places[~own])
        near = codes[~own][found.kneighbors(places[own], return_distance=False)]
        votes = np.stack([(near == code).sum(axis=1) for code in range(len(names))], axis=1)
        right.append(float((votes.argmax(axis=1) == codes[own]).mean()))
    return float(np.mean(right))


def nearest(places: NDArray[np.floating], number: int) -> NDArray[np.intp]:
    """Return the nearest other cells of each cell, cells x number, or fewer where there are fewer."""
    neighbors = require("sklearn.neighbors", purpose="Nearest neighbours")
    found = neighbors.NearestNeighbors(n_neighbors=min(number, len(places) - 1)).fit(places)
    return np.asarray(found.kneighbors(return_distance=False), dtype=np.intp)
