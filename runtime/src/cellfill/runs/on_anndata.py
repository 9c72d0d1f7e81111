"""Any task with an AnnData in memory, in the manner of scanpy."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cellfill.errors import UsageError
from cellfill.readers import dataset_of
from cellfill.readers.argument import as_anndata
from cellfill.readers.failures import silence
from cellfill.results.memory import MemorySink
from cellfill.runs.carry import carry_over
from cellfill.runs.in_memory import add_results

if TYPE_CHECKING:
    from cellfill.options.running import RunOptions
    from cellfill.results.named import Layer
    from cellfill.runs.task import Task


def add_to_anndata(task: Task, adata: Any, run: RunOptions, *, copy: bool, call: str) -> Any:
    """Do a task with the cells of an AnnData, and add its results, in place or to a copy.

    Parameters
    ----------
    task, run
        What to do, and how.
    adata
        Cells x genes, in memory or backed.
    copy
        Return an annotated copy.
    call
        The name of the call, for a message.

    Returns
    -------
    None, or the AnnData when ``copy`` is true.
    """
    backed = as_anndata(adata, call).isbacked
    if backed and adata.is_view and not copy:
        raise UsageError("Nothing can be added to a view of a backed AnnData: use copy=True.")
    if backed and copy:
        adata = adata.to_memory()
    dataset = dataset_of(adata)
    with silence():  # of names that occur twice; the alignment says it
        annotated = adata.copy() if copy and not backed else adata
    add_results(task, annotated, dataset, run)
    return annotated if copy else None


def layers_beside(task: Task, adata: Any, run: RunOptions, *, call: str) -> dict[str, Any]:
    """Do a task with the cells of an AnnData, and return its layers but the first; nothing is added.

    Parameters
    ----------
    task, run
        What to do, and how.
    adata
        Cells x genes, in memory or backed.
    call
        The name of the call, for a message.
    """
    dataset = dataset_of(as_anndata(adata, call))
    shape = dataset.cells, len(dataset.var)
    return carry_over(task, dataset, lambda ready: _Beside(shape, ready.layer), run).sink.layers()


class _Beside(MemorySink):
    """Collects the layers beside the first alone."""

    def __init__(self, shape: tuple[int, int], layer: Layer | None) -> None:
        if layer is None or not layer.also:
            raise TypeError("the task gives no layer beside the first")
        super().__init__(shape, replace(layer, name=layer.also[0], also=layer.also[1:]))

    def add(self, *blocks: Any) -> None:
        """Append a block of rows of each of them."""
        super().add(*blocks[1:])
