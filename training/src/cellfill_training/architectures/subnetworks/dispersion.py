"""Inverse dispersion of each gene around the model's mean, for the Gamma-Poisson posterior."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from cellfill_training.architectures.subnetworks.network import SubNetworks
from cellfill_training.fitting.dispersion import inverse_dispersion_of
from cellfill_training.fitting.levels import Levels
from cellfill_training.studies.cohort import Cohort

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BLOCK = 64


def inverse_dispersion(
    networks: SubNetworks, cohort: Cohort, levels: Levels, *, rare: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Estimate phi of each target gene, see `inverse_dispersion_of`."""
    return inverse_dispersion_of(model_means(networks, cohort, levels), cohort, networks.shape.targets, rare=rare)


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
