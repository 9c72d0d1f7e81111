"""How well genes are predicted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill.errors import UsageError
from cellfill.fitness.gene_errors import errors_by_gene
from cellfill.plots.hidden import best_method, best_trivial, entries_of
from cellfill.plots.style import BASELINE, MODEL, legend_above, plain_ticks, start

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from cellfill.fitness.fitness import Fitness

    Float64 = NDArray[np.float64]

GROUPS = 12
_WITHIN = (0.5, 2.0)  # of the ratio, at least


def gene_errors(fitness: Fitness, ax: Axes | None = None) -> Axes:
    """Draw each gene's error beside that of the best simple method, against its mean count; below 1 is better.

    The line is of twelve equal groups of genes. The few genes beyond are drawn at the edge.

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
    ax = start(ax, x="mean count of the gene in a cell", y="error / error of the best simple method")
    ratio = error_ratios(fitness)
    shown = np.isfinite(ratio) & (ratio > 0) & (genes.mean > 0)
    level, model, simple = error_groups(fitness)
    of_groups = model / np.maximum(simple, 1e-12)
    low, high = np.quantile(ratio[shown], [0.005, 0.995])
    low, high = min(low, _WITHIN[0]), max(high, _WITHIN[1])
    inside = np.clip(ratio, low, high)
    look: dict[str, Any] = {"color": MODEL, "alpha": 0.3, "linewidths": 0, "rasterized": True}
    ax.scatter(genes.mean[shown], inside[shown], s=3.5, **look)
    ax.axhline(1, color=BASELINE, linestyle="--", linewidth=1.4, label="as large as the simple method's")
    line: dict[str, Any] = {"color": MODEL, "marker": "o", "markersize": 4, "linewidth": 1.4}
    ax.plot(level, np.clip(of_groups, low, high), label="the model, groups of genes", **line)
    ax.set(xscale="log", yscale="log", ylim=(low / 1.08, high * 1.08))
    plain_ticks(ax.xaxis)
    plain_ticks(ax.yaxis)
    legend_above(ax, columns=1)
    return ax


def error_ratios(fitness: Fitness) -> Float64:
    """Return the error of each judged gene on its hidden counts, beside that of the best simple method of all.

    Both are weighed with those of genes as much expressed, see `errors_by_gene`; NaN for a gene without counts.
    """
    entries, genes = entries_of(fitness), fitness.genes
    assert genes is not None
    simple = errors_by_gene(entries.squares(best_trivial(entries)), entries.gene, genes.mean)
    return genes.mse / np.where(simple > 0, simple, np.nan)


def error_groups(fitness: Fitness) -> tuple[Float64, Float64, Float64]:
    """Return the median mean count of twelve equal groups of genes, and the MSE of model and best simple method."""
    entries, genes = entries_of(fitness), fitness.genes
    assert genes is not None
    number = np.bincount(entries.gene, minlength=len(genes.names))
    known = np.flatnonzero((number > 0) & (genes.mean > 0))
    order = known[np.argsort(genes.mean[known], kind="stable")]
    parts = np.array_split(order, min(GROUPS, len(order)))
    curves = []
    for method in (best_method(entries), best_trivial(entries)):
        of_gene = np.bincount(entries.gene, entries.squares(method), len(genes.names)) / np.maximum(number, 1)
        curves.append(np.array([of_gene[part].mean() for part in parts]))
    return np.array([np.median(genes.mean[part]) for part in parts]), curves[0], curves[1]
