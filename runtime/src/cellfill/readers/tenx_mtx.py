"""Matrix Market folders, of 10x and others: a matrix with the names of genes and cells beside it."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from cellfill.errors import DataError
from cellfill.genes.table import gene_table
from cellfill.readers.dataset import Dataset, Matrix
from cellfill.readers.failures import reading, require
from cellfill.readers.mtx_names import matrix_file, names_beside
from cellfill.readers.plain import plain_dataset
from cellfill.readers.rows import in_memory
from cellfill.readers.text import is_gzipped, open_bytes, read_lines

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_KIND = "a 10x matrix folder"
_LONGEST_LINE = 1 << 20
# The shortest line of a value is "1 1\n"; gzip packs real ones to a tenth, and a file that was made to fill
# memory to a thousandth.
_LEAST_BYTES, _MOST_PACKED = 4, 100
# What a head calls whole numbers; as such scipy reads 1e+05, which R writes, and 1.7 as 1.
_WHOLE = re.compile(rb"(?<=\s)(unsigned-)?integer(?=\s)", re.IGNORECASE)
_EXACT = 1 << 53


class _AsReal:
    """A Matrix Market file whose head says that its values are real, whatever it said."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._head, said = _WHOLE.subn(b"real", file.readline(), count=1)
        self.said_whole = said > 0

    def read(self, size: int = -1) -> bytes:
        """Return so many bytes; fewer at the end."""
        if not self._head:
            return self._file.read(size)
        taken = len(self._head) if size < 0 else size
        begun, self._head = self._head[:taken], self._head[taken:]
        return begun + self._file.read(size if size < 0 else size - len(begun))


def open_10x_mtx(path: Path) -> Dataset:
    """Read a folder of Cell Ranger, STARsolo, kallisto, alevin-fry or Expression Atlas, gzipped or not.

    How the files beside the matrix may be called: see `cellfill.readers.mtx_names.names_beside`. A text file cannot
    be had by rows, so the matrix is held in memory, as CSR.

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
        matrix = matrix_file(path)
        beside = names_beside(matrix)
        most = 2 * max(_shape(matrix)) + 1000  # as many and a few: those of another matrix are told by their number
        genes = _table(beside.genes, most)
        symbols = None if beside.symbols is None else _table(beside.symbols, most)[0]
        cells = _table(beside.cells, most)
        names, obs = _texts(cells[0]), _further(cells, first=1)
        var = pd.DataFrame(_about(genes, symbols), index=_texts(_names(genes, symbols)))
        counts = _read(matrix, cells=len(names), genes=len(var), genes_in_rows=beside.genes_in_rows)
        matrix_of = Matrix(name="X", rows=in_memory(counts), var=gene_table(var))
        return plain_dataset((matrix_of,), names=names, form="10x-mtx", path=path, obs=lambda: obs)


def _table(path: Path, most: int) -> list[list[str]]:
    """Return the columns of a file of names, of tabs or, by its name, of commas; without quotes around them."""
    separator = "," if ".csv" in path.suffixes else "\t"
    rows = [[_unquoted(field) for field in line.split(separator)] for line in read_lines(path, most=most)]
    # A row of fewer fields than the others have, such as of a gene that somebody added, takes nothing from these.
    width = Counter(map(len, rows)).most_common(1)[0][0] if rows else 0
    full = ([*row, *[""] * width][:width] for row in rows)
    return [list(column) for column in zip(*full, strict=True)] or [[]]


def _unquoted(field: str) -> str:
    return field[1:-1] if len(field) > 1 and field[0] == field[-1] and field[0] in "\"'" else field


def _names(columns: list[list[str]], symbols: list[str] | None) -> list[str]:
    if symbols is not None and len(symbols) == len(columns[0]):
        return symbols
    if len(columns) == 1:
        return columns[0]
    return [symbol or name for name, symbol in zip(columns[0], columns[1], strict=True)]


def _about(columns: list[list[str]], symbols: list[str] | None) -> dict[str, Any]:
    """Return what is known of the genes: id, type and place in the genome, as 10x has them in this order."""
    if len(columns) == 1 and symbols is None:
        return {}
    about = {"gene_ids": _texts(columns[0])}
    if len(columns) > 2:
        about["feature_types"] = _texts(columns[2])
    if len(columns) == 6:
        places = zip(*columns[3:], strict=True)
        return about | {"interval": _texts([f"{c}:{start}-{end}" if c else "" for c, start, end in places])}
    return about | _further(columns, first=3)


def _further(columns: list[list[str]], *, first: int) -> dict[str, Any]:
    """Return columns that have no name, but for those that say the same as the first."""
    return {f"column_{n + 1}": _texts(c) for n, c in enumerate(columns) if n >= first and c != columns[0]}


def _texts(values: list[str]) -> Any:
    return np.array(values, dtype=object)


def _shape(path: Path) -> tuple[int, int]:
    """Return rows and columns as the head of a matrix says, and refuse more values than such a file can hold."""
    with open_bytes(path, longest_line=_LONGEST_LINE) as file:
        if not file.readline().lower().startswith(b"%%matrixmarket"):
            raise ValueError(f"{path.name} does not begin as a Matrix Market file")
        line = _after_comments(file)
    numbers = [int(field) for field in line.split()]
    if len(numbers) not in (2, 3) or min(numbers[:2]) < 0:
        raise ValueError(f"{path.name} does not say its shape")
    rows, columns = numbers[:2]
    values = numbers[2] if len(numbers) == 3 else rows * columns
    size = path.stat().st_size * (_MOST_PACKED if is_gzipped(path) else 1)
    if values > min(rows * columns, size // (_LEAST_BYTES if len(numbers) == 3 else 2)):
        raise ValueError(f"{path.name} says that it has {values:,} values, more than it can hold")
    return rows, columns


def _after_comments(file: IO[bytes]) -> bytes:
    return next((line for line in file if line.strip() and not line.startswith(b"%")), b"")


def _read(path: Path, *, cells: int, genes: int, genes_in_rows: bool) -> csr_matrix:
    """Return the matrix, cells x genes, whichever way it is stored."""
    from scipy.io import mmread
    from scipy.sparse import csr_matrix

    with open_bytes(path, longest_line=_LONGEST_LINE) as file:
        source = _AsReal(file)
        stored: Any = mmread(source)
    if source.said_whole:
        stored = _whole(stored)
    if stored.shape not in ((genes, cells), (cells, genes)):
        raise DataError(
            f"{path} is {stored.shape[0]} x {stored.shape[1]}, but there are names of {genes} genes and {cells} "
            "cells: the files are of different matrices, or cut short."
        )
    turned = genes_in_rows if genes == cells else stored.shape == (genes, cells)
    return csr_matrix(stored.T if turned else stored)


def _whole(stored: Any) -> Any:
    """Return a matrix as whole numbers, if all of its values are and each can be told from the next."""
    values = stored if isinstance(stored, np.ndarray) else stored.data
    if values.size and not max(values.max(), -values.min()) < _EXACT:  # nor is NaN whole
        return stored
    whole = values.astype(np.int64)
    if (whole != values).any():
        return stored
    if whole.ndim == 2:
        return whole
    stored.data = whole
    return stored
