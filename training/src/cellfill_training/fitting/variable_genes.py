"""Which genes vary most beyond chance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cellfill_training.fitting.levels import Levels
from cellfill_training.studies.blocks import row_blocks
from cellfill_training.studies.cohort import Cohort

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Of the negative binomial that is chance (Lause, Berens & Kobak 2021).
_THETA = 100.0


def residual_variance(cohort: Cohort, levels: Levels) -> NDArray[np.float64]:
    """Return the variance of each gene's Pearson residuals, within +- the root of the number of cells, (genes,).

    (count - m) / sqrt(m + m^2 / 100), with m the gene's mean in the study x size factor (Lause, Berens & Kobak
    2021, "Analytic Pearson residuals"); over the cells whose study measured the gene.
    """
    total = np.zeros(len(cohort.genes))
    bound = np.sqrt(cohort.counts.shape[0])
    for rows, block in row_blocks(cohort.counts):
        study = cohort.study[rows]
        mean = levels.means * levels.study_levels[study] * levels.size_factors[rows][:, None].astype(np.float64)
        residual = (block.toarray() - mean) / np.sqrt(np.maximum(mean + mean**2 / _THETA, 1e-12))
        total += (np.clip(residual, -bound, bound) ** 2 * cohort.measured[study]).sum(axis=0)
    cells = cohort.measured.T @ cohort.study_sizes()
    variance: NDArray[np.float64] = total / np.maximum(cells, 1)
    return variance


def most_variable(cohort: Cohort, levels: Levels, number: int) -> NDArray[np.intp]:
    """Return the genes of the largest `residual_variance`, ascending by their place."""
    order = np.argsort(-residual_variance(cohort, levels), kind="stable")
    return np.sort(order[:number])
