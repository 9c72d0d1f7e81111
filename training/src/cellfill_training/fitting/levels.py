"""Size factors and gene means of the training cells, when studies measured different genes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cellfill_training.studies.blocks import cell_totals, gene_sums
from cellfill_training.studies.cohort import Cohort

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

_ROUNDS = 5

# Weight of the common level in a study's own level of a gene, in counts: as in the runtime's calibration.
LEVEL_PRIOR = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """Depth of the cells and level of the genes.

    Attributes
    ----------
    size_factors
        One a cell, float32, positive; the median training cell has 1.
    means
        Mean count of each gene in a cell of size factor 1, over the studies that measured it.
    study_levels
        Studies x genes: the study's level of the gene divided by the mean; 1 where it did not measure it.
    centres
        Mean of each gene over the studies that measured it, on the scale that the networks read:
        log1p(count / size factor), or log1p(count) where they read no size factor.
    """

    size_factors: NDArray[np.float32]
    means: NDArray[np.float64]
    study_levels: NDArray[np.float64]
    centres: NDArray[np.float64]


def measure_levels(cohort: Cohort, *, by_size_factor: bool = True) -> Levels:
    """Find size factors and gene means that agree with each other.

    A gene's mean is its counts over the size factors of the cells whose study measured it; a cell's size
    factor is its counts over the means of the genes that its study measured (the maximum-likelihood solution
    of counts ~ Poisson(size factor x mean)). The two are iterated.

    Parameters
    ----------
    cohort
        The training cells.
    by_size_factor
        Whether the networks read counts by size factor; decides the scale of the centres.
    """
    totals = gene_sums(cohort.counts, cohort.study, len(cohort.names))
    cells = cohort.measured.T @ cohort.study_sizes()  # of each gene: cells whose study measured it
    means = totals.sum(axis=0) / np.maximum(cells, 1)
    of_cells = cell_totals(cohort.counts)
    for _ in range(_ROUNDS):
        factors = cell_factors(of_cells, cohort.study, cohort.measured, means)
        depth = cohort.study_sizes(factors)
        means = totals.sum(axis=0) / np.maximum(cohort.measured.T @ depth, 1e-12)
        means *= np.median(factors)
    factors = cell_factors(of_cells, cohort.study, cohort.measured, means)
    depth = cohort.study_sizes(factors)
    levels = (LEVEL_PRIOR + totals) / (LEVEL_PRIOR + depth[:, None] * means)
    scale = factors if by_size_factor else np.ones_like(factors)
    sums = gene_sums(
        cohort.counts,
        cohort.study,
        len(cohort.names),
        values=lambda rows, block: log_normalise(block, scale[rows]).data,
    )
    return Levels(
        size_factors=factors.astype(np.float32),
        means=means,
        study_levels=np.where(cohort.measured, levels, 1.0),
        centres=sums.sum(axis=0) / np.maximum(cells, 1),
    )


def cohort_factors(cohort: Cohort, means: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the size factor of each cell of a cohort, see `cell_factors`."""
    return cell_factors(cell_totals(cohort.counts), cohort.study, cohort.measured, means)


def cell_factors(
    totals: NDArray[np.float64],
    study: NDArray[np.intp],
    measured: NDArray[np.bool_],
    means: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return each cell's size factor over the genes that its study measured; at least that of one count.

    As `cellfill.counts.size_factors` has it, float32: a cell has no counts of genes that its study did not measure.

    Parameters
    ----------
    totals, study
        Counts of each cell, and the study that it is of.
    measured
        Studies x genes.
    means
        Of each gene, in a cell of size factor 1.
    """
    whole = np.maximum(measured @ means, 1e-12)[study]  # counts of a cell of size factor 1
    return np.maximum((totals / whole).astype(np.float32), 1.0 / whole)


def log_normalise(counts: csr_matrix, factors: NDArray[np.float64] | NDArray[np.float32]) -> csr_matrix:
    """Return log1p(count / size factor), cells x genes, CSR."""
    result = counts.copy()
    result.data = np.log1p(result.data / np.repeat(factors, np.diff(counts.indptr))).astype(np.float32)
    return result


def gene_totals(counts: csr_matrix) -> NDArray[np.float64]:
    """Return the sum of each column, float64."""
    return np.asarray(counts.sum(axis=0, dtype=np.float64)).ravel()
