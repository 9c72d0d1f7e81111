"""Text tables of counts: commas, tabs, semicolons or blanks; genes or cells in rows; gzipped or not."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill.errors import DataError
from cellfill.genes.table import gene_table
from cellfill.options.shared import Orientation
from cellfill.readers.dataset import Dataset, Matrix
from cellfill.readers.failures import reading, require
from cellfill.readers.orientation import choose_orientation
from cellfill.readers.plain import plain_dataset
from cellfill.readers.rows import in_memory
from cellfill.readers.table_layout import KIND, MISSING, Layout, find_layout, is_number
from cellfill.readers.text import open_text

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

_VALUES_AT_A_TIME = 8 << 20
_MOST_ROWS = 5_000_000


def open_table(path: Path, *, orientation: Orientation = "auto") -> Dataset:
    """Read a table of counts into memory, sparse, float32, some lines at a time.

    The first line names the columns. Columns of text before the numbers are the names of the rows and what is
    known of them (``gene_id``, ``gene_name``, ...). A header that is one field shorter than the lines (R's
    ``write.table``) names the columns of numbers only. Lines of # before it, a separator at the end of lines,
    decimal commas and UTF-16 are read as what they are.

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
    with reading(path, KIND):
        layout = find_layout(path)
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
            why += "; what comes out has cells in rows"
        else:
            of_cells = {name: _known(values) for name, values in about.items()}
            var, names, obs = pd.DataFrame(index=columns), rows, of_cells
            matrix = counts
        return plain_dataset(
            (Matrix(name="X", rows=in_memory(matrix), var=gene_table(var)),),
            names=names,
            form="table",
            path=path,
            obs=lambda: obs,
            notes=(f"The table was read with {orientation.replace('-', ' ')}: {why}.",),
        )


def _read(path: Path, layout: Layout) -> tuple[csr_matrix, list[NDArray[Any]]]:
    """Return the numbers, and the columns of text."""
    from scipy import sparse

    first = len(layout.labels)
    parts, texts, rows = [], [], 0
    for frame in _numbers(path, layout):
        rows += len(frame)
        if rows > _MOST_ROWS:
            raise DataError(f"{path} has more than {_MOST_ROWS:,} lines: save it as .h5ad or as a 10x folder.")
        beyond = frame.iloc[
            :, layout.width :
        ]  # after the separator at the end of lines; pandas 3 has no empty text
        if layout.ends_in_separator and (beyond.notna() & (beyond != "")).any(axis=None):
            raise DataError(f"{path} cannot be read as {KIND}: it has lines of more than {layout.width} fields.")
        values = frame.iloc[:, first : layout.width].to_numpy(dtype=np.float32)
        if np.isnan(values[:, -1]).any():
            line = int(np.flatnonzero(np.isnan(values[:, -1]))[0])
            row = str(frame.iloc[line, 0]) if first else str(line + 1)
            raise DataError(
                f"{path} cannot be read as {KIND}: the row {row} has fewer than {layout.width} fields, or no "
                "number in the last. It may be cut short: fetch it again."
            )
        parts.append(sparse.csr_matrix(values))
        texts.append([frame.iloc[:, i].to_numpy(dtype=object) for i in range(first)])
    if not parts:
        raise DataError(f"{path} cannot be read as {KIND}: it has no line of numbers below the line of names.")
    return sparse.vstack(parts, format="csr"), [np.concatenate(column) for column in zip(*texts, strict=True)]


def _known(values: NDArray[Any]) -> NDArray[Any]:
    """Return what is known of cells, not a number where a field says that it is not."""
    return np.array([np.nan if value in MISSING else value for value in values.tolist()], dtype=object)


def _numbers(path: Path, layout: Layout) -> Iterator[Any]:
    """Yield some lines at a time, and name the field that is no number where there is one."""
    try:
        yield from _frames(path, layout)
    except ValueError as error:
        wrong = _first_text(path, layout)
        if wrong is None:
            raise
        raise DataError(
            f"{path} cannot be read as {KIND}: {wrong}. Mend the table, or leave that row or column out."
        ) from error


def _first_text(path: Path, layout: Layout) -> str | None:
    """Say which field among the numbers is none; None where every one is."""
    first = len(layout.labels)
    with open_text(path) as file:
        lines = csv.reader(
            islice(file, layout.skipped, None),
            delimiter=layout.separator,
            skipinitialspace=layout.separator == " ",
        )
        for line in lines:
            for column, text in zip(layout.columns, line[first:], strict=False):
                if not is_number(text, layout.decimal):
                    row = f"row {line[0][:60]}" if first else f"line {lines.line_num + layout.skipped}"
                    return f"{text[:60]!r} in the {row}, column {column[:60]}, is no number"
    return None


def _frames(path: Path, layout: Layout) -> Iterator[Any]:
    import pandas as pd

    first = len(layout.labels)
    texts = [*range(first), *([layout.width] if layout.ends_in_separator else [])]
    with (
        open_text(path) as file,
        pd.read_csv(
            file,
            sep=layout.separator,
            skipinitialspace=layout.separator == " ",
            header=None,
            skiprows=layout.skipped,
            names=range(layout.width + layout.ends_in_separator),
            decimal=layout.decimal,
            converters=dict.fromkeys(texts, str),
            dtype=dict.fromkeys(range(first, layout.width), np.float32),
            keep_default_na=False,
            na_values=sorted(MISSING),
            low_memory=False,
            chunksize=max(64, _VALUES_AT_A_TIME // layout.width),
        ) as frames,
    ):
        yield from frames
