"""Clusters of cells that lie near one another."""

from __future__ import annotations

import random
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill.errors import MissingDependencyError
from cellfill.text.installed import pip_install

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MOST_CELLS = 200_000  # of which clusters are found (Li 2020's program)


def louvain(places: NDArray[np.float32], *, neighbours: int, resolution: float, seed: int) -> NDArray[np.float64]:
    """Return the middles of clusters, clusters x dimensions, the largest cluster first.

    Louvain's method (Blondel 2008) on the graph of nearest neighbours, an edge weighing the share of neighbours
    that two cells have in common (Jaccard).

    Parameters
    ----------
    places
        Cells x dimensions; of more than 200,000 so many are drawn.
    neighbours
        Of a cell, beside itself.
    resolution
        The higher, the more clusters.
    seed
        Of the order in which cells are looked at.

    Raises
    ------
    MissingDependencyError
        When scikit-learn or igraph is not installed.
    """
    search, igraph = _need("sklearn.neighbors"), _need("igraph")
    if len(places) > _MOST_CELLS:
        places = places[np.random.default_rng([seed, 23]).permutation(len(places))[:_MOST_CELLS]]
    number = min(neighbours, len(places) - 1)
    near = search.NearestNeighbors(n_neighbors=number).fit(places).kneighbors_graph(mode="connectivity").tocsr()
    near.setdiag(1)
    common = (near @ near.T).multiply(near + near.T > 0).tocoo()
    upper = common.row < common.col
    both = common.data[upper]
    graph = igraph.Graph(n=len(places), edges=np.stack([common.row[upper], common.col[upper]], axis=1))
    igraph.set_random_number_generator(random.Random(seed))
    found = np.array(
        graph.community_multilevel(weights=both / (2 * (number + 1) - both), resolution=resolution).membership
    )
    sizes = np.bincount(found)
    order = np.argsort(-sizes, kind="stable")
    return np.array([places[found == cluster].mean(axis=0, dtype=np.float64) for cluster in order])


def _need(module: str) -> Any:
    try:
        return import_module(module)
    except ImportError as error:
        raise MissingDependencyError(
            f"Finding clusters needs {module}: {pip_install('cellfill-training', 'evaluate')}."
        ) from error
