"""Loom files: genes x cells, dense, in HDF5; blocks of cells are columns of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from cellfill.errors import DataError
from cellfill.genes.table import gene_table
from cellfill.readers.dataset import Dataset, Matrix
from cellfill.readers.failures import reading, require
from cellfill.readers.hdf5_file import open_hdf5
from cellfill.readers.loom_attributes import (
    read_about,
    read_column,
    read_graphs,
    read_matrix,
    sort_attributes,
)
from cellfill.readers.plain import plain_dataset
from cellfill.readers.rows import GuardedRows, TransposedDense

_KIND = ".loom"
# The usual names of the attributes that name genes and cells, in the order of preference.
_GENE_NAMES = ("Gene", "Symbol", "gene_name", "GeneName", "gene_symbol", "var_names", "Accession", "id")
_CELL_NAMES = ("CellID", "cell_id", "Barcode", "cell_names", "obs_names")


def open_loom(path: Path) -> Dataset:
    """Open a loom file; rows come straight from it, as CSR.

    Attributes of one value are columns of ``obs`` and ``var``, those of several stand in ``obsm`` and ``varm``,
    graphs in ``obsp`` and ``varp``, and what the file says of itself in ``uns["loom"]``.

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
        of_genes, of_cells = sort_attributes(file["row_attrs"]), sort_attributes(file["col_attrs"])
        label = _usual(_GENE_NAMES, of_genes.columns)
        if label is None:
            has = ", ".join(file["row_attrs"]) or "nothing"
            raise DataError(
                f"{path} does not name its genes: row_attrs has {has}, none of "
                f"{', '.join(_GENE_NAMES)}. Add one with loompy."
            )
        columns = {name: read_column(a, genes) for name, a in of_genes.columns.items() if name != label}
        names_of_genes = read_column(of_genes.columns[label], genes).astype(str).astype(object)
        var = gene_table(pd.DataFrame(columns, index=names_of_genes))
        named = _usual(_CELL_NAMES, of_cells.columns)
        names = read_column(of_cells.columns[named], cells).astype(str) if named else np.arange(cells).astype(str)
        names = names.astype(object)
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
                return {name: read_column(a, cells) for name, a in of_cells.columns.items() if name != named}

        def further() -> dict[str, dict[str, Any]]:
            with reading(path, _KIND):
                return {
                    "obsm": {name: read_matrix(a, names) for name, a in of_cells.matrices.items()},
                    "varm": {name: read_matrix(a, names_of_genes) for name, a in of_genes.matrices.items()},
                    "obsp": read_graphs(file.get("col_graphs", {}), cells),
                    "varp": read_graphs(file.get("row_graphs", {}), genes),
                    "uns": {"loom": about} if (about := read_about(file)) else {},
                }

        dataset = plain_dataset(
            tuple(found),
            names=names,
            form="loom",
            path=path,
            obs=obs,
            further=further,
            obsm_names=lambda: tuple(of_cells.matrices),
            close=file.close,
            notes=_notes((*of_genes.left_out, *of_cells.left_out)),
        )
        stack.pop_all()
        return dataset


def _notes(left_out: tuple[str, ...]) -> tuple[str, ...]:
    some = ", ".join(name[:60] for name in left_out[:5])
    return (f"Attributes that fit no table were left out: {some}.",) if left_out else ()


def _usual(names: Sequence[str], labels: Iterable[str]) -> str | None:
    """Return the first of some names that there is, as it is spelled there: as given, or in other letters."""
    held = list(labels)
    folded = {label.lower(): label for label in reversed(held)}
    return next((name if name in held else folded[name.lower()] for name in names if name.lower() in folded), None)
