"""Hidden counts against what was put in their place."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from cellfill.errors import UsageError
from cellfill.fitness import baselines
from cellfill.fitness.entries import CALIBRATED, PLAIN
from cellfill.plots.style import ORANGE, SMALL, require, start

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from cellfill.fitness.entries import HiddenEntries
    from cellfill.fitness.fitness import Fitness

_TRIVIAL = (baselines.NONZERO, baselines.MEAN_TRUNCATED)
_NARROWEST = 0.07  # column of a density, in log1p counts
_ROWS = 60
_TICKS = (0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000)


def hidden_counts(
    fitness: Fitness, ax: Axes | None = None, *, method: str | None = None, colorbar: bool = True
) -> Axes:
    """Draw hidden counts against imputed ones, as a density; each column of it is one count, or a few.

    All methods of one check have one scale, so that two pictures can be compared.

    Parameters
    ----------
    fitness
        What `cellfill.Model.check` found.
    ax
        What to draw on; a new figure by default.
    method
        One of ``fitness.entries.found``; what imputing gives by default.
    colorbar
        Say which colour is how many counts.

    Raises
    ------
    UsageError
        When nothing was hidden, or there is no such method.
    MissingDependencyError
        When matplotlib is not installed.
    """
    entries = entries_of(fitness)
    method = method or best_method(entries)
    if method not in entries.found:
        raise UsageError(f"method is {method!r}; it must be one of {', '.join(entries.found)}.")
    ax = start(ax, x="count that was hidden", y="count that was put in its place")
    top = max(float(np.quantile(entries.truth, 0.999)), 3.0)
    edges = _count_edges(top), np.linspace(0, math.log1p(top), _ROWS)
    most = max(_density(entries, name, edges).max() for name in entries.found if entries.found[name].any())
    filled = np.ma.masked_equal(_density(entries, method, edges).T, 0)
    colors = require("matplotlib.colors")
    # The darkest fifth of viridis cannot be told from a dark page.
    shades = colors.ListedColormap(require("matplotlib").colormaps["viridis"](np.linspace(0.2, 1, 256)))
    norm = colors.LogNorm(vmin=1, vmax=max(2.0, most))
    mesh = ax.pcolormesh(*edges, filled, norm=norm, cmap=shades, rasterized=True)
    ax.plot((0, edges[1][-1]), (0, edges[1][-1]), color=ORANGE, linewidth=1.2)
    ticks = _ticks(top)
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_ticks([math.log1p(t) for t in ticks], [f"{t:,}" for t in ticks])
    ax.set(xlim=(edges[0][0], edges[0][-1]), ylim=(0, edges[1][-1]))
    mse, pearson = entries.scores(method)
    ax.set_title(f"{method}\nMSE {mse:.4f}, r {pearson:.3f}", fontsize=SMALL + 0.5)
    if colorbar:
        bar = ax.figure.colorbar(mesh, ax=ax, shrink=0.8, format=lambda value, _place: f"{value:,.0f}")
        bar.set_label("hidden counts", fontsize=SMALL)
        bar.ax.tick_params(labelsize=SMALL)
        bar.outline.set_visible(False)
    return ax


def entries_of(fitness: Fitness) -> HiddenEntries:
    """Return the hidden counts of a check.

    Raises
    ------
    UsageError
        When there are none.
    """
    if fitness.entries is None or not len(fitness.entries.truth):
        raise UsageError("This check hid no counts, so there is nothing to draw: see its reasons.")
    return fitness.entries


def best_method(entries: HiddenEntries) -> str:
    """Return the method that imputing uses."""
    return CALIBRATED if CALIBRATED in entries.found else PLAIN


def best_trivial(entries: HiddenEntries) -> str:
    """Return the simple method with the smallest error."""
    return min(_TRIVIAL, key=lambda method: entries.scores(method)[0])


def _density(
    entries: HiddenEntries, method: str, edges: tuple[NDArray[np.float64], NDArray[np.float64]]
) -> NDArray[np.float64]:
    places = np.log1p(entries.truth), np.log1p(entries.found[method])
    counted: NDArray[np.float64] = np.histogram2d(*places, bins=edges)[0]
    return counted


def _ticks(top: float) -> list[int]:
    """Return counts that are far enough from each other to be written."""
    kept: list[int] = []
    for tick in (t for t in _TICKS if t <= top):
        if not kept or math.log1p(tick) - math.log1p(kept[-1]) > 0.09 * math.log1p(top):
            kept.append(tick)
    return kept


def _count_edges(top: float) -> NDArray[np.float64]:
    """Return edges on the log1p scale: one column a count as far as they can be told apart, then equal ones."""
    edges = np.log1p(np.arange(1, max(int(top), 2) + 2) - 0.5)
    kept = [edges[0]]
    for edge in edges[1:]:
        if edge - kept[-1] >= _NARROWEST:
            kept.append(edge)
    return np.array(kept)
