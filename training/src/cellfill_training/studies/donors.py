"""Split a study by a column of its cells, such as donor or sample: each has a level of every gene of its own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill.errors import DataError
from cellfill.readers.table_layout import MISSING
from cellfill_training.studies.study import Study

if TYPE_CHECKING:
    from numpy.typing import NDArray

_UNKNOWN = MISSING | {"<NA>"}  # as text: of tables, and of what pandas made text


def read_annotation(path: str | Path) -> Any:
    """Return all of a file but its matrices, as an AnnData in memory.

    Raises
    ------
    DataNotFoundError, DataError
        When the file is absent or unreadable.
    """
    from cellfill.readers import open_dataset

    dataset = open_dataset(path)
    try:
        rest = dataset.rest()
        dataset.unchanged()
    finally:
        dataset.close()
    return rest


def read_labels(path: str | Path, column: str) -> NDArray[np.str_]:
    """Return a column of ``obs`` as text, empty where a cell has no value, or one that says so, such as ``nan``.

    Whole numbers are written as such where gaps among them made them fractions.

    Raises
    ------
    DataNotFoundError, DataError
        When the file is absent or unreadable, or has no such column.
    """
    obs = read_annotation(path).obs
    if column not in obs:
        raise DataError(f"{path} has no column {column!r} in obs; it has {', '.join(map(str, obs)) or 'none'}.")
    values, missing = obs[column].astype(object), obs[column].isna()
    return np.array(["" if gone else _text(value) for value, gone in zip(values, missing, strict=True)])


def _text(value: object) -> str:
    """Return a label as it was meant: whole numbers with gaps are fractions to pandas, and gaps may be text."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    text = str(value)
    return "" if text in _UNKNOWN else text


def split_study(study: Study, labels: NDArray[np.str_], column: str) -> dict[str, Study]:
    """Return a study's parts by label, in the labels' order; cells without one are left out.

    Parameters
    ----------
    study
        Of n cells.
    labels
        (n,) of text.
    column
        Of ``obs``, whose labels they are.

    Raises
    ------
    DataError
        When no cell has a label.
    """
    if not (labels != "").any():
        raise DataError(f"No cell of {study.name} has a value in {column} of obs: there is nothing to split by.")
    lost = int((labels == "").sum())
    told = (
        (f"{lost:,} of {len(labels):,} cells of {study.name} have no value in {column}: left out",) if lost else ()
    )
    parts = {}
    for label in map(str, np.unique(labels[labels != ""])):
        place = None if study.place is None else replace(study.place, cells=(column, label))
        part = study.take(labels == label)
        parts[label] = replace(part, left_out=part.left_out + told, place=place)
    return parts
