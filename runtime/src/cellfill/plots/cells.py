"""Cells by their library sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cellfill.plots.plane import numbers_of
from cellfill.plots.style import GREY, INK, MODEL, legend_above, plain_ticks, start

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike

_BINS = 41


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
