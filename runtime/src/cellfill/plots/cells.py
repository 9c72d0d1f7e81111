"""Pictures of cells: their zeros and their library sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill.plots.plane import numbers_of
from cellfill.plots.style import BASELINE, GREY, INK, MODEL, legend_above, plain_ticks, start

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike

_BINS = 41


def zeros(before: ArrayLike, after: ArrayLike, ax: Axes | None = None, *, rounded: ArrayLike | None = None) -> Axes:
    """Draw how many cells have which share of zeros, before and after imputing.

    Parameters
    ----------
    before, after
        Share of zeros of each cell, from 0 to 1.
    ax
        What to draw on; a new figure by default.
    rounded
        The share after imputing when counts are rounded to whole ones.

    Raises
    ------
    UsageError
        When they are not one number a cell.
    MissingDependencyError
        When matplotlib is not installed.
    """
    ax = start(ax, x="zeros in a cell, %", y="cells")
    kinds: list[tuple[str, ArrayLike, dict[str, Any]]] = [
        ("before", before, {"color": BASELINE, "alpha": 0.65}),
        ("after", after, {"color": MODEL, "alpha": 0.65}),
    ]
    if rounded is not None:
        line = {"histtype": "step", "color": INK, "linestyle": "--", "linewidth": 1.2}
        kinds.append(("after, rounded", rounded, line))
    for label, share, look in kinds:
        ax.hist(
            100 * numbers_of(share, f"zeros {label}"), bins=np.linspace(0, 100, _BINS).tolist(), label=label, **look
        )
    ax.set_xlim(-1, 101)
    legend_above(ax, columns=3)
    return ax


def library_sizes(
    sizes: ArrayLike, ax: Axes | None = None, *, training: tuple[float, float, float] | None = None
) -> Axes:
    """Draw the library sizes of cells, and those that a model was trained on.

    Parameters
    ----------
    sizes
        Counts of each cell.
    ax
        What to draw on; a new figure by default.
    training
        The 1st, 50th and 99th percentile of the training cells, counted over the same genes.

    Raises
    ------
    UsageError
        When they are not one number a cell.
    MissingDependencyError
        When matplotlib is not installed.
    """
    values = numbers_of(sizes, "sizes")
    values = values[np.isfinite(values) & (values > 0)]
    ax = start(ax, x="counts of a cell in the model's genes", y="cells")
    reach = np.concatenate([values, [float(t) for t in training or () if t > 0]])
    low, high = (reach.min() * 0.9, reach.max() * 1.1) if len(reach) else (1.0, 10.0)
    if training is not None:
        ax.axvspan(training[0], training[2], color=GREY, alpha=0.25, linewidth=0, label="98% of training")
        ax.axvline(training[1], color=INK, linestyle="--", linewidth=1.2, label="its median")
    ax.hist(values, bins=np.geomspace(low, high, _BINS).tolist(), color=MODEL, alpha=0.8, label="these cells")
    ax.set(xscale="log", xlim=(low, high))
    plain_ticks(ax.xaxis)
    legend_above(ax, columns=3)
    return ax
