"""Do a task with the cells of an AnnData, and add its results to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cellfill.results.memory import memory_sink
from cellfill.results.to_anndata import add_to
from cellfill.runs.carry import Machine, carry_over
from cellfill.runs.lazily import add_lazily, is_lazy

if TYPE_CHECKING:
    from cellfill.counts.find import Request
    from cellfill.network.blocks import OnBlock
    from cellfill.readers.dataset import Dataset
    from cellfill.runs.task import Task


def add_results(
    task: Task, adata: Any, dataset: Dataset, request: Request, machine: Machine, *, on_block: OnBlock | None = None
) -> None:
    """Add the results of a task to an AnnData; where its counts are a Dask array, a lazy layer.

    Parameters
    ----------
    task, dataset, request
        What to do, with which cells, and where their counts are.
    adata
        What gets the results; ``dataset`` is of its cells.
    machine
        How much at once.
    on_block
        Called with the number of cells done and of all cells after every block.
    """
    lazy = any(is_lazy(values) for values in (adata.X, *adata.layers.values()))
    if lazy and add_lazily(task, adata, dataset, request, machine):
        return
    shape = dataset.cells, len(dataset.var)
    done = carry_over(
        task, dataset, request, lambda ready: memory_sink(shape, ready.layer), machine, on_block=on_block
    )
    add_to(adata, done.sink.matrix(), done.added)
