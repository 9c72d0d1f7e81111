"""Choose target genes, split them into groups, and find each group's predictor genes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cellfill.errors import DataError, UsageError
from cellfill.genes.names import strip_version
from cellfill_training.architectures.subnetworks.correlation import best_correlated
from cellfill_training.fitting.levels import Levels, log_normalise
from cellfill_training.fitting.options import FitOptions
from cellfill_training.studies.blocks import cells_with_gene, gene_sums, squared, stored_values
from cellfill_training.studies.cohort import Cohort

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from cellfill_training.studies.blocks import Values


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
    rare
        (targets,) whether each is too rare to train a sub-network, see `readout`.
    """

    targets: int
    group_size: int
    predictors: tuple[NDArray[np.intp], ...]
    rare: NDArray[np.bool_]

    def group(self, number: int) -> range:
        """Return the targets of one group."""
        start = number * self.group_size
        return range(start, min(start + self.group_size, self.targets))


def candidate_genes(cohort: Cohort, options: FitOptions) -> NDArray[np.intp]:
    """Return the genes that may be targets or predictors: in enough of all training cells, or rare ones.

    Raises
    ------
    DataError
        When fewer than two genes are.
    """
    cells, least = cells_with_gene(cohort.counts), _least_cells(cohort, options)
    rare = least if options.rare_cells is None else min(options.rare_cells, least)
    found = np.flatnonzero(cells >= rare)
    if (cells >= least).sum() < 2:
        raise DataError(
            f"{(cells >= least).sum()} genes are detected in {options.min_detection:.1%} of the cells: "
            "lower --min-detection or train on more cells."
        )
    return found


def common_genes(cohort: Cohort, options: FitOptions) -> NDArray[np.bool_]:
    """Return which genes are in enough cells to train sub-networks."""
    return cells_with_gene(cohort.counts) >= _least_cells(cohort, options)


def _least_cells(cohort: Cohort, options: FitOptions) -> float:
    return max(options.min_detection * cohort.counts.shape[0], 1)


def spread(targets: NDArray[np.intp], common: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return targets in an order in which common and rare ones are spread evenly, each in the order they had."""
    kinds = [targets[common], targets[~common]]
    places = np.concatenate([(np.arange(len(kind)) + 0.5) / max(len(kind), 1) for kind in kinds])
    ordered: NDArray[np.intp] = np.concatenate(kinds)[np.argsort(places, kind="stable")]
    return ordered


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


def plan_groups(common: NDArray[np.bool_], *, genes: int, options: FitOptions) -> tuple[int, list[range]]:
    """Divide targets into groups.

    Parameters
    ----------
    common
        (targets,) whether each is common, as `spread` has them.
    genes
        Number of common genes, targets or not.
    options
        How many a group.

    Returns
    -------
    The targets a group, and the common targets of each, numbered among the common ones.
    """
    targets, many = len(common), int(common.sum())
    size = group_size(many, options)
    if genes <= size:
        size = -(-genes // 2)  # small panels: no gene may predict itself, so make two groups
    if many < targets:
        size = -(-targets // -(-many // size))  # as many groups as the common ones make
    before = np.concatenate([[0], np.cumsum(common)])
    starts = range(0, targets, size)
    return size, [range(int(before[i]), int(before[min(i + size, targets)])) for i in starts]


def choose_predictors(
    cohort: Cohort, levels: Levels, groups: Sequence[range], options: FitOptions
) -> list[NDArray[np.intp]]:
    """Find the predictors of each group: each target's best |Pearson| genes outside the group.

    Parameters
    ----------
    cohort
        The common genes, targets first, group after group.
    levels
        Of those genes.
    groups
        The targets of each.
    options
        How many predictors, and on which scale.

    Raises
    ------
    DataError
        When a group has no gene outside it.
    """
    genes = len(cohort.genes)
    count = min(options.predictors_per_target, genes - max(map(len, groups)))
    if count == 0:
        raise DataError("Every gene is a target of one group: there is nothing to predict it from.")
    best, strength = best_correlated(cohort, _scaled(levels, options), groups=groups, count=count)
    rows = [slice(group.start, group.stop) for group in groups]
    return [_most_wanted(best[some], strength[some], genes, options) for some in rows]


def _scaled(levels: Levels, options: FitOptions) -> Values:
    if options.predictor_scale == "counts":
        return stored_values

    def values(rows: slice, block: csr_matrix) -> NDArray[np.float32]:
        found: NDArray[np.float32] = log_normalise(block, levels.size_factors[rows]).data
        return found

    return values


def _most_wanted(
    best: NDArray[np.intp], strength: NDArray[np.float32], genes: int, options: FitOptions
) -> NDArray[np.intp]:
    """Return the predictors of a group, ascending: the genes that its targets chose, or those most chosen."""
    chosen = np.unique(best)
    if options.max_predictors is not None and len(chosen) > options.max_predictors:
        score = np.zeros(genes)
        np.add.at(score, best, strength)
        chosen = np.sort(chosen[np.argsort(-score[chosen], kind="stable")[: options.max_predictors]])
    return chosen


def _dispersion(cohort: Cohort) -> NDArray[np.float64]:
    """Return variance/mean of each gene's counts, over the cells whose study measured it."""
    cells = np.maximum(cohort.measured.T @ cohort.study_sizes(), 1)
    where = cohort.counts, cohort.study, len(cohort.names)
    mean = gene_sums(*where).sum(axis=0) / cells
    square = gene_sums(*where, values=squared(stored_values)).sum(axis=0) / cells
    dispersion: NDArray[np.float64] = (square - mean**2) / np.maximum(mean, 1e-12)
    return dispersion
