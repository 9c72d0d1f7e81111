"""Loom files: genes x cells, dense, in HDF5; blocks of cells are columns of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from cellfill.dataset import Dataset, Matrix
from cellfill.errors import DataError
from cellfill.gene_table import gene_table
from cellfill.readers.failures import reading, require
from cellfill.readers.hdf5_file import open_hdf5
from cellfill.readers.plain import plain_dataset
from cellfill.readers.rows import GuardedRows, TransposedDense
from cellfill.readers.tenx_h5 import texts

_KIND = ".loom"
# The usual names of the attributes that name genes and cells, in the order of preference.
_GENE_NAMES = ("Gene", "gene", "Symbol", "gene_name", "GeneName", "gene_symbol", "var_names", "Accession", "id")
_CELL_NAMES = ("CellID", "cell_id", "Barcode", "barcode", "cell_names", "obs_names")


def open_loom(path: Path) -> Dataset:
    """Open a loom file; rows come straight from it, as CSR. Graphs of genes and cells are not read.

    Raises
    ------
    DataError
        When it is damaged, or nothing names its genes.
    MissingDependencyError
        When h5py or anndata is not installed.
    """
    pd = require("pandas", extra="h5ad", purpose="Reading .loom files")
    with reading(path, _KIND), ExitStack() as stack:
        file = stack.enter_context(open_hdf5(path))
        genes, cells = (int(length) for length in file["matrix"].shape)
        of_genes, of_cells = file["row_attrs"], file["col_attrs"]
        label = next((name for name in _GENE_NAMES if name in of_genes), None)
        if label is None:
            raise DataError(
                f"{path} does not name its genes: row_attrs has {', '.join(of_genes) or 'nothing'}, none of "
                f"{', '.join(_GENE_NAMES)}. Add one with loompy."
            )
        columns = {name: _values(of_genes[name], genes) for name, _ in _flat(of_genes) if name != label}
        names_of_genes = _values(of_genes[label], genes).astype(str).astype(object)
        var = gene_table(pd.DataFrame(columns, index=names_of_genes))
        named = next((name for name in _CELL_NAMES if name in of_cells), None)
        names = _values(of_cells[named], cells).astype(str) if named else np.arange(cells).astype(str)
        stored = [("X", None, file["matrix"])]
        stored += [(f"layers[{name!r}]", name, file["layers"][name]) for name in file.get("layers", ())]
        found = [
            Matrix(name=n, rows=GuardedRows(TransposedDense(v), path, _KIND), var=var, layer=layer)
            for n, layer, v in stored
        ]
        odd = next((matrix for matrix in found if matrix.rows.shape != (cells, genes)), None)
        if odd is not None:
            raise DataError(f"{path} cannot be read as {_KIND}: {odd.name} has not the shape of X. It is damaged.")

        def obs() -> dict[str, Any]:
            with reading(path, _KIND):
                return {name: _values(of_cells[name], cells) for name, _ in _flat(of_cells) if name != named}

        def obsm() -> dict[str, Any]:
            with reading(path, _KIND):
                return {name: of_cells[name][:] for name in of_cells if of_cells[name].ndim == 2}

        dataset = plain_dataset(
            tuple(found),
            names=names.astype(object),
            form="loom",
            path=path,
            obs=obs,
            obsm=obsm,
            close=file.close,
        )
        stack.pop_all()
        return dataset


def _flat(attributes: Any) -> Iterator[tuple[str, Any]]:
    """Yield attributes of one value each."""
    yield from ((name, attributes[name]) for name in attributes if attributes[name].ndim == 1)


def _values(attribute: Any, length: int) -> Any:
    if attribute.shape[0] != length:
        raise ValueError(f"{attribute.name} has {attribute.shape[0]} values, not {length}")
    return texts(attribute) if attribute.dtype.kind in "SO" else attribute[:]
