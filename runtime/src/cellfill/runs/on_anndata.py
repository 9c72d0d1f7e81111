"""Any task with an AnnData in memory, in the manner of scanpy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cellfill.errors import UsageError
from cellfill.readers import dataset_of
from cellfill.readers.argument import as_anndata
from cellfill.readers.failures import silence
from cellfill.runs.in_memory import add_results

if TYPE_CHECKING:
    from cellfill.options.running import RunOptions
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
