"""Figures of hidden entries: true against imputed, and error by gene and by cell."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill.fitness import baselines
from cellfill_training.evaluation.extras import require
from cellfill_training.evaluation.figures.panels import PURPOSE, SIZE, legend_below, panels_of, plain_ticks
from cellfill_training.evaluation.records import Entries

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BINS = 12  # of the curves over genes and cells
_WIDTH = 34  # of a panel's title, in characters
_NARROWEST = 0.07  # column of a density, in log1p counts


def density(entries: Sequence[Entries]) -> Any:
    """Draw hidden against imputed counts, a panel a method; each column of cells of the figure is one count."""
    shown = [e for e in entries if e.method != baselines.NONE]
    if not shown:
        return None
    colours = require("matplotlib.colors", purpose=PURPOSE)
    figure, panels = panels_of(len(shown), height=SIZE * 1.05)
    truth = np.concatenate([e.truth for e in shown])
    top = max(float(np.quantile(truth, 0.999)), 3.0)
    across, up = _count_edges(top), np.linspace(0, math.log1p(top), 60)
    counted = [np.histogram2d(np.log1p(e.truth), np.log1p(e.imputed), bins=(across, up))[0] for e in shown]
    scale = colours.LogNorm(vmin=1, vmax=max(2.0, *(number.max() for number in counted)))
    ticks = [t for t in (0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000) if t <= top]
    mesh = None
    for panel, e, number in zip(panels, shown, counted, strict=True):
        filled = np.ma.masked_equal(number.T, 0)
        mesh = panel.pcolormesh(across, up, filled, norm=scale, cmap="viridis", rasterized=True)
        panel.plot((0, up[-1]), (0, up[-1]), color="#D55E00", linewidth=1)
        x, y = np.log1p(e.truth), np.log1p(e.imputed)
        name = "\n".join(textwrap.wrap(e.method, _WIDTH))
        panel.set_title(f"{name}\nMSE {np.mean((x - y) ** 2):.4f}, r {_pearson(x, y):.3f}", fontsize=8)
        for axis in (panel.xaxis, panel.yaxis):
            axis.set_ticks([math.log1p(t) for t in ticks], [f"{t:,}" for t in ticks])
        panel.set(xlim=(across[0], across[-1]), ylim=(0, up[-1]))
        panel.set_xlabel("hidden count", fontsize=8)
        panel.set_ylabel(f"imputed, {e.read_out}", fontsize=8)
    bar = figure.colorbar(mesh, ax=panels, shrink=0.7)
    bar.set_label("entries", fontsize=8)
    bar.ax.tick_params(labelsize=8)
    figure.suptitle(shown[0].data, fontsize=10)
    return figure


def _count_edges(top: float) -> NDArray[np.float64]:
    """Return edges on the log1p scale: one column a count as far as they can be told apart, then equal ones."""
    counts = np.arange(1, max(int(top), 2) + 2)
    edges = np.log1p(counts - 0.5)
    kept = [edges[0]]
    for edge in edges[1:]:
        if edge - kept[-1] >= _NARROWEST:
            kept.append(edge)
    return np.array(kept)


def errors(entries: Sequence[Entries], styles: dict[str, dict[str, Any]]) -> Any:
    """Draw the error of genes by their mean, and of cells by their library size: means over equal groups."""
    shown = [e for e in entries if e.method != baselines.NONE]
    if not shown:
        return None
    figure, (by_gene, by_cell) = panels_of(2, width=SIZE * 1.35)
    for e in shown:
        squares = (np.log1p(e.truth) - np.log1p(e.imputed)).astype(np.float64) ** 2
        for panel, which, level in ((by_gene, e.gene, e.gene_mean), (by_cell, e.cell, e.library)):
            x, y = _curve(level, _means(squares, which, len(level)))
            panel.plot(x, y, label=e.method, linewidth=1.2, markersize=4, **styles[e.method])
    by_gene.set_xlabel("mean count of the gene", fontsize=8)
    by_cell.set_xlabel("counts of the cell", fontsize=8)
    for panel, what in ((by_gene, "genes"), (by_cell, "cells")):
        panel.set_xscale("log")
        panel.set_yscale("log")
        plain_ticks(panel.xaxis)
        plain_ticks(panel.yaxis)
        panel.set_ylabel(f"MSE of log1p counts,\nmean of equal groups of {what}", fontsize=8)
    legend_below(figure, by_gene)
    figure.suptitle(shown[0].data, fontsize=10)
    return figure


def _pearson(x: NDArray[np.float32], y: NDArray[np.float32]) -> float:
    return float(np.corrcoef(x, y)[0, 1]) if x.std() > 0 and y.std() > 0 else 0.0


def _means(values: NDArray[np.float64], group: NDArray[np.intp], groups: int) -> NDArray[np.float64]:
    """Return the mean of each group, NaN for an empty one."""
    number = np.bincount(group, minlength=groups)
    total = np.bincount(group, values, groups)
    return np.where(number > 0, total / np.maximum(number, 1), np.nan)


def _curve(
    level: NDArray[np.float64], value: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the median level and the mean value of equally large groups, by level."""
    known = np.flatnonzero(np.isfinite(value) & (level > 0))
    parts = np.array_split(known[np.argsort(level[known], kind="stable")], min(_BINS, len(known)))
    return np.array([np.median(level[p]) for p in parts]), np.array([np.mean(value[p]) for p in parts])
