"""The files that name the genes and cells of a Matrix Market file, as the programs that write them call them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cellfill.errors import DataError
from cellfill.readers.detect import find_matrices

_GENES, _CELLS = ("features", "genes", "gene_names"), ("barcodes", "cells", "cell_names")
_ENDINGS = ("tsv", "txt", "csv")


@dataclass(frozen=True, slots=True, kw_only=True)
class NamesBeside:
    """Files beside a matrix.

    Attributes
    ----------
    genes, cells
        One name a line, perhaps more in further columns.
    symbols
        Symbols of the genes, where these are in a file of their own.
    genes_in_rows
        Whether the program that writes such names has genes in rows; tells where a matrix is square.
    """

    genes: Path
    cells: Path
    symbols: Path | None
    genes_in_rows: bool


def matrix_file(path: Path) -> Path:
    """Return the matrix of a folder, or the file that was named.

    Raises
    ------
    DataError
        When the folder holds several.
    """
    if path.is_file():
        return path
    found = find_matrices(path)
    if len(found) > 1:
        raise DataError(
            f"{path} holds several matrices ({', '.join(file.name for file in found[:3])}): name one of the files."
        )
    return found[0]


def files_read(path: Path) -> tuple[Path, ...]:
    """Return a matrix and the files beside it that name its genes and cells: all that is read of a folder.

    Raises
    ------
    DataError
        When one is absent.
    """
    matrix = matrix_file(path)
    beside = names_beside(matrix)
    return tuple(file for file in (matrix, beside.genes, beside.cells, beside.symbols) if file is not None)


def names_beside(matrix: Path) -> NamesBeside:
    """Find the names of a matrix: of Cell Ranger, STARsolo, kallisto | bustools, alevin-fry, Expression Atlas.

    ============================  ==============================  ===========================
    matrix                        genes                           cells
    ============================  ==============================  ===========================
    ``Xmatrix.mtx``               ``Xfeatures.tsv``, ``Xgenes.tsv``  ``Xbarcodes.tsv``
    ``X.mtx`` (kallisto)          ``X.genes.txt``                 ``X.barcodes.txt``
    ``X.mtx`` (alevin-fry)        ``X_cols.txt``                  ``X_rows.txt``
    ``X.mtx`` (Expression Atlas)  ``X.mtx_rows``                  ``X.mtx_cols``
    ``anything.mtx`` (STARsolo)   ``features.tsv``                ``barcodes.tsv``
    ============================  ==============================  ===========================

    Each may be gzipped; ``.txt`` and ``.csv`` are taken for ``.tsv``.

    Raises
    ------
    DataError
        When there are none; says how they may be called.
    """
    there: dict[str, Path] = {}
    for file in sorted(matrix.parent.iterdir()):
        there[re.sub(r"\.gz$", "", file.name)] = file  # of two the gzipped one: it comes last
    stem = re.sub(r"\.mtx(\.gz)?$", "", matrix.name)
    genes = next((there[name] for name in _gene_files(stem) if name in there), None)
    cells = next((there[name] for name in _cell_files(stem) if name in there), None)
    if genes is None or cells is None:
        raise DataError(_lacking(matrix, stem, genes=genes is None))
    plain = re.sub(r"\.gz$", "", genes.name)
    return NamesBeside(
        genes=genes,
        cells=cells,
        symbols=there.get(re.sub(r"\.txt$", ".names.txt", plain)) if plain.endswith(".genes.txt") else None,
        genes_in_rows=not plain.endswith((".genes.txt", "_cols.txt")),
    )


def _gene_files(stem: str) -> Iterator[str]:
    yield from (f"{stem.removesuffix('matrix')}{name}.tsv" for name in ("features", "genes"))
    for base in _bases(stem):
        yield from (f"{base}.genes.txt", f"{base}_cols.txt", f"{base}.mtx_rows")
    yield from _others(stem, _GENES)


def _cell_files(stem: str) -> Iterator[str]:
    yield f"{stem.removesuffix('matrix')}barcodes.tsv"
    for base in _bases(stem):
        yield from (f"{base}.barcodes.txt", f"{base}_rows.txt", f"{base}.mtx_cols")
    yield from _others(stem, _CELLS)


def _bases(stem: str) -> Iterator[str]:
    """Yield a name, and what is left of it before each dot: ``cells_x_genes.mature`` has the names of the rest."""
    yield stem
    while "." in stem:
        stem = stem.rpartition(".")[0]
        yield stem


def _others(stem: str, words: tuple[str, ...]) -> Iterator[str]:
    before = [f"{stem}{mark}" for mark in "._-"]
    before += [stem[: match.end()] for match in reversed(list(re.finditer(r"[._-]", stem)))]
    for prefix in (*before, ""):
        yield from (f"{prefix}{word}.{ending}" for word in words for ending in _ENDINGS)


def _lacking(matrix: Path, stem: str, *, genes: bool) -> str:
    prefix, short = (stem.removesuffix("matrix") if stem.endswith("matrix") else ""), stem[:60]
    if genes:
        usual = f"{prefix}features.tsv or {prefix}genes.tsv (10x)"
        others = f"{short}.genes.txt (kallisto), {short}_cols.txt (alevin-fry), {short}.mtx_rows (Expression Atlas)"
    else:
        usual = f"{prefix}barcodes.tsv (10x)"
        others = (
            f"{short}.barcodes.txt (kallisto), {short}_rows.txt (alevin-fry), {short}.mtx_cols (Expression Atlas)"
        )
    what = "genes" if genes else "cells"
    return (
        f"{matrix.parent} has no {usual} beside {matrix.name}, nor {others}: it holds the names of the {what}. "
        "Fetch it too; each may be gzipped."
    )
