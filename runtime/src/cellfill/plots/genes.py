"""How well genes are predicted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill.errors import UsageError
from cellfill.fitness import baselines
from cellfill.plots.hidden import best_method, entries_of
from cellfill.plots.style import BASELINE, GREY, MODEL, legend_above, plain_ticks, start

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from cellfill.fitness.fitness import Fitness

    Float64 = NDArray[np.float64]

GROUPS = 12
_LOOKS: tuple[dict[str, Any], ...] = (
    {"color": MODEL, "linestyle": "-", "marker": "o", "zorder": 4},
    {"color": BASELINE, "linestyle": "--", "marker": "s"},
    {"color": GREY, "linestyle": ":", "marker": "^"},
)


def gene_errors(fitness: Fitness, ax: Axes | None = None) -> Axes:
    """Draw each gene's error against its mean count, and the mean error of equal groups of genes.

    Parameters
    ----------
    fitness
        What `cellfill.Model.check` found.
    ax
        What to draw on; a new figure by default.

    Raises
    ------
    UsageError
        When nothing was measured.
    MissingDependencyError
        When matplotlib is not installed.
    """
    genes = fitness.genes
    if genes is None or not np.isfinite(genes.mse).any():
        raise UsageError("This check measured no gene, so there is nothing to draw: see its reasons.")
    ax = start(ax, x="mean count of the gene in a cell", y="mean squared error (log1p counts)")
    shown = (genes.mse > 0) & (genes.mean > 0)
    ax.scatter(genes.mean[shown], genes.mse[shown], s=2.5, color=MODEL, alpha=0.25, linewidths=0, rasterized=True)
    level, curves = error_groups(fitness)
    for (method, curve), look in zip(curves.items(), _LOOKS, strict=False):
        ax.plot(level, curve, label=method, markersize=4, linewidth=1.4, **look)
    ax.set(xscale="log", yscale="log")
    low, high = np.quantile(genes.mse[shown], [0.01, 0.999])
    drawn = np.concatenate([[low, high], *curves.values()])
    ax.set_ylim(max(drawn.min() / 1.3, 1e-4), drawn.max() * 1.3)
    plain_ticks(ax.xaxis)
    plain_ticks(ax.yaxis)
    legend_above(ax, columns=1)
    return ax


def error_groups(fitness: Fitness) -> tuple[Float64, dict[str, Float64]]:
    """Return the median mean count of twelve equal groups of genes, and their MSE by method, the model's first."""
    entries, genes = entries_of(fitness), fitness.genes
    assert genes is not None
    number = np.bincount(entries.gene, minlength=len(genes.names))
    known = np.flatnonzero((number > 0) & (genes.mean > 0))
    order = known[np.argsort(genes.mean[known], kind="stable")]
    parts = np.array_split(order, min(GROUPS, len(order)))
    curves = {}
    for method in (best_method(entries), baselines.NONZERO, baselines.MEAN_TRUNCATED):
        of_gene = np.bincount(entries.gene, entries.squares(method), len(genes.names)) / np.maximum(number, 1)
        curves[method] = np.array([of_gene[part].mean() for part in parts])
    return np.array([np.median(genes.mean[part]) for part in parts]), curves
