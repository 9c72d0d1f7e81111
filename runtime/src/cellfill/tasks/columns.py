"""The columns of a dataset in the genes of a model: what every task begins with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cellfill.genes.align import align, enough_inputs

if TYPE_CHECKING:
    from cellfill.bundle import Bundle
    from cellfill.counts.find import ColumnNames
    from cellfill.genes.alignment import Alignment


def align_columns(bundle: Bundle, names: ColumnNames, *, min_coverage: float | None) -> Alignment:
    """Align the columns of the counts with the genes of a model.

    Parameters
    ----------
    bundle
        The model.
    names
        What the columns are called.
    min_coverage
        Least share of what the model reads, by worth; None for the model's own.

    Raises
    ------
    GeneMatchError
        When dataset and model share too few genes, or differ in species.
    """
    own = bundle.manifest.min_coverage
    return align(
        bundle.genes,
        names.spellings,
        expression=names.expression,
        species=bundle.manifest.species,
        min_coverage=own if min_coverage is None else min_coverage,
        least_inputs=enough_inputs(bundle.genes, min_coverage),
        elsewhere=names.elsewhere,
    )
