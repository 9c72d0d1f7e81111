"""AnnData as HDF5 and zarr hold it: opened, not read. Both have groups, arrays and attributes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from cellfill.dataset import Dataset, Matrix, Rows
from cellfill.errors import DataError
from cellfill.readers.failures import reading, silence
from cellfill.readers.rows import GuardedRows, StoredCsc, StoredCsr, StoredDense
from cellfill.readers.stored_genes import stored_genes, stored_texts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellfill.gene_table import GeneTable

_PARTS = ("obs", "var", "obsm", "varm", "obsp", "varp", "uns")


def is_group(element: Any) -> bool:
    """Return whether it is a group, HDF5 or zarr."""
    return hasattr(element, "keys")


def stored_rows(element: Any) -> Rows:
    """Return the rows of a stored matrix: CSR and dense stay in the file, CSC is converted to CSR in memory.

    Raises
    ------
    ValueError
        When it is no such matrix, or its parts do not fit.
    """
    if not is_group(element):
        return StoredDense(element)
    form = str(element.attrs.get("encoding-type", ""))
    if form not in ("csr_matrix", "csc_matrix"):
        raise ValueError(f"{element.name} is stored as {form or 'something unknown'}, not as a matrix")
    cells, genes = (int(length) for length in element.attrs["shape"])
    parts = (element["data"], element["indices"], element["indptr"])
    _check_chunks(element["data"])
    if form == "csr_matrix":
        return StoredCsr(*parts, shape=(cells, genes))
    return StoredCsc(*parts, shape=(cells, genes))


def _check_chunks(array: Any) -> None:
    """Refuse stored values of which files are absent: zarr would give zeros for them, and say nothing."""
    if not hasattr(array, "nchunks_initialized") or getattr(array, "shards", None) is not None:
        return  # HDF5, or several chunks a file
    if array.nchunks_initialized < array.nchunks:
        raise ValueError(f"{array.name} has {array.nchunks_initialized} of its {array.nchunks} chunks")


def store_dataset(root: Any, *, path: Path, form: Literal["h5ad", "zarr"], close: Callable[[], None]) -> Dataset:
    """Return the dataset of an opened AnnData file or store; only names of genes are read.

    Raises
    ------
    DataError
        When parts are absent or do not fit each other.
    """
    kind = f".{form}"
    for part in ("obs", "var"):
        if part not in root:
            raise DataError(f"{path} cannot be read as {kind}: it has no {part}, so it is not an AnnData.")
    with silence():
        var = stored_genes(root["var"])
        cells = _names_of(root["obs"]).shape[0]
        matrices = tuple(
            Matrix(name=name, rows=GuardedRows(stored_rows(element), path, kind), var=of, layer=layer)
            for name, layer, element, of in _elements(root, var)
        )
    for matrix in matrices:
        if matrix.rows.shape != (cells, len(matrix.var)):
            raise DataError(
                f"{path} cannot be read as {kind}: {matrix.name} is {matrix.rows.shape[0]} x "
                f"{matrix.rows.shape[1]}, but there are {cells} cells and {len(matrix.var)} genes. It is damaged."
            )

    def cell_names() -> NDArray[Any]:
        with reading(path, kind), silence():
            return np.array(stored_texts(_names_of(root["obs"])), dtype=object)

    def uns(name: str) -> Any:
        if "uns" not in root or name not in root["uns"]:
            return None
        from anndata.io import read_elem

        with reading(path, kind), silence():
            return read_elem(root["uns"][name])

    def obs() -> Any:
        from anndata.io import read_elem

        with reading(path, kind), silence():
            return read_elem(root["obs"])

    def rest() -> Any:
        import anndata
        from anndata.io import read_elem

        with reading(path, kind), silence():
            return anndata.AnnData(**{part: read_elem(root[part]) for part in _PARTS if part in root})

    return Dataset(
        cells=cells,
        var=var,
        matrices=matrices,
        dense="X" in root and not is_group(root["X"]),
        format=form,
        path=path,
        cell_names=cell_names,
        uns=uns,
        obs=obs,
        rest=rest,
        close=close,
    )


def _names_of(frame: Any) -> Any:
    """Return the stored names of a data frame's rows."""
    return frame[str(frame.attrs["_index"])]


def _elements(root: Any, var: GeneTable) -> Iterator[tuple[str, str | None, Any, GeneTable]]:
    """Yield name, layer, stored matrix and genes; a layer that is no matrix is left out, X must be one."""
    if "X" in root and str(root["X"].attrs.get("encoding-type", "")) != "null":
        yield "X", None, root["X"], var
    for name in root.get("layers", ()):
        element = root["layers"][name]
        form = str(element.attrs.get("encoding-type", ""))
        if (form in ("csr_matrix", "csc_matrix")) if is_group(element) else len(element.shape) == 2:
            yield f"layers[{name!r}]", name, element, var
    if "raw" in root and is_group(root["raw"]) and "X" in root["raw"]:
        yield "raw.X", None, root["raw"]["X"], stored_genes(root["raw"]["var"])
