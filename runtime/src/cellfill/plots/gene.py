"""One gene in cells, before and after imputing: on a map, and by group."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill.plots.embedding import size_of
from cellfill.plots.style import BASELINE, INK, MODEL, SMALL, on_picture, require, start

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    Float64 = NDArray[np.float64]

MOST_ROWS = 12  # groups that are drawn; the largest
SCALE = "log1p of counts per median cell"
# From no counts to many: each can be seen on white and on a dark page.
_LEVELS = ("#C3C8CE", "#F0AF62", "#E2621B", "#B0123F")
_DOTS = 400  # of a group, at most: more than a strip can show
_JITTER, _APART = 0.14, 0.2


def draw_levels(
    ax: Axes, places: Float64, values: Float64, *, top: float, axes: tuple[str, str] = ("", "")
) -> Axes:
    """Draw cells on a map, coloured by a gene; cells with more of it lie on top.

    Parameters
    ----------
    ax, places
        Where: cells x 2.
    values
        One a cell.
    top
        The value of the strongest colour; pictures of one gene share it.
    axes
        What the two dimensions are.
    """
    start(ax, x=axes[0], y=axes[1])
    ax.set_xticks([])
    ax.set_yticks([])
    colors = require("matplotlib.colors").LinearSegmentedColormap.from_list("levels", _LEVELS)
    order = np.argsort(values, kind="stable")
    dots = ax.scatter(
        places[order, 0],
        places[order, 1],
        c=values[order],
        s=size_of(len(places)),
        cmap=colors,
        vmin=0,
        vmax=max(top, 1e-9),
        linewidths=0,
        rasterized=True,
    )
    bar = ax.figure.colorbar(dots, ax=ax, shrink=0.7, aspect=16)
    bar.ax.tick_params(labelsize=SMALL)
    bar.outline.set_visible(False)
    return ax


def draw_by_group(
    ax: Axes,
    before: Float64,
    after: Float64 | None,
    groups: Sequence[str],
    *,
    what: str = SCALE,
    named: Sequence[str] = (),
) -> Axes:
    """Draw each cell's value before and after as dots, a row a group, the largest first; a line is their mean.

    Parameters
    ----------
    ax
        What to draw on.
    before, after
        One value a cell; after is None for a gene that is not imputed.
    groups
        One a cell.
    what
        What the values are.
    named
        Groups that are drawn in any case; of the others the largest, 12 in all.
    """
    start(ax, x=what, y="")
    shown = _shown(groups, named)
    which = np.array(groups, dtype=object)
    rng = np.random.default_rng(0)
    kinds = [("before", before, BASELINE), *([] if after is None else [("after", after, MODEL)])]
    for kind, (label, values, color) in enumerate(kinds):
        away = 0.0 if after is None else (-_APART, _APART)[kind]
        for row, name in enumerate(shown):
            own = values[which == name]
            drawn = own if len(own) <= _DOTS else rng.choice(own, _DOTS, replace=False)
            height = row + away + rng.uniform(-_JITTER, _JITTER, len(drawn))
            look: dict[str, Any] = {"color": color, "s": 4.5, "alpha": 0.5, "linewidths": 0, "rasterized": True}
            ax.scatter(drawn, height, **look)
            ax.vlines(own.mean(), row + away - 0.17, row + away + 0.17, color=INK, linewidth=1.6, zorder=4)
        ax.scatter([], [], color=color, s=18, label=label)
    ax.legend(
        fontsize=SMALL, frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2, handletextpad=0.1
    )
    ax.set_yticks(range(len(shown)), [on_picture(name, most=18) for name in shown], fontsize=SMALL - 0.5)
    ax.set_ylim(len(shown) - 0.45, -0.55)
    ax.set_xlim(left=min(-0.06, -0.03 * float(ax.get_xlim()[1])))
    return ax


def _shown(groups: Sequence[str], named: Sequence[str]) -> list[str]:
    """Return the groups that are drawn, the largest first."""
    by_size = [name for name, _ in sorted(Counter(groups).items(), key=lambda item: (-item[1], item[0]))]
    chosen = set(sorted(by_size, key=lambda name: name not in named)[:MOST_ROWS])
    return [name for name in by_size if name in chosen]
