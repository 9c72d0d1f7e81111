"""Which share of a cell's molecules is of which gene, type by type: what unknown cells are told by."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cellfill_training.architectures.classifier.cells import Cells

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

# Molecules that a type is given of the average cell's: no share is 0, and a type of few cells is near the average.
_PRIOR = 2000.0
_LEAST = 1e-7  # share of a gene


def type_profiles(cells: Cells) -> NDArray[np.float64]:
    """Return each type's share of molecules, input genes x types; positive, columns sum to 1.

    A study's molecules of a type count by the square root of their number, so that no large study decides alone.
    What a study did not measure it says nothing of.
    """
    genes = len(cells.genes)
    base, _ = _mean_shares(cells, np.arange(len(cells.leaf)))
    base = np.maximum(base, _LEAST)
    profiles = np.empty((genes, cells.types))
    for leaf in range(cells.types):
        share, molecules = _mean_shares(cells, np.flatnonzero(cells.leaf == leaf))
        mixed = np.maximum((molecules * share + _PRIOR * base) / (molecules + _PRIOR), _LEAST)
        profiles[:, leaf] = mixed / mixed.sum()
    return profiles


def profile_scores(
    counts: csr_matrix, measured: NDArray[np.bool_], profiles: NDArray[np.float64], leaf: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Return how well each cell's molecules suit the profile of a type: near 0 where they do, below where not.

    The mean log probability of its molecules under the profile, over the genes that were measured, plus
    the profile's entropy: its expectation is 0 for the type's own cells at any depth. A cell without molecules
    has the score of a cell that suits, 0: nothing speaks against it.

    Parameters
    ----------
    counts
        Cells x input genes.
    measured
        (genes,).
    profiles
        Of `type_profiles`.
    leaf
        (cells,) predicted type.
    """
    known = profiles[measured]
    known = known / known.sum(axis=0)
    logs = np.log(known)
    entropies = -(known * logs).sum(axis=0)
    own = counts[:, measured]
    totals = own.sum(axis=1).A1
    sums = np.asarray(own @ logs)[np.arange(len(leaf)), leaf]
    return np.where(totals > 0, sums / np.maximum(totals, 1) + entropies[leaf], 0.0)


def _mean_shares(cells: Cells, rows: NDArray[np.intp]) -> tuple[NDArray[np.float64], float]:
    """Return the mean over studies of each gene's share of molecules, and how many molecules there are."""
    shares, weights = np.zeros(cells.measured.shape), np.zeros(cells.measured.shape)
    molecules = 0.0
    shared = cells.measured.all(axis=0)
    for study in range(len(cells.names)):
        totals = cells.counts[rows[cells.study[rows] == study]].sum(axis=0).A1.astype(np.float64)
        among = totals[shared].sum()
        if among:
            shares[study] = totals / among
            weights[study] = np.sqrt(totals.sum()) * cells.measured[study]
            molecules += totals.sum()
    mean = (shares * weights).sum(axis=0) / np.maximum(weights.sum(axis=0), 1e-12)
    return mean / max(mean.sum(), 1e-12), molecules
