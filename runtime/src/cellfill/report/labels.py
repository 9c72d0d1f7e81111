"""Labels of cells, where a dataset has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cellfill.errors import DataError
from cellfill.plots.groups import MOST_GROUPS, usual_columns
from cellfill.plots.style import legible

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

UNKNOWN = "not labelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """One label a cell.

    Attributes
    ----------
    column
        Where they are from; empty for clusters that were found on the cells themselves.
    of_cell
        The labels, fit to be shown.
    """

    column: str
    of_cell: tuple[str, ...]

    @property
    def by(self) -> str:
        """What they are, as in "coloured by ..."."""
        return f"your labels ({self.column})" if self.column else "clusters found on these cells"


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
        if (number := len(set(found.of_cell))) > MOST_GROUPS:
            raise DataError(
                f"Column {column!r} has {number:,} different values in {len(rows):,} cells, which are no labels "
                f"({MOST_GROUPS} at most): name another with --labels."
            )
        return found
    for name in usual_columns(frame):
        found = _labels(frame, rows, name)
        if 1 < len(set(found.of_cell)) <= MOST_GROUPS:
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
