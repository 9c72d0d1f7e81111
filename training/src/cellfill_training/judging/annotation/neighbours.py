"""How well cells of a type lie together: the share of cells that most of their neighbours are of a type with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cellfill_training.architectures.classifier.genes import log_levels

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

_NEIGHBOURS, _COMPONENTS, _VARIABLE, _LIBRARY = 15, 30, 2000, 1e4


def knn_accuracy(points: NDArray[np.floating], leaf: NDArray[np.intp]) -> float:
    """Return the share of cells that have the commonest type of their 15 nearest others; ties go to the first.

    Parameters
    ----------
    points
        Cells x dimensions, Euclidean.
    leaf
        (cells,) number of the type of each.
    """
    number = min(_NEIGHBOURS, len(points) - 1)
    if number < 1:
        return float("nan")
    places = np.asarray(points, dtype=np.float64)
    squares = (places**2).sum(axis=1)
    right = 0
    for start in range(0, len(places), 512):
        rows = slice(start, start + 512)
        distances = squares[rows, None] + squares - 2 * places[rows] @ places.T
        own = np.arange(len(distances))
        distances[own, start + own] = np.inf
        near = leaf[np.argpartition(distances, number - 1, axis=1)[:, :number]]
        votes = np.stack([np.bincount(row, minlength=int(leaf.max()) + 1) for row in near])
        right += int((votes.argmax(axis=1) == leaf[rows]).sum())
    return right / len(places)


def principal_components(counts: csr_matrix, *, seed: int) -> NDArray[np.float64]:
    """Return what a person would do without a model: 30 components of log counts of the 2,000 most variable genes.

    Parameters
    ----------
    counts
        Cells x genes.
    seed
        Of the vector that the decomposition begins with.
    """
    from scipy.sparse.linalg import LinearOperator, svds

    levels = log_levels(counts, np.maximum(counts.sum(axis=1).A1, 1) / _LIBRARY)
    mean = levels.mean(axis=0).A1
    variance = levels.multiply(levels).mean(axis=0).A1 - mean**2
    chosen = np.sort(np.argsort(-variance, kind="stable")[:_VARIABLE])
    levels, mean = levels[:, chosen].tocsr(), mean[chosen]
    centred = LinearOperator(
        levels.shape,
        matvec=lambda x: levels @ x.ravel() - mean @ x.ravel(),
        rmatvec=lambda y: levels.T @ y.ravel() - mean * y.sum(),
        dtype=np.float64,
    )
    number = min(_COMPONENTS, min(levels.shape) - 1)
    begin = np.random.default_rng([seed, 9]).normal(size=min(levels.shape))
    u, s, _ = svds(centred, k=number, v0=begin)
    return np.asarray(u * s)
