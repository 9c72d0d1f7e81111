"""One imputation, from an opened dataset to whatever takes the blocks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from cellfill.counts.source import Source, choose_counts
from cellfill.errors import UsageError
from cellfill.genes.feature_kinds import feature_kinds
from cellfill.genes.mismatch import Elsewhere
from cellfill.genes.names import name_columns
from cellfill.genes.spoiled import note_on_dates
from cellfill.network.blocks import OnBlock
from cellfill.results.annotations import Annotations, check_key, describe_result, record_name
from cellfill.tasks.imputation.prepare import AddsBlocks, Names, Opener, Prepared, prepare, run_blocks

if TYPE_CHECKING:
    from cellfill.bundle import Bundle
    from cellfill.readers.dataset import Dataset
    from cellfill.runs.journal import Journal
    from cellfill.tasks.imputation.block import Filled
    from cellfill.tasks.imputation.settings import Settings

Sink = TypeVar("Sink", bound=AddsBlocks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What to impute in a dataset, and what to call it.

    Attributes
    ----------
    settings
        How to impute.
    layer
        The layer that holds the counts; None to find out.
    gene_column
        The column of var that names the genes; None to find out.
    key
        Name of the layer that is added.
    """

    settings: Settings
    layer: str | None
    gene_column: str | None
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Done(Generic[Sink]):
    """A dataset, imputed.

    Attributes
    ----------
    sink
        Has every block.
    added
        What else is to be added.
    """

    sink: Sink
    added: Annotations


def impute_dataset(
    bundle: Bundle,
    open_network: Opener,
    dataset: Dataset,
    task: Task,
    open_sink: Callable[[bool], Sink],
    *,
    fill: Callable[[Prepared, Source, Sequence[slice]], Iterator[Filled]] | None = None,
    journal: Journal | None = None,
    on_block: OnBlock | None = None,
) -> Done[Sink]:
    """Impute a dataset.

    Parameters
    ----------
    bundle, open_network
        The model, and what opens its graph.
    dataset, task
        What to impute, and how.
    open_sink
        Makes what takes the blocks, told whether they come dense; called when all that can be refused has been.
    fill
        Fills blocks of the source elsewhere; by default threads of this process do.
    journal
        Keeps finished blocks, and has those of an earlier run.
    on_block
        Called with the number of cells done and of all cells.
    """
    source, names = find_counts(dataset, task)
    settings, dense, cells = task.settings, is_dense(dataset, task), dataset.cells
    prepared = prepare(bundle, open_network, source, names, settings, cells=cells, dense=dense)
    sink = open_sink(dense)
    done = run_blocks(
        prepared,
        source,
        settings,
        sink,
        cells=cells,
        fill=None if fill is None else lambda prepared, blocks: fill(prepared, source, blocks),
        journal=journal,
        on_block=on_block,
    )
    notes = (*dataset.notes, *names.notes, *sink.notes)
    added = describe_result(done, settings, bundle, key=task.key, source=source, notes=notes)
    return Done(sink=sink, added=added)


def is_dense(dataset: Dataset, task: Task) -> bool:
    """Return whether the result is dense: as ``X`` is, and always in half precision."""
    return dataset.dense or task.settings.dtype != "float32"


def find_counts(dataset: Dataset, task: Task) -> tuple[Source, Names]:
    """Find the counts of a dataset and what their columns are called.

    Raises
    ------
    UsageError
        When the result's name is taken.
    CountsError
        When there are no counts.
    """
    check_key(
        task.key,
        source=task.layer,
        layers=[m.layer for m in dataset.matrices if m.layer is not None],
        columns=[*dataset.var.labels, dataset.var.index_name],
        record=dataset.uns(record_name(task.key)),
    )
    source = choose_counts(dataset, layer=task.layer)
    if source.matrix.layer == task.key:
        raise UsageError(
            f"The counts are in {source.matrix.name}, which the result would replace: see --key-added."
        )
    var = source.matrix.var
    kinds = feature_kinds(var)
    names = Names(
        spellings=name_columns(var.index, var, gene_column=task.gene_column),
        expression=kinds.expression,
        shown=source.columns,
        elsewhere=Elsewhere(columns=var.labels, cells=lambda: dataset.cell_names().tolist()),
        notes=tuple(filter(None, (kinds.note, note_on_dates(map(str, var.index))))),
    )
    return source, names
