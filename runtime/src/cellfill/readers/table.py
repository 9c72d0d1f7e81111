"""Text tables of counts: commas, tabs, semicolons or blanks; genes or cells in rows; gzipped or not."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from cellfill.dataset import Dataset, Matrix
from cellfill.errors import DataError
from cellfill.gene_table import gene_table
from cellfill.readers.failures import reading, require
from cellfill.readers.orientation import Orientation, choose_orientation, gene_score
from cellfill.readers.plain import plain_dataset
from cellfill.readers.rows import in_memory

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

_KIND = "a table"
_SEPARATORS = "\t,; "
_SAMPLE_LINES = 6
_VALUES_AT_A_TIME = 8 << 20
_MISSING = {"", "NA", "NaN", "nan", "N/A"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    """How a table is written.

    Attributes
    ----------
    separator
        Between fields.
    columns
        Names of the columns that hold numbers.
    labels
        Names of the columns before them that hold text, the names of the rows first.
    """

    separator: str
    columns: list[str]
    labels: list[str]

    @property
    def width(self) -> int:
        """Fields of a line."""
        return len(self.labels) + len(self.columns)


def open_table(path: Path, *, orientation: Orientation = "auto") -> Dataset:
    """Read a table of counts into memory, sparse, float32, some lines at a time.

    The first line names the columns. Columns of text before the numbers are the names of the rows and what is
    known of them (``gene_id``, ``gene_name``, ...). A header that is one field shorter than the lines (R's
    ``write.table``) names the columns of numbers only.

    Parameters
    ----------
    path
        The file.
    orientation
        What the rows are; found by the names if not given.

    Raises
    ------
    DataError
        When it is no table of numbers with a line of names, or lines are of different lengths.
    MissingDependencyError
        When pandas is not installed.
    """
    pd = require("pandas", extra="h5ad", purpose="Reading tables")
    with reading(path, _KIND):
        layout = _layout(path)
        counts, labels = _read(path, layout)
        rows = labels[0] if labels else np.arange(counts.shape[0]).astype(str).astype(object)
        about = dict(zip(layout.labels[1:], labels[1:], strict=True))
        columns = np.array(layout.columns, dtype=object)
        why = "as was asked for"
        if orientation == "auto":
            orientation, why = choose_orientation(rows=rows.tolist(), columns=layout.columns)
        if orientation == "genes-in-rows":
            var, names, obs = pd.DataFrame(about, index=rows), columns, {}
            matrix = counts.T.tocsr()
        else:
            var, names, obs = pd.DataFrame(index=columns), rows, about
            matrix = counts
        return plain_dataset(
            (Matrix(name="X", rows=in_memory(matrix), var=gene_table(var)),),
            names=names,
            form="table",
            path=path,
            obs=lambda: obs,
            notes=(f"The table was read with {orientation.replace('-', ' ')}: {why}.",),
        )


def _open(path: Path) -> IO[str]:
    with path.open("rb") as file:
        zipped = file.read(2) == b"\x1f\x8b"
    if zipped:
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open("r", encoding="utf-8-sig", newline="")


def _layout(path: Path) -> _Layout:
    """Find out how a table is written, from its first lines."""
    with _open(path) as file:
        lines = [line for line in (file.readline() for _ in range(_SAMPLE_LINES)) if line.strip()]
    if any("\0" in line for line in lines):
        raise DataError(f"{path} cannot be read as {_KIND}: it is not text. What format is it?")
    if len(lines) < 2:
        raise DataError(f"{path} cannot be read as {_KIND}: it has no line of numbers below a line of names.")
    separator = max(_SEPARATORS, key=lambda s: (min(_fields(lines[1:], s)), -_SEPARATORS.index(s)))
    header, *body = csv.reader(lines, delimiter=separator, skipinitialspace=separator == " ")
    width = len(body[0])
    if width < 2 or len(header) not in (width, width - 1):
        raise DataError(
            f"{path} cannot be read as {_KIND}: its first line has {len(header)} fields, the next {width}. One "
            "line of names and lines of numbers of the same length are needed."
        )
    texts = 0
    while texts < width and not any(_is_number(line[texts]) for line in body if len(line) > texts):
        texts += 1
    if len(header) < width:
        header = ["", *header]
        texts = max(texts, 1)
    elif texts == 0 and (not header[0].strip() or gene_score(header[:1]) < gene_score(header[1:])):
        texts = 1  # numbers that name the rows
    if texts == width or all(_is_number(name) and "." in name for name in header[texts:]):
        lacking = "a column of numbers" if texts == width else "a line of names"
        raise DataError(
            f"{path} cannot be read as {_KIND}: it has not {lacking}. "
            "The first line must name the columns, the first column the rows."
        )
    return _Layout(separator=separator, columns=header[texts:], labels=header[:texts])


def _fields(lines: list[str], separator: str) -> list[int]:
    return [len(fields) for fields in csv.reader(lines, delimiter=separator)]


def _is_number(text: str) -> bool:
    if text in _MISSING:
        return True
    try:
        float(text)
    except ValueError:
        return False
    return True


def _read(path: Path, layout: _Layout) -> tuple[csr_matrix, list[NDArray[Any]]]:
    """Return the numbers, and the columns of text."""
    from scipy import sparse

    first = len(layout.labels)
    parts, texts = [], []
    for frame in _numbers(path, layout):
        values = frame.iloc[:, first:].to_numpy(dtype=np.float32)
        if np.isnan(values[:, -1]).any():
            line = int(np.flatnonzero(np.isnan(values[:, -1]))[0])
            row = str(frame.iloc[line, 0]) if first else str(line + 1)
            raise DataError(
                f"{path} cannot be read as {_KIND}: the row {row} has fewer than {layout.width} fields, or no "
                "number in the last. It may be cut short: fetch it again."
            )
        parts.append(sparse.csr_matrix(values))
        texts.append([frame.iloc[:, i].to_numpy(dtype=object) for i in range(first)])
    if not parts:
        raise DataError(f"{path} cannot be read as {_KIND}: it has no line of numbers below the line of names.")
    return sparse.vstack(parts, format="csr"), [np.concatenate(column) for column in zip(*texts, strict=True)]


def _numbers(path: Path, layout: _Layout) -> Iterator[Any]:
    """Yield some lines at a time, and name the field that is no number where there is one."""
    try:
        yield from _frames(path, layout)
    except ValueError as error:
        wrong = _first_text(path, layout)
        if wrong is None:
            raise
        raise DataError(
            f"{path} cannot be read as {_KIND}: {wrong}. Mend the table, or leave that row or column out."
        ) from error


def _first_text(path: Path, layout: _Layout) -> str | None:
    """Say which field among the numbers is none; None where every one is."""
    first = len(layout.labels)
    with _open(path) as file:
        lines = csv.reader(file, delimiter=layout.separator, skipinitialspace=layout.separator == " ")
        next(lines)
        for line in lines:
            for column, text in zip(layout.columns, line[first:], strict=False):
                if not _is_number(text):
                    row = f"row {line[0][:60]}" if first else f"line {lines.line_num}"
                    return f"{text[:60]!r} in the {row}, column {column[:60]}, is no number"
    return None


def _frames(path: Path, layout: _Layout) -> Iterator[Any]:
    import pandas as pd

    first = len(layout.labels)
    with (
        _open(path) as file,
        pd.read_csv(
            file,
            sep=layout.separator,
            skipinitialspace=layout.separator == " ",
            header=None,
            skiprows=1,
            names=range(layout.width),
            converters=dict.fromkeys(range(first), str),
            dtype=dict.fromkeys(range(first, layout.width), np.float32),
            keep_default_na=False,
            na_values=sorted(_MISSING),
            low_memory=False,
            chunksize=max(64, _VALUES_AT_A_TIME // layout.width),
        ) as frames,
    ):
        yield from frames
