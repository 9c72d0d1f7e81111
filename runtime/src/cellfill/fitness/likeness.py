"""How like a model's training cells a dataset's cells are on average: gene levels, and no network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from cellfill.fitness.space import Space
    from cellfill.network.cells import GeneMap

    Levels = NDArray[Any]

_PER_CELL = 1e4
_LEAST_GENES = 3


def likeness(level: Levels, reference: Levels) -> float:
    """Return Pearson's correlation of the levels of some genes, as log1p of counts per 10,000; 0 of too few genes.

    Parameters
    ----------
    level, reference
        Of each gene its level in the dataset and in the training cells, in any unit.
    """
    if len(level) < _LEAST_GENES:
        return 0.0
    logs = [np.log1p(part / max(part.sum(), 1e-300) * _PER_CELL) for part in (level, reference)]
    if min(log.std() for log in logs) == 0:
        return 0.0
    return float(np.corrcoef(*logs)[0, 1])


def likeness_of(space: Space) -> float:
    """Return the likeness of a sample of cells to the training cells, over the model's genes that they have."""
    return likeness_to_training(space.counts, space.gene_map)


def likeness_to_training(counts: csr_matrix, gene_map: GeneMap) -> float:
    """Return the likeness of cells x model genes to the training cells, over the genes that the dataset has."""
    totals = np.asarray(counts.sum(axis=1, dtype=np.float64)).ravel()
    level = np.asarray(counts.T @ (1 / np.maximum(totals, 1.0))).ravel()
    both = gene_map.measured
    return likeness(level[both], gene_map.means[both])
