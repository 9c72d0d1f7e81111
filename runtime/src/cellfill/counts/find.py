"""Find the counts of a dataset, and what their columns are called: what every task begins with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cellfill.counts.source import Source, choose_counts
from cellfill.genes.feature_kinds import feature_kinds
from cellfill.genes.mismatch import Elsewhere
from cellfill.genes.names import name_columns
from cellfill.genes.spoiled import note_on_dates

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from cellfill.readers.dataset import Dataset


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Where a person says that the counts and the names of the genes are.

    Attributes
    ----------
    layer
        The layer that holds the counts; None to find out.
    gene_column
        The column of var that names the genes; None to find out.
    """

    layer: str | None = None
    gene_column: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnNames:
    """What the columns of the counts are called.

    Attributes
    ----------
    spellings
        One or more names for every column, see `align`.
    expression
        Which columns are gene expression; None for all.
    shown
        For every gene of the result its column in the counts; None where they are the same.
    elsewhere
        Where else the genes' names may be, for a refusal.
    notes
        What a person should know of the features and their names, a sentence each.
    """

    spellings: Sequence[Sequence[str]]
    expression: Sequence[bool] | None = None
    shown: NDArray[np.intp] | None = None
    elsewhere: Elsewhere | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The counts of a dataset.

    Attributes
    ----------
    source
        Where they come from.
    names
        What their columns are called.
    obs
        Returns what is known of the cells, a pandas data frame with one row a cell.
    """

    source: Source
    names: ColumnNames
    obs: Callable[[], Any]


def find_counts(dataset: Dataset, request: Request) -> Found:
    """Find the counts of a dataset and what their columns are called.

    Raises
    ------
    CountsError
        When there are no counts.
    """
    source = choose_counts(dataset, layer=request.layer)
    var = source.matrix.var
    kinds = feature_kinds(var)
    names = ColumnNames(
        spellings=name_columns(var.index, var, gene_column=request.gene_column),
        expression=kinds.expression,
        shown=source.columns,
        elsewhere=Elsewhere(columns=var.labels, cells=lambda: dataset.cell_names().tolist()),
        notes=tuple(filter(None, (kinds.note, note_on_dates(map(str, var.index))))),
    )
    return Found(source=source, names=names, obs=dataset.obs)
