"""What each gene tells a network: how far its outputs move when the gene is unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cellfill_training.fitting.levels import Levels
from cellfill_training.studies.cohort import Cohort
from cellfill_training.workflow.networks.exported import Runner, cells_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellfill_training.workflow.networks.exported import Given

_CELLS = 16  # 4,000 genes of a network of 4,000 x 64: 16 cells are 30 s, and rank genes as 64 do


def gene_worth(
    runner: Runner, cohort: Cohort, levels: Levels, held: NDArray[np.intp], *, genes: int
) -> NDArray[np.float64]:
    """Return each gene's share of what all tell, (genes,); they sum to 1.

    Summed over cells that did not train, of the first of these that the network gives: Poisson divergence of
    counts, Kullback-Leibler divergence of probabilities, squared distance of places.
    """
    rows = held[np.linspace(0, len(held) - 1, min(_CELLS, len(held))).astype(int)]
    counts, factors = cells_of(cohort, levels, rows)
    neutral = (np.expm1(levels.centres) * factors).astype(np.float32)
    whole = runner(counts, factors)
    worth = np.zeros(genes)
    for gene in range(genes):
        told = np.flatnonzero(np.abs(counts[:, gene] - neutral[:, gene]) > 1e-6)
        if not len(told):
            continue
        without = counts[told].copy()
        without[:, gene] = neutral[told, gene]
        worth[gene] = _moved({m: v[told] for m, v in whole.items()}, runner(without, factors[told]), gene)
    worth = np.maximum(worth, 0) + 1e-12
    return np.asarray(worth / worth.sum(), dtype=np.float64)


def _moved(before: Given, after: Given, gene: int) -> float:
    """Return how far outputs went; a gene's own count, which it tells best, is no matter."""
    for meaning in ("expected", "expressed"):
        if meaning in before:
            mean, other = (np.delete(np.maximum(g[meaning], 1e-6), gene, axis=1) for g in (before, after))
            return float((mean * np.log(mean / other) - mean + other).sum(dtype=np.float64))
    if "class_probabilities" in before:
        share, other = (np.maximum(g["class_probabilities"], 1e-9) for g in (before, after))
        return float((share * np.log(share / other)).sum(dtype=np.float64))
    return float(((before["embedding"] - after["embedding"]) ** 2).sum(dtype=np.float64))
