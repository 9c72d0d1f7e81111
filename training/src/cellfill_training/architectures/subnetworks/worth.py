"""What each input gene is worth to a model: how far its counts move when the gene is unknown."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from cellfill.network.threads import one_blas_thread, usual_workers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellfill_training.architectures.subnetworks.network import SubNetworks
    from cellfill_training.fitting.levels import Levels
    from cellfill_training.studies.cohort import Cohort

    Float32 = NDArray[np.float32]

# A hundred cells of one study or of another rank the genes alike (Spearman 0.95 to 0.99), in seconds.
MOST_CELLS = 100


def gene_worth(
    networks: SubNetworks, cohort: Cohort, levels: Levels, held: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Measure what each gene is worth.

    The Kullback-Leibler divergence of Poisson counts, m log(m / m') - m + m', from the model's means m to those
    with the gene at its neutral value, m': summed over all targets and the cells given. Only the sub-networks that
    read the gene are run again, and of their first layer only the gene's part is taken away.

    Parameters
    ----------
    networks
        The trained sub-networks.
    cohort, levels
        The cells, in the model's genes.
    held
        Cells that did not train; a hundred of them are used, spread over the studies as they come.

    Returns
    -------
    One a model gene, summing to 1; 0 for genes that no sub-network reads.
    """
    rows = held[np.linspace(0, len(held) - 1, min(MOST_CELLS, len(held))).astype(int)]
    factors = levels.size_factors[rows][:, None]
    neutral = (np.expm1(levels.centres) * factors).astype(np.float32)
    counts = np.where(cohort.measured[cohort.study[rows]], cohort.counts[rows].toarray(), neutral)
    whole = networks.read(counts, factors).numpy()
    told = whole - networks.neutral(factors).numpy()  # what goes when a gene is unknown
    scale = np.exp(networks.log_means.numpy()) if networks.poisson else np.ones(networks.shape.targets)
    group = networks.shape.group

    def moved(number: int) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Return the genes that a sub-network reads, and how far its means move without each."""
        w1, b1, w2, b2 = (variable[number].numpy() for variable in networks.weights)
        known = np.flatnonzero(networks.padding[number, :, 0].numpy() > 0)
        genes, first = networks.gather[number][known], w1[known]
        targets = min(group, networks.shape.targets - number * group)
        level = scale[number * group : number * group + targets]
        if networks.poisson:
            level = (level * factors).astype(np.float32)
        before, last = whole[:, genes] @ first + b1, w2[:, :targets]
        mean = np.exp(np.maximum(before, 0) @ last + b2[0, :targets]) * level
        found = np.zeros(len(genes))
        for cell in zip(before, told[:, genes], mean, strict=True):
            found += _divergences(*cell, first, last)
        return genes, found

    worth = np.zeros(counts.shape[1])
    with one_blas_thread(), ThreadPoolExecutor(usual_workers()) as pool:  # a product a cell: small ones
        for genes, divergences in pool.map(moved, range(networks.shape.networks)):
            worth[genes] += divergences
    shares: NDArray[np.float64] = worth / max(worth.sum(), 1e-300)
    return shares


def _divergences(
    before: Float32, told: Float32, mean: Float32, first: Float32, last: Float32
) -> NDArray[np.float64]:
    """Return the Poisson divergence of a cell's means, summed, without each gene that tells something.

    Nearly half of the neurons are silent in a cell whichever gene is lost: the last layer takes the others alone.
    """
    moves = np.maximum(before - told[:, None] * first, 0) - np.maximum(before, 0)
    heard = np.flatnonzero(moves.any(axis=0))
    change = moves[:, heard] @ last[heard]
    return ((np.expm1(change) - change) @ mean).astype(np.float64)
