"""AnnData as HDF5 and zarr hold it: opened, not read. Both have groups, arrays and attributes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from cellfill.errors import DataError
from cellfill.readers.annotation import Annotation, is_damage
from cellfill.readers.dataset import Dataset, Matrix, Rows
from cellfill.readers.encoding import (
    children,
    column_names,
    element_names,
    encoding_type,
    index_name,
    is_group,
    is_hdf5,
)
from cellfill.readers.failures import reading, silence
from cellfill.readers.mudata import refuse_mudata
from cellfill.readers.remote import Source, local_path
from cellfill.readers.rows import GuardedRows, StoredCsc, StoredCsr, StoredDense
from cellfill.readers.stored_genes import length_of, stored_genes, stored_texts
from cellfill.readers.zarr_files import zarr_files
from cellfill.text.reasons import reason

if TYPE_CHECKING:
    from cellfill.genes.table import GeneTable

_SPARSE = ("csr_matrix", "csc_matrix")
# What an AnnData consists of. A link that stands for one of them must lead to it.
_PARTS = ("X", "obs", "var", "layers", "obsm", "varm", "obsp", "varp", "uns", "raw")


def stored_rows(element: Any) -> Rows:
    """Return the rows of a stored matrix: CSR and dense stay in the file, CSC is converted to CSR in memory.

    Raises
    ------
    ValueError
        When it is no such matrix, or its parts do not fit.
    """
    if not is_group(element):
        return StoredDense(element)
    form = encoding_type(element)
    if form not in _SPARSE:
        raise ValueError(f"{element.name} is stored as {form or 'something unknown'}, not as a matrix")
    cells, genes = (int(length) for length in element.attrs["shape"])
    parts = (element["data"], element["indices"], element["indptr"])
    _check_chunks(element["data"])
    if form == "csr_matrix":
        return StoredCsr(*parts, shape=(cells, genes))
    return StoredCsc(*parts, shape=(cells, genes))


def _check_chunks(array: Any) -> None:
    """Refuse stored values of which files are absent: zarr would give zeros for them, and say nothing."""
    if is_hdf5(array) or getattr(array.store, "refuses_gaps", False):
        return
    files = zarr_files(array)  # counted first: a shape costs nothing, and 10**15 chunks are listed for ever
    shards = getattr(array, "shards", None)  # several chunks a file
    wanted = math.prod(-(-size // n) for size, n in zip(array.shape, shards or array.chunks, strict=True))
    files = files if shards or files < wanted else array.nchunks_initialized
    if files < wanted:
        raise ValueError(f"{array.name} has {files} of its {wanted:,} chunks")


def store_dataset(root: Any, *, path: Source, form: Literal["h5ad", "zarr"], close: Callable[[], None]) -> Dataset:
    """Return the dataset of an opened AnnData file or store; only names of genes are read.

    Raises
    ------
    DataError
        When parts are absent or do not fit each other.
    """
    kind = f".{form}"
    refuse_mudata(root, path)
    _check_parts(root, path, kind)
    with silence():
        var = stored_genes(root["var"])
        column_names(root["obs"])
        cells = length_of(_names_of(root["obs"]))
        found, odd = _matrices(root, var, path, kind)
    for matrix in found:
        if matrix.rows.shape != (cells, len(matrix.var)):
            raise DataError(
                f"{path} cannot be read as {kind}: {matrix.name} is {matrix.rows.shape[0]} x "
                f"{matrix.rows.shape[1]}, but there are {cells} cells and {len(matrix.var)} genes. It is damaged."
            )
    annotation = Annotation(root)

    def guarded(read: Callable[[], Any]) -> Callable[[], Any]:
        def call() -> Any:
            with reading(path, kind), silence():
                return read()

        return call

    def uns(name: str) -> Any:
        with reading(path, kind), silence():
            return annotation.one_of_uns(name)

    def held(part: str, name: str) -> Any:
        with reading(path, kind), silence():
            return annotation.one_of(part, name)

    return Dataset(
        cells=cells,
        var=var,
        matrices=tuple(found),
        dense="X" in root and not is_group(root["X"]),
        format=form,
        path=local_path(path),
        cell_names=guarded(lambda: np.array(stored_texts(_names_of(root["obs"])), dtype=object)),
        uns=uns,
        obs=guarded(lambda: annotation.frame("obs")),
        obs_columns=guarded(lambda: (*element_names(root["obs"]), index_name(root["obs"]))),
        held=held,
        obsm_names=guarded(lambda: tuple(children(root["obsm"])) if "obsm" in children(root) else ()),
        rest=guarded(annotation.rest),
        raw_varm=guarded(annotation.raw_varm),
        left_out=lambda: (*odd, *annotation.left_out),
        close=close,
    )


def _check_parts(root: Any, path: Source, kind: str) -> None:
    """Refuse a file that is no AnnData, or of which a part is a link that leads nowhere."""
    held = set(children(root))
    for part in _PARTS:
        if part in held:
            try:
                _ = root[part]
            except Exception as error:  # a link that dangles, or goes round in a circle
                raise DataError(
                    f"{path} cannot be read as {kind}: its {part} cannot be opened ({reason(error)}). If it is a "
                    "link, what it leads to is not in this file."
                ) from error
        elif part in ("obs", "var"):
            raise DataError(f"{path} cannot be read as {kind}: it has no {part}, so it is not an AnnData.")


def _names_of(frame: Any) -> Any:
    """Return the stored names of a data frame's rows."""
    return frame[index_name(frame)]


def _matrices(root: Any, var: GeneTable, path: Source, kind: str) -> tuple[list[Matrix], list[str]]:
    """Return X, the layers and raw.X as far as they are matrices, and the names of layers that are not."""

    def matrix(name: str, element: Any, of: GeneTable, layer: str | None = None) -> Matrix:
        return Matrix(name=name, rows=GuardedRows(stored_rows(element), path, kind), var=of, layer=layer)

    found, odd = [], []
    if "X" in root and encoding_type(root["X"]) != "null":
        found.append(matrix("X", root["X"], var))
    for layer in children(root["layers"]) if "layers" in root else ():
        name = f"layers[{layer!r}]"
        try:
            element = root["layers"][layer]
            is_matrix = encoding_type(element) in _SPARSE if is_group(element) else len(element.shape) == 2
        except Exception as error:  # of a form that this zarr does not know, or a link that dangles
            if is_damage(error):
                raise
            odd.append(f"{name} ({reason(error)})")
            continue
        if is_matrix:
            found.append(matrix(name, element, var, layer))
        else:
            odd.append(f"{name} (no matrix)")
    if "raw" in root and is_group(root["raw"]) and "X" in root["raw"]:
        found.append(matrix("raw.X", root["raw"]["X"], stored_genes(root["raw"]["var"])))
    return found, odd
