"""An AnnData that is in memory, or backed by a file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cellfill.errors import DataError
from cellfill.genes.table import GeneTable, gene_table
from cellfill.readers.dataset import Dataset, Matrix
from cellfill.readers.failures import reading, silence
from cellfill.readers.rows import GuardedRows, in_memory


def dataset_of(adata: Any, *, path: Path | None = None, left_out: tuple[str, ...] = ()) -> Dataset:
    """Return an AnnData as a dataset; matrices in memory are shared, not copied, but CSC becomes CSR once.

    Parameters
    ----------
    adata
        In memory or backed; matrices may be scipy sparse, numpy or Dask. A view of a backed AnnData is loaded.
    path
        The file that it was loaded from, if any.
    left_out
        What of that file could not be read, and why.

    Raises
    ------
    DataError
        When it is no AnnData, or a matrix is of no kind that can be read.
    """
    if not all(hasattr(adata, part) for part in ("X", "var", "var_names", "layers", "uns")):
        raise DataError(f"This takes an AnnData, not a {type(adata).__name__}.")
    if adata.isbacked and adata.is_view:
        adata = adata.to_memory()
    loaded, var = adata, gene_table(adata.var)
    with reading(path, "AnnData"):
        found = [
            _matrix(name, layer, values, of, path)
            for name, layer, values, of in _named(loaded, var)
            if values is not None
        ]
    first = next((m for m in found if m.name == "X"), None)
    return Dataset(
        cells=int(loaded.n_obs),
        var=var,
        matrices=tuple(found),
        dense=first is not None and not _is_sparse(_x(loaded)),
        format="anndata",
        path=path,
        cell_names=lambda: loaded.obs_names.astype(object).to_numpy(),
        uns=lambda name: loaded.uns.get(name) if isinstance(loaded.uns, Mapping) else None,
        obs=lambda: loaded.obs,
        obsm_names=lambda: tuple(loaded.obsm),
        held=lambda part, name: getattr(loaded, part).get(name),
        rest=lambda: _rest(loaded),
        raw_varm=lambda: {} if loaded.raw is None else dict(loaded.raw.varm),
        left_out=lambda: left_out,
        close=lambda: None,
    )


def _x(adata: Any) -> Any:
    """Return X; of a backed AnnData what is in the file."""
    if not adata.isbacked:
        return adata.X
    if not adata.file.is_open:  # AnnData.to_memory closes it
        adata.file.open()
    return adata.file["X"]


def _named(adata: Any, var: GeneTable) -> list[tuple[str, str | None, Any, GeneTable]]:
    # To anndata since 0.13 X is the layer None.
    layers = [(f"layers[{name!r}]", name, adata.layers[name], var) for name in adata.layers if name is not None]
    raw = adata.raw
    of_raw = [] if raw is None else [("raw.X", None, raw.X, gene_table(raw.var))]
    return [("X", None, _x(adata), var), *layers, *of_raw]


def _matrix(name: str, layer: str | None, values: Any, var: GeneTable, path: Path | None) -> Matrix:
    from cellfill.readers.store import stored_rows

    held = getattr(values, "group", None)  # of a sparse matrix of a backed file's raw
    if hasattr(held, "attrs"):
        values = held
    if hasattr(values, "attrs"):  # an HDF5 group or array
        return Matrix(name=name, rows=GuardedRows(stored_rows(values), path, "AnnData"), var=var, layer=layer)
    try:
        return Matrix(name=name, rows=in_memory(values), var=var, layer=layer)
    except TypeError as error:
        raise DataError(f"{name} cannot be used: {error}. Load it first.") from error


def _is_sparse(values: Any) -> bool:
    from scipy import sparse

    if hasattr(values, "compute"):
        values = values._meta
    return sparse.issparse(values) or hasattr(values, "keys")


def _rest(adata: Any) -> Any:
    """Return a copy of everything but the matrices."""
    import anndata

    parts = {name: getattr(adata, name) for name in ("obs", "var", "uns", "obsm", "varm", "obsp", "varp")}
    with silence():
        return anndata.AnnData(**{name: part.copy() for name, part in parts.items()})
