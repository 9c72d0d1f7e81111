"""How well types are told by where cells lie: by an embedding, and by principal components of the same cells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from cellfill_training.judging.annotation.named import OURS
from cellfill_training.judging.annotation.neighbours import knn_accuracy, told_by
from cellfill_training.judging.annotation.principal import principal_components
from cellfill_training.judging.annotation.rivals import MAJORITY
from cellfill_training.judging.annotation.seen import by_network

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from cellfill_training.architectures.classifier.cells import Cells
    from cellfill_training.architectures.classifier.network import Network
    from cellfill_training.studies.gene_table import GeneName

COMPONENTS = "PCA of the same cells"


def told_by_themselves(
    places: NDArray[np.floating], counts: csr_matrix, truth: NDArray[np.intp], *, seed: int
) -> list[dict[str, float]]:
    """Return how often a cell's type is that of most of its 15 nearest others of the study, whole and thinned.

    Parameters
    ----------
    places, counts, truth
        Of the cells, whole and then thinned: the embedding, counts of all genes, types.
    seed
        Of the principal components.
    """
    found = []
    for rows in _halves(len(truth)):
        components = principal_components(counts[rows], seed=seed)
        found.append(
            {
                OURS: knn_accuracy(places[rows], truth[rows]),
                COMPONENTS: knn_accuracy(components, truth[rows]),
                MAJORITY: float(np.bincount(truth[rows]).max() / len(truth[rows])),
            }
        )
    return found


def told_by_others(
    network: Network,
    genes: Sequence[GeneName],
    cells: Cells,
    place: int,
    learnt: Sequence[int],
    truth: NDArray[np.intp],
    *,
    seed: int,
) -> list[dict[str, float]]:
    """Return how often a cell's type is that of most of its 15 nearest of the other parts' cells.

    A part has too few cells to be told by one another.

    Parameters
    ----------
    network, genes
        That was trained without the part, and its genes.
    cells
        All, the part's whole and thinned among them.
    place, learnt
        Number of the part's cells there, and of those that the network learnt from.
    truth
        Types of the part's cells, whole and then thinned.
    seed
        Of the principal components.
    """
    theirs, seen = [], []
    for study in learnt:
        rows = np.flatnonzero(cells.study == study)
        known = cells.leaf[rows] >= 0
        theirs.append(cells.leaf[rows][known])
        seen.append(by_network(network, genes, cells, study).embedding[known])
    rows = np.flatnonzero(np.isin(cells.study, learnt) & (cells.leaf >= 0))
    ours, types = np.concatenate(seen), np.concatenate(theirs)
    places, counts = by_network(network, genes, cells, place).embedding, cells.counts[cells.study == place]
    found = []
    for half in _halves(len(truth)):
        both = principal_components(sparse.vstack([cells.counts[rows], counts[half]]).tocsr(), seed=seed)
        found.append(
            {
                OURS: told_by(places[half], truth[half], among=ours, theirs=types),
                COMPONENTS: told_by(both[len(rows) :], truth[half], among=both[: len(rows)], theirs=types),
                MAJORITY: float((truth[half] == np.bincount(types).argmax()).mean()),
            }
        )
    return found


def _halves(cells: int) -> tuple[slice, slice]:
    return slice(0, cells // 2), slice(cells // 2, cells)
