"""Choose target genes, split them into groups, and find each group's predictor genes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cellfill.errors import DataError, UsageError
from cellfill.gene_names import strip_version
from cellfill_training.blocks import cells_with_gene, gene_sums, row_blocks, stored_values
from cellfill_training.levels import Levels, log_normalise
from cellfill_training.options import FitOptions
from cellfill_training.studies import Cohort

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from cellfill_training.blocks import Counts, Values

# The correlation matrix is never held whole: some groups' rows of it are summed over blocks of cells.
_CORRELATIONS = 64 << 20  # bytes of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Which sub-network reads and fills which genes.

    Attributes
    ----------
    targets
        Number of target genes; they are the first genes of the cohort, group after group.
    group_size
        Targets a group; the last group may have fewer.
    predictors
        For every group the cohort's genes that it reads, ascending.
    """

    targets: int
    group_size: int
    predictors: tuple[NDArray[np.intp], ...]

    def group(self, number: int) -> range:
        """Return the targets of one group."""
        start = number * self.group_size
        return range(start, min(start + self.group_size, self.targets))


def candidate_genes(cohort: Cohort, options: FitOptions) -> NDArray[np.intp]:
    """Return the genes that may be targets or predictors: detected in enough of all training cells.

    Raises
    ------
    DataError
        When fewer than two genes are.
    """
    cells = cells_with_gene(cohort.counts)
    found = np.flatnonzero(cells >= max(options.min_detection * cohort.counts.shape[0], 1))
    if len(found) < 2:
        raise DataError(
            f"{len(found)} genes are detected in {options.min_detection:.1%} of the cells: "
            "lower --min-detection or train on more cells."
        )
    return found


def choose_targets(cohort: Cohort, options: FitOptions, wanted: Sequence[str] | None = None) -> NDArray[np.intp]:
    """Return the target genes, in random order.

    Parameters
    ----------
    cohort
        The candidate genes.
    options
        ``min_dispersion``, ``max_targets`` and the seed are read.
    wanted
        Ids or symbols of the genes to impute; then nothing else decides.

    Raises
    ------
    UsageError
        When none of the wanted genes is a candidate.
    DataError
        When no gene is dispersed enough.
    """
    if wanted is not None:
        names = {strip_version(name) for name in wanted}
        found = np.array([g.ensembl_id in names or g.symbol in names for g in cohort.genes])
        if not found.any():
            raise UsageError(f"None of the {len(wanted)} target genes is detected in enough cells.")
    else:
        found = _dispersion(cohort) > options.min_dispersion
        if not found.any():
            raise DataError(f"No gene has variance/mean over {options.min_dispersion}.")
    chosen = np.flatnonzero(found)
    if options.max_targets is not None and len(chosen) > options.max_targets:
        cells = cells_with_gene(cohort.counts)[chosen]
        chosen = np.sort(chosen[np.argsort(-cells, kind="stable")[: options.max_targets]])
    return np.random.default_rng([options.seed, 1]).permutation(chosen)


# A group's genes are no predictors of one another: two groups of a small panel would hide half of what is known
# (docs/method.md, What was tried).
LEAST_GROUPS = 4


def group_size(targets: int, options: FitOptions) -> int:
    """Return the number of targets a sub-network."""
    if not options.even_groups:
        return options.group_size
    groups = max(-(-targets // options.group_size), LEAST_GROUPS)
    return -(-targets // groups)


def choose_predictors(cohort: Cohort, levels: Levels, targets: int, options: FitOptions) -> Plan:
    """Find the predictors of each group: each target's best |Pearson| genes outside the group.

    Parameters
    ----------
    cohort
        The candidate genes, targets first.
    levels
        Of those genes.
    targets
        Number of targets.
    options
        How many predictors, and on which scale.

    Raises
    ------
    DataError
        When a group has no gene outside it.
    """
    size = group_size(targets, options)
    if len(cohort.genes) <= size:
        size = -(-len(cohort.genes) // 2)  # small panels: no gene may predict itself, so make two groups
    standard = _standardise(cohort, levels, options)
    groups = [np.arange(start, min(start + size, targets)) for start in range(0, targets, size)]
    at_once = max(_CORRELATIONS // (4 * size * len(cohort.genes)), 1)
    plan = []
    for first in range(0, len(groups), at_once):
        some = groups[first : first + at_once]
        for group, correlation in zip(some, _correlate(standard, some), strict=True):
            plan.append(_predictors_of(correlation, group, options))
    return Plan(targets=targets, group_size=size, predictors=tuple(plan))


def _predictors_of(
    correlation: NDArray[np.float32], group: NDArray[np.intp], options: FitOptions
) -> NDArray[np.intp]:
    """Choose a group's predictors by its correlation with all genes, group x genes, which is used up."""
    genes = correlation.shape[1]
    count = min(options.predictors_per_target, genes - len(group))
    if count == 0:
        raise DataError("Every gene is a target of one group: there is nothing to predict it from.")
    correlation = np.negative(np.abs(correlation, out=correlation), out=correlation)
    correlation[:, group] = 1
    best = np.argpartition(correlation, count - 1, axis=1)[:, :count]
    score = np.zeros(genes)
    np.add.at(score, best, -np.take_along_axis(correlation, best, axis=1))
    chosen = np.unique(best)
    if options.max_predictors is not None and len(chosen) > options.max_predictors:
        chosen = np.sort(chosen[np.argsort(-score[chosen], kind="stable")[: options.max_predictors]])
    return chosen


@dataclass(frozen=True, slots=True)
class _Standardised:
    """Cells x genes counts, what makes them values, and what brings these to their norm and centres them.

    ``values`` takes a block's rows and counts and returns one value a stored count; ``scale`` is one over a gene's
    norm; ``centres`` is studies x genes, the study's mean of the scaled values; ``sizes`` the studies' cells.
    """

    counts: Counts
    values: Values
    scale: NDArray[np.float32]
    centres: NDArray[np.float64]
    sizes: NDArray[np.float64]


def _standardise(cohort: Cohort, levels: Levels, options: FitOptions) -> _Standardised:
    counts, study, number = cohort.counts, cohort.study, len(cohort.names)

    def values(rows: slice, block: csr_matrix) -> NDArray[np.float32]:
        raw = options.predictor_scale == "counts"
        found: NDArray[np.float32] = (block if raw else log_normalise(block, levels.size_factors[rows])).data
        return found

    sizes = cohort.study_sizes()
    means = gene_sums(counts, study, number, values=values) / np.maximum(sizes, 1)[:, None]
    squares = gene_sums(counts, study, number, values=_squared(values)).sum(axis=0) - sizes @ means**2
    scale = 1 / np.sqrt(np.maximum(squares, 1e-12))
    return _Standardised(counts, values, scale.astype(np.float32), means * scale, sizes)


def _correlate(standard: _Standardised, groups: Sequence[NDArray[np.intp]]) -> list[NDArray[np.float32]]:
    """Pearson correlation of groups of genes with all genes, pooled within studies: each group x genes."""
    products = [np.zeros((len(group), standard.counts.shape[1]), dtype=np.float32) for group in groups]
    for rows, block in row_blocks(standard.counts):
        block.data = standard.values(rows, block) * standard.scale[block.indices]
        dense = block.toarray()
        for number, group in enumerate(groups):
            products[number] += dense[:, group].T @ dense
    centres = standard.centres
    for number, group in enumerate(groups):
        products[number] -= ((centres[:, group] * standard.sizes[:, None]).T @ centres).astype(np.float32)
    return products


def _dispersion(cohort: Cohort) -> NDArray[np.float64]:
    """Return variance/mean of each gene's counts, over the cells whose study measured it."""
    cells = np.maximum(cohort.measured.T @ cohort.study_sizes(), 1)
    where = cohort.counts, cohort.study, len(cohort.names)
    mean = gene_sums(*where).sum(axis=0) / cells
    square = gene_sums(*where, values=_squared(stored_values)).sum(axis=0) / cells
    dispersion: NDArray[np.float64] = (square - mean**2) / np.maximum(mean, 1e-12)
    return dispersion


def _squared(values: Values) -> Values:
    return lambda rows, block: np.square(values(rows, block))
