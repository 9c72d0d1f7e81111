"""Cut cells into dense batches, and draw what augments them; the next batch is made while one is trained on."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill_training.fitting.levels import Levels, cell_factors
from cellfill_training.fitting.options import Balance
from cellfill_training.studies.blocks import cell_totals
from cellfill_training.studies.cohort import Cohort

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

_THINNEST = 0.3
# How a study's share of an epoch goes with its number of cells.
_POWERS: dict[Balance, float] = {"cells": 1.0, "sqrt": 0.5, "studies": 0.0}


@dataclass(frozen=True, slots=True)
class Batch:
    """Cells as the networks see them (perhaps thinned), and what they are to predict."""

    seen: NDArray[np.float32]
    seen_factors: NDArray[np.float32]
    targets: NDArray[np.float32]
    factors: NDArray[np.float32]
    study: NDArray[np.int32]

    def __iter__(self) -> Iterator[NDArray[Any]]:
        return iter((self.seen, self.seen_factors, self.targets, self.factors, self.study))


class Batches:
    """Batches of a cohort's cells; counts are held once, sparse, and a batch is dense only while it is used.

    Parameters
    ----------
    cohort, levels
        The cells, in the model's genes, targets first.
    targets
        Number of target genes.
    thinning
        Share of the cells that are thinned in training.
    """

    def __init__(self, cohort: Cohort, levels: Levels, *, targets: int, thinning: float) -> None:
        self.cohort, self.levels, self.targets, self.thinning = cohort, levels, targets, thinning

    def of(self, cells: NDArray[np.intp], size: int, rng: np.random.Generator | None = None) -> Iterator[Batch]:
        """Yield the cells in batches of a size; with a generator, thin some of them.

        One batch is made ahead, in a thread of its own; they are drawn in their order all the same.
        """
        starts = iter(range(0, len(cells), size))
        with ThreadPoolExecutor(1) as pool:
            waiting: Future[Batch] | None = None
            for start in starts:
                coming = pool.submit(self._make, cells[start : start + size], rng)
                if waiting is not None:
                    yield waiting.result()
                waiting = coming
            if waiting is not None:
                yield waiting.result()

    def _make(self, rows: NDArray[np.intp], rng: np.random.Generator | None) -> Batch:
        sparse, factors = self.cohort.counts[rows], self.levels.size_factors[rows]
        study = self.cohort.study[rows]
        whole = sparse.toarray()
        seen, seen_factors = whole, factors
        if rng is not None and self.thinning:
            sparse = _thin(sparse, self.thinning, rng)
            depth = cell_factors(cell_totals(sparse), study, self.cohort.measured, self.levels.means)
            seen_factors = depth.astype(np.float32)
            seen = sparse.toarray()
        return Batch(seen, seen_factors, whole[:, : self.targets], factors, study.astype(np.int32))


def draw_epoch(
    cells: NDArray[np.intp], study: NDArray[np.intp], balance: Balance, rng: np.random.Generator
) -> NDArray[np.intp]:
    """Draw the cells of an epoch, as many as there are, in random order.

    Parameters
    ----------
    cells
        The training cells.
    study
        The study of each of them.
    balance
        ``cells``: each once. ``sqrt``: a study's share goes with the root of its number of cells. ``studies``:
        all have the same share. A study's cells come again only when all of it have been drawn.
    rng
        Draws.
    """
    if balance == "cells":
        return rng.permutation(cells)
    groups = [np.flatnonzero(study == number) for number in np.unique(study)]
    weights = np.array([len(group) ** _POWERS[balance] for group in groups])
    ends = np.rint(np.cumsum(weights) / weights.sum() * len(cells)).astype(int)
    drawn = []
    for group, number in zip(groups, np.diff(ends, prepend=0).tolist(), strict=True):
        rounds = -(-number // len(group))
        orders = [rng.permutation(group) for _ in range(rounds)]
        drawn.append(np.concatenate([group[:0], *orders])[:number])
    order: NDArray[np.intp] = rng.permutation(np.concatenate(drawn))
    return cells[order]


def _thin(counts: csr_matrix, share: float, rng: np.random.Generator) -> csr_matrix:
    """Sequence a share of the cells again at a lower depth, binomially."""
    cells = counts.shape[0]
    depth = np.where(rng.random(cells) < share, rng.uniform(_THINNEST, 1, cells), 1.0)
    thinned = counts.copy()
    kept = rng.binomial(thinned.data.astype(np.int64), np.repeat(depth, np.diff(counts.indptr)))
    thinned.data = kept.astype(np.float32)
    return thinned
