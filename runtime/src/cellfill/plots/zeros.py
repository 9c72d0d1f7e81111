"""What becomes of the zeros."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill.errors import UsageError
from cellfill.plots.style import BASELINE, GREY, MODEL, SMALL, start

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

SEEN, LEFT = "counted before", "zero still"
_EDGES = (0.01, 0.1, 0.5)
_RANGES = ("below 0.01", "0.01 to 0.1", "0.1 to 0.5", "0.5 and more")
FILLED = tuple(f"zero, gets {text}" for text in _RANGES)


def zeros(before: Any, after: Any, ax: Axes | None = None) -> Axes:
    """Draw what becomes of the zeros of a matrix: how many get how much.

    Parameters
    ----------
    before, after
        Counts and imputed counts, cells x genes, dense or sparse.
    ax
        What to draw on; a new figure by default.

    Raises
    ------
    UsageError
        When they are not two matrices of one shape.
    MissingDependencyError
        When matplotlib is not installed.
    """
    return draw_zeros(shares_of_zeros(before, after), ax)


def shares_of_zeros(before: Any, after: Any) -> dict[str, float]:
    """Return the shares of all entries that were counted, that stay zero, and that get a value in each range.

    Raises
    ------
    UsageError
        When they are not two matrices of one shape.
    """
    if getattr(before, "shape", None) != getattr(after, "shape", ()) or len(before.shape) != 2:
        raise UsageError("before and after must be two matrices of one shape, cells x genes.")
    number, found = np.zeros(len(FILLED) + 2, dtype=np.int64), max(before.shape[0] * before.shape[1], 1)
    for start_row in range(0, before.shape[0], 256):
        rows = slice(start_row, start_row + 256)
        old, new = _dense(before[rows]), _dense(after[rows])
        new = new[old == 0]
        kinds = np.digitize(new[new > 0], _EDGES)
        number += np.array(
            [old.size - new.size, np.count_nonzero(new <= 0), *np.bincount(kinds, minlength=len(FILLED))]
        )
    return dict(zip((SEEN, LEFT, *FILLED), (number / found).tolist(), strict=True))


def draw_zeros(shares: dict[str, float], ax: Axes | None = None) -> Axes:
    """Draw such shares as bars."""
    ax = start(ax, x="% of all counts of these genes", y="")
    colors = [BASELINE, GREY, *[MODEL] * len(FILLED)]
    values = [100 * share for share in shares.values()]
    bars = ax.barh(range(len(values)), values, color=colors, height=0.65)
    for bar, strength in zip(bars[2:], (0.3, 0.5, 0.75, 1.0), strict=True):
        bar.set_alpha(strength)
    ax.set_yticks(range(len(values)), list(shares), fontsize=SMALL)
    ax.invert_yaxis()
    ax.spines["left"].set_visible(False)
    ax.tick_params(axis="y", length=0)
    ax.set_xlim(0, max(values) * 1.22)
    for place, value in enumerate(values):
        ax.text(value + max(values) * 0.02, place, f"{value:.1f}" if value else "0", va="center", fontsize=SMALL)
    return ax


def _dense(rows: Any) -> NDArray[Any]:
    return np.asarray(rows.toarray() if hasattr(rows, "toarray") else rows)
