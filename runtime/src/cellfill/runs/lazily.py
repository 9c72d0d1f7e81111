"""Dask arrays in, Dask arrays out: nothing is imputed before someone computes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cellfill.network.graphs import Opened
    from cellfill.readers.dataset import Dataset
    from cellfill.runs.on_dask import Filler
    from cellfill.runs.run import Task


def is_lazy(matrix: Any) -> bool:
    """Return whether a matrix is a Dask array."""
    return hasattr(matrix, "dask") and hasattr(matrix, "map_blocks")


def impute_lazily(model: Opened, adata: Any, dataset: Dataset, task: Task) -> bool:
    """Add a lazy result to an AnnData, where its counts are a Dask array.

    The genes are aligned and the calibration is fitted at once, on a sample of the cells; the rest waits.

    Returns
    -------
    Whether the counts are lazy; if not, nothing was done.
    """
    from cellfill.results.annotations import add_to, describe_result
    from cellfill.runs.on_dask import make_filler
    from cellfill.runs.run import find_counts, is_dense
    from cellfill.tasks.imputation.prepare import not_run_yet, prepare

    source, names = find_counts(dataset, task)
    layer = source.matrix.layer
    stored = adata.layers[layer] if layer else adata.raw.X if source.matrix.name == "raw.X" else adata.X
    if not is_lazy(stored):
        return False
    prepared = prepare(
        model.bundle,
        model.network,
        source,
        names,
        task.settings,
        cells=dataset.cells,
        dense=is_dense(dataset, task),
    )
    filler = make_filler(model, prepared, source, None)
    values = _values(filler, stored, genes=len(dataset.var), block_size=task.settings.block_size)
    done = not_run_yet(prepared, cells=dataset.cells)
    notes = (*dataset.notes, *names.notes)
    added = describe_result(done, task.settings, model.bundle, key=task.key, source=source, notes=notes)
    add_to(adata, values, added)
    return True


def _values(filler: Filler, rows: Any, *, genes: int, block_size: int) -> Any:
    """Return the filled values of a Dask array, cells x genes, as a Dask array."""
    import numpy as np
    from dask.delayed import delayed
    from scipy import sparse

    whole = rows.rechunk({1: -1})  # a cell is predicted from all its genes
    dense, dtype = filler.plan.dense, filler.plan.dtype
    meta = np.empty((0, 0), dtype) if dense else sparse.csr_matrix((0, 0), dtype=np.float32)
    return whole.map_blocks(
        _fill_chunk,
        delayed(filler, pure=False),
        block_size=block_size,
        dtype=dtype,
        chunks=(whole.chunks[0], (genes,)),
        meta=meta,
    )


def _fill_chunk(rows: Any, filler: Filler, *, block_size: int) -> Any:
    return filler.fill_rows(rows, block_size=block_size)
