"""How well batches mix and types stay apart: the local inverse Simpson index (Korsunsky et al., Nat Methods 2019).

Written out here with scikit-learn's neighbours: scib-metrics, which has it too, brings JAX.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cellfill_training.evaluation.extras import require

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PERPLEXITY = 30.0
_NEIGHBOURS = 90  # three times the perplexity, as there
_STEPS, _CLOSE = 50, 1e-5


def score_mixing(
    places: NDArray[np.floating], labels: NDArray[np.str_], batches: NDArray[np.str_]
) -> dict[str, float]:
    """Return ``ilisi`` and ``clisi``, each scaled to 0 to 1 (Luecken 2022), means over cells.

    ``ilisi``: 0 where every cell's neighbours are of one batch, 1 where all batches are there alike. ``clisi``: 1
    where they are of one type, 0 where all types are there alike. NaN where there is but one batch or type.
    """
    weights, near = neighbour_weights(places)
    number, effective = _effective(batches, weights, near)
    types, of_types = _effective(labels, weights, near)
    return {
        "ilisi": (effective - 1) / (number - 1) if number > 1 else float("nan"),
        "clisi": (types - of_types) / (types - 1) if types > 1 else float("nan"),
    }


def neighbour_weights(places: NDArray[np.floating]) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Return the weight of each neighbour of each cell, and which cell it is, both cells x neighbours.

    Weights fall exponentially with the distance, so fast that each cell's neighbours have the perplexity 30, or a
    third of their number where they are fewer.
    """
    neighbors = require("sklearn.neighbors", purpose="Nearest neighbours")
    number = min(_NEIGHBOURS, len(places) - 1)
    distances, near = neighbors.NearestNeighbors(n_neighbors=number).fit(places).kneighbors()
    wanted = np.log(min(_PERPLEXITY, max(number / 3, 1.0)))
    nearer = distances - distances[:, :1]  # weights are relative
    low, high = np.zeros(len(places)), np.full(len(places), np.inf)
    beta = 1 / np.maximum(nearer.mean(axis=1), 1e-12)
    for _ in range(_STEPS):
        weights = np.exp(-nearer * beta[:, None])
        weights /= weights.sum(axis=1, keepdims=True)
        entropy = -(weights * np.log(np.maximum(weights, 1e-300))).sum(axis=1)
        wide = entropy > wanted
        low, high = np.where(wide, beta, low), np.where(wide, high, beta)
        beta = np.where(np.isinf(high), beta * 2, (low + np.where(np.isinf(high), 0, high)) / 2)
        if np.abs(entropy - wanted).max() < _CLOSE:
            break
    return weights, np.asarray(near, dtype=np.intp)


def _effective(groups: NDArray[np.str_], weights: NDArray[np.float64], near: NDArray[np.intp]) -> tuple[int, float]:
    """Return the number of groups, and how many there are in effect around a cell, in the mean."""
    names, codes = np.unique(groups, return_inverse=True)
    around = codes[near]
    shares = np.stack([(weights * (around == code)).sum(axis=1) for code in range(len(names))], axis=1)
    return len(names), float((1 / (shares**2).sum(axis=1)).mean())
