"""Do a task with the cells of an AnnData, and add its results to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cellfill.results.memory import MemorySink
from cellfill.results.to_anndata import add_to
from cellfill.runs.carry import carry_over
from cellfill.runs.lazily import add_lazily, is_lazy

if TYPE_CHECKING:
    from cellfill.options.running import RunOptions
    from cellfill.readers.dataset import Dataset
    from cellfill.runs.task import Task


def add_results(task: Task, adata: Any, dataset: Dataset, run: RunOptions) -> None:
    """Add the results of a task to an AnnData; where its counts are a Dask array, a lazy layer.

    Parameters
    ----------
    task, dataset
        What to do, with which cells.
    adata
        What gets the results; ``dataset`` is of its cells.
    run
        Where their counts are, and how many at once.
    """
    lazy = any(is_lazy(values) for values in (adata.X, *adata.layers.values()))
    if lazy and add_lazily(task, adata, dataset, run):
        return
    shape = dataset.cells, len(dataset.var)
    done = carry_over(task, dataset, lambda ready: MemorySink(shape, ready.layer), run)
    add_to(adata, done.sink.layers(), done.added)
