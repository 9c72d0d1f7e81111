"""Dask arrays in, Dask arrays out: nothing is imputed before someone computes it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cellfill.options.running import RunOptions
    from cellfill.readers.dataset import Dataset
    from cellfill.results.named import Layer
    from cellfill.runs.on_dask import Applier
    from cellfill.runs.task import Task


def is_lazy(matrix: Any) -> bool:
    """Return whether a matrix is a Dask array."""
    return hasattr(matrix, "dask") and hasattr(matrix, "map_blocks")


def add_lazily(task: Task, adata: Any, dataset: Dataset, run: RunOptions) -> bool:
    """Add a lazy layer to an AnnData, where its counts are a Dask array.

    The task is prepared at once, on a sample of the cells; the rest waits.

    Returns
    -------
    Whether the counts are lazy and the task gives a layer; if not, nothing was done.
    """
    from cellfill.results.to_anndata import add_to
    from cellfill.runs.carry import ask_for, with_blocks
    from cellfill.runs.on_dask import make_applier

    if not task.names.layers:  # what is said of each cell is needed at once
        return False
    found, earlier = ask_for(task, dataset, run)
    matrix = found.source.matrix
    stored = adata.layers[matrix.layer] if matrix.layer else adata.raw.X if matrix.name == "raw.X" else adata.X
    if not is_lazy(stored):
        return False
    ready = task.prepare(found, cells=dataset.cells, dense=dataset.dense)
    if ready.layer is None:
        raise TypeError("a task that names a layer gives none")
    applier = make_applier(ready, found.source, None)
    layers = {
        name: _values(applier, stored, ready.layer, number, genes=len(dataset.var), block_size=run.block_size)
        for number, name in enumerate(ready.layer.names)
    }
    notes = (*dataset.notes, *found.names.notes)
    added = ready.describe(cells=dataset.cells, gathered=None, source=found.source, notes=notes)
    gone = frozenset(place for place in earlier if place[0] == "layers" and place[1] not in layers)
    add_to(adata, layers, replace(added, gone=gone, record=with_blocks(added.record, run)))
    return True


def _values(applier: Applier, rows: Any, layer: Layer, number: int, *, genes: int, block_size: int) -> Any:
    """Return one of the layers of a Dask array, cells x genes, as a Dask array."""
    import numpy as np
    from dask.delayed import delayed
    from scipy import sparse

    whole = rows.rechunk({1: -1})  # a cell is predicted from all its genes
    meta = np.empty((0, 0), layer.dtype) if layer.dense else sparse.csr_matrix((0, 0), dtype=np.float32)
    return whole.map_blocks(
        _of_chunk,
        delayed(applier, pure=False),
        number,
        block_size=block_size,
        dtype=layer.dtype,
        chunks=(whole.chunks[0], (genes,)),
        meta=meta,
    )


def _of_chunk(rows: Any, applier: Applier, number: int, *, block_size: int) -> Any:
    return applier.layer_of(rows, number, block_size=block_size)
