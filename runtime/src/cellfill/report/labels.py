"""Labels of cells, where a dataset has them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cellfill.errors import DataError
from cellfill.plots.style import legible

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# In the order of preference: what a person said the cells are, then what an algorithm found.
_USUAL = (
    r"cell[-_. ]?types?([-_. ].*)?",
    r"cell[-_. ]?(ontology[-_. ]class|labels?|identity)",
    r"(cell[-_. ]?)?(annotations?|annot)",
    r"labels?",
    r"(leiden|louvain)([-_. ].*)?",
    r"(seurat[-_. ]?)?clusters?",
)
_MOST = 60  # labels; more are no labels but names or measurements
UNKNOWN = "not labelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """One label a cell.

    Attributes
    ----------
    column
        Where they are from.
    of_cell
        The labels, fit to be shown.
    """

    column: str
    of_cell: tuple[str, ...]


def check_column(frame: Any, column: str | None) -> None:
    """Refuse a column that is not there, before the work begins.

    Raises
    ------
    DataError
        When there is no such column.
    """
    if column is not None and column not in frame.columns:
        have = ", ".join(legible(name) for name in list(frame.columns)[:10]) or "none"
        raise DataError(f"The cells have no column {column!r}; columns: {have}. Name one with --labels.")


def find_labels(frame: Any, rows: NDArray[np.intp], *, column: str | None) -> Labels | None:
    """Return the labels of some cells; None where there is no column of a usual name that can be labels.

    Parameters
    ----------
    frame
        What is known of all cells, a pandas data frame.
    rows
        Which cells.
    column
        The column asked for; None to look for one.

    Raises
    ------
    DataError
        When the column has more than 60 labels.
    """
    if column is not None:
        found = _labels(frame, rows, column)
        if (number := len(set(found.of_cell))) > _MOST:
            raise DataError(
                f"Column {column!r} has {number:,} different values in {len(rows):,} cells, which are no labels "
                f"({_MOST} at most): name another with --labels."
            )
        return found
    for pattern in _USUAL:
        for name in frame.columns:
            if isinstance(name, str) and re.fullmatch(pattern, name, flags=re.IGNORECASE):
                found = _labels(frame, rows, name)
                if 1 < len(set(found.of_cell)) <= _MOST:
                    return found
    return None


def _labels(frame: Any, rows: NDArray[np.intp], name: str) -> Labels:
    values = frame[name]
    if getattr(values, "ndim", 1) != 1:  # a name that occurs twice
        values = values.iloc[:, 0]
    chosen = values.iloc[rows]
    absent = chosen.isna().tolist()
    texts = chosen.astype(str).tolist()
    return Labels(
        column=legible(name),
        of_cell=tuple(UNKNOWN if no else legible(text) or UNKNOWN for no, text in zip(absent, texts, strict=True)),
    )
