"""Split a study by a column of its cells, such as donor or sample: each has a level of every gene of its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cellfill.errors import DataError
from cellfill_training.studies import Study

if TYPE_CHECKING:
    from numpy.typing import NDArray


def read_labels(path: str | Path, column: str) -> NDArray[np.str_]:
    """Return a column of ``obs`` as text, empty where a cell has no value.

    Raises
    ------
    DataNotFoundError, DataError
        When the file is absent or unreadable, or has no such column.
    """
    from cellfill.readers import open_dataset

    dataset = open_dataset(path)
    try:
        obs = dataset.rest().obs
        dataset.unchanged()
    finally:
        dataset.close()
    if column not in obs:
        raise DataError(f"{path} has no column {column!r} in obs; it has {', '.join(map(str, obs)) or 'none'}.")
    values = obs[column].astype(object)
    return np.array(["" if value is None or value != value else str(value) for value in values])


def split_study(study: Study, labels: NDArray[np.str_]) -> dict[str, Study]:
    """Return a study's parts by label, in the labels' order; cells without a label are left out.

    Parameters
    ----------
    study
        Of n cells.
    labels
        (n,) of text.

    Raises
    ------
    DataError
        When no cell has a label.
    """
    parts = {str(label): study.take(labels == label) for label in np.unique(labels[labels != ""])}
    if not parts:
        raise DataError(f"No cell of {study.name} has a value in that column of obs: there is nothing to split by.")
    return parts
