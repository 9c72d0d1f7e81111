"""The cells of a published network in its genes, and what is known of them before it is made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from cellfill.errors import DataError
from cellfill_training.fitting.levels import Levels, measure_levels
from cellfill_training.fitting.variable_genes import most_variable
from cellfill_training.parts.network import Facts
from cellfill_training.parts.options import NetworkOptions
from cellfill_training.parts.scaling import Scaling
from cellfill_training.studies.blocks import cells_with_gene, row_blocks
from cellfill_training.studies.cohort import Cohort
from cellfill_training.studies.gene_sets import wire

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellfill_training.studies.gene_sets import GeneSet, Wiring
    from cellfill_training.studies.gene_table import GeneTable

_LEAST_GENES = 3  # fewer have no principal components beside which places could be judged
# A gene that hardly varies would have inputs without bounds.
_SCALE_FLOOR = 0.02


def choose_genes(cohort: Cohort, options: NetworkOptions) -> tuple[Cohort, Levels]:
    """Return the cells in the genes that the network reads and fills, and their levels.

    Raises
    ------
    DataError
        When fewer than three genes are in enough cells.
    """
    least = max(options.min_detection * cohort.counts.shape[0], 1)
    found = np.flatnonzero(cells_with_gene(cohort.counts) >= least)
    if len(found) < _LEAST_GENES:
        raise DataError(
            f"{len(found)} gene{' is' if len(found) == 1 else 's are'} detected in {options.min_detection:.1%} of "
            f"the cells; a network reads {_LEAST_GENES} at least: lower --min-detection, or train on more cells."
        )
    cohort = cohort.take_genes(found)
    levels = measure_levels(cohort)
    if options.most_genes is not None and len(found) > options.most_genes:
        cohort = cohort.take_genes(most_variable(cohort, levels, options.most_genes))
        levels = measure_levels(cohort)
    return cohort, levels


def wire_genes(
    sets: Sequence[GeneSet],
    cohort: Cohort,
    levels: Levels,
    table: GeneTable,
    options: NetworkOptions,
    *,
    alone: bool,
) -> tuple[Cohort, Levels, Wiring]:
    """Return the cells in the genes that a network reads, their levels, and which genes are of which set.

    Where sets ``alone`` are read, these are the genes that are in one.

    Raises
    ------
    DataError
        When fewer than two sets are left, or fewer than three genes are in one.
    """
    wiring = wire(
        sets,
        cohort.genes,
        table,
        least=options.least_set_genes,
        most=options.most_set_genes,
        most_sets=options.most_sets,
    )
    read = np.flatnonzero(wiring.member.any(axis=1))
    if alone and len(read) < _LEAST_GENES:
        raise DataError(
            f"{len(read)} genes are in a gene set, and a network reads {_LEAST_GENES} at least: give more sets."
        )
    if not alone or len(read) == len(cohort.genes):
        return cohort, levels, wiring
    cohort = cohort.take_genes(read)
    return cohort, measure_levels(cohort), replace(wiring, member=wiring.member[read])


def check_measured(cohort: Cohort) -> None:
    """Refuse a study that measured hardly any of the genes that a network reads: its cells have no depth there.

    Raises
    ------
    DataError
        With the first of them.
    """
    for name, measured in zip(cohort.names, cohort.measured, strict=True):
        if (found := int(measured.sum())) < _LEAST_GENES:
            raise DataError(
                f"{name} measured {found} of the {len(measured):,} genes that the network reads, and "
                f"{_LEAST_GENES} are the least: leave that study out, or have more genes read (--most-genes, "
                "--gene-sets)."
            )


def facts_of(
    cohort: Cohort, levels: Levels, *, types: Mapping[str, int] | None = None, sets: Wiring | None = None
) -> Facts:
    """Return what a network is made from."""
    return Facts(
        genes=tuple(gene.symbol or gene.ensembl_id for gene in cohort.genes),
        means=levels.means,
        scaling=Scaling(
            centre=levels.centres.astype(np.float32),
            scale=_spread(cohort, levels),
        ),
        cells=cohort.counts.shape[0],
        studies=cohort.names,
        types=types or {},
        sets=sets,
    )


def _spread(cohort: Cohort, levels: Levels) -> NDArray[np.float32]:
    """Return the standard deviation of log1p(count / size factor) over the cells whose study measured the gene."""
    squares = np.zeros(len(cohort.genes))
    for rows, block in row_blocks(cohort.counts):
        logs = np.log1p(block.toarray() / levels.size_factors[rows][:, None]) - levels.centres
        squares += (logs**2 * cohort.measured[cohort.study[rows]]).sum(axis=0, dtype=np.float64)
    cells = cohort.measured.T @ cohort.study_sizes()
    return np.maximum(np.sqrt(squares / np.maximum(cells, 1)), _SCALE_FLOOR).astype(np.float32)
