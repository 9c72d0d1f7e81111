"""10x Genomics matrix folders: ``matrix.mtx`` with the names of genes and cells beside it."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill.dataset import Dataset, Matrix
from cellfill.errors import DataError
from cellfill.gene_table import gene_table
from cellfill.readers.detect import find_matrices
from cellfill.readers.failures import reading, require
from cellfill.readers.plain import plain_dataset
from cellfill.readers.rows import in_memory

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_KIND = "a 10x matrix folder"


def open_10x_mtx(path: Path) -> Dataset:
    """Read the folder of Cell Ranger 2 (``genes.tsv``) or later (``features.tsv.gz``), gzipped or not.

    Something may stand before the three names (``sample1_matrix.mtx.gz``). A text file cannot be had by rows,
    so the matrix is held in memory, as CSR.

    Parameters
    ----------
    path
        The folder, or its matrix file where it holds several.

    Raises
    ------
    DataError
        When files are absent, damaged, or do not fit each other.
    """
    pd = require("pandas", extra="h5ad", purpose="Reading 10x folders")
    with reading(path, _KIND):
        matrix = _matrix_file(path)
        prefix = matrix.name[: matrix.name.index("matrix.mtx")]
        columns = list(zip(*_table(_beside(matrix, prefix, ("features.tsv", "genes.tsv"))), strict=False))
        names = np.array([row[0] for row in _table(_beside(matrix, prefix, ("barcodes.tsv",)))], dtype=object)
        ids = np.array(columns[0] if columns else (), dtype=object)
        var = pd.DataFrame(index=ids if len(columns) < 2 else np.array(columns[1], dtype=object))
        if len(columns) > 1:
            var["gene_ids"] = ids
        if len(columns) > 2:
            var["feature_types"] = np.array(columns[2], dtype=object)
        rows = in_memory(_read(matrix, cells=len(names), genes=len(var)))
        matrix_of = Matrix(name="X", rows=rows, var=gene_table(var))
        return plain_dataset((matrix_of,), names=names, form="10x-mtx", path=path)


def _matrix_file(path: Path) -> Path:
    if path.is_file():
        return path
    found = find_matrices(path)
    if len(found) > 1:
        raise DataError(
            f"{path} holds several matrices ({', '.join(file.name for file in found[:3])}): name one of the files."
        )
    return found[0]


def _beside(matrix: Path, prefix: str, names: tuple[str, ...]) -> Path:
    for name in names:
        for ending in (".gz", ""):
            file = matrix.with_name(f"{prefix}{name}{ending}")
            if file.is_file():
                return file
    wanted = " or ".join(f"{prefix}{name}(.gz)" for name in names)
    raise DataError(f"{matrix.parent} has no {wanted} beside {matrix.name}: it holds the names. Fetch it too.")


def _table(path: Path) -> list[list[str]]:
    """Return the fields of a file of names; empty lines at its end do not count."""
    with path.open("rb") as file:
        zipped = file.read(2) == b"\x1f\x8b"
    with gzip.open(path, "rb") if zipped else path.open("rb") as stream:
        lines = stream.read().decode("utf-8-sig").splitlines()
    while lines and not lines[-1].strip():
        lines.pop()
    return [line.split("\t") for line in lines]


def _read(path: Path, *, cells: int, genes: int) -> csr_matrix:
    """Return the matrix, cells x genes, whichever way it is stored."""
    from scipy.io import mmread
    from scipy.sparse import csr_matrix

    stored: Any = mmread(path)
    if stored.shape == (genes, cells):
        stored = stored.T
    elif stored.shape != (cells, genes):
        raise DataError(
            f"{path} is {stored.shape[0]} x {stored.shape[1]}, but there are names of {genes} genes and {cells} "
            "cells: the files are of different matrices, or cut short."
        )
    return csr_matrix(stored)
