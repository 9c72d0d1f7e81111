"""Inverse dispersion of each gene around the model's mean, for the Gamma-Poisson posterior."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from cellfill_training.architectures.subnetworks.network import SubNetworks
from cellfill_training.fitting.levels import Levels
from cellfill_training.studies.cohort import Cohort

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BLOCK = 64
# Moments of few counts run off to both sides; at these the prior weighs a twentieth of a count, or a hundred.
_LEAST, _MOST = 0.05, 100.0


def inverse_dispersion(networks: SubNetworks, cohort: Cohort, levels: Levels) -> NDArray[np.float64]:
    """Estimate phi of each target gene by moments, E[(x - mu)^2] = mu + mu^2 / phi.

    A gene's two sums are drawn towards the ratio of all genes with the weight of the median gene, since the
    moments of a rarely detected gene are mostly noise.

    Returns
    -------
    phi of each target, between 0.05 and 100.
    """
    targets = networks.shape.targets
    excess, square = np.zeros(targets), np.zeros(targets)
    for rows, mean in model_means(networks, cohort, levels):
        counts = cohort.counts[rows][:, :targets].toarray()
        known = cohort.measured[cohort.study[rows]][:, :targets]
        excess += (((counts - mean) ** 2 - mean) * known).sum(axis=0, dtype=np.float64)
        square += (mean**2 * known).sum(axis=0, dtype=np.float64)
    weight = np.median(square)
    overall = max(excess.sum() / square.sum(), 1 / _MOST)
    inverse = (excess + weight * overall) / (square + weight)
    result: NDArray[np.float64] = np.clip(1 / np.maximum(inverse, 1 / _MOST), _LEAST, _MOST)
    return result


def model_means(
    networks: SubNetworks, cohort: Cohort, levels: Levels
) -> Iterator[tuple[slice, NDArray[np.float32]]]:
    """Yield the model's means of a cohort's cells, each at its own study's level, block by block.

    Returns
    -------
    The cells of a block, and the means, cells x targets.
    """
    targets = networks.shape.targets
    for start in range(0, cohort.counts.shape[0], _BLOCK):
        rows = slice(start, start + _BLOCK)
        study, factors = cohort.study[rows], levels.size_factors[rows][:, None]
        counts = cohort.counts[rows].toarray()
        unknown = ~cohort.measured[study]
        neutral = (np.expm1(levels.centres) * factors).astype(np.float32)
        mean = networks.counts(np.where(unknown, neutral, counts), factors).numpy()
        yield rows, mean * levels.study_levels[study][:, :targets].astype(np.float32)
