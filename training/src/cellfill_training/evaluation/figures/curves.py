"""Figures over the number of cells: what is learned, and what it costs."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from cellfill.fitness import baselines
from cellfill_training.evaluation.figures.panels import SIZE, legend_below, number_axis, panels_of, plain_ticks
from cellfill_training.evaluation.protocols.filling import UNCHANGED
from cellfill_training.evaluation.records import Summary

_CURVES: tuple[tuple[str, str, str, str], ...] = (
    ("masked", "expressed", "mse", "masked MSE, expressed"),
    ("masked", "expressed", "pearson", "masked Pearson, expressed"),
    ("molecules", "expected", "poisson_loss_floored", "molecules: Poisson loss, expected"),
    ("molecules", "expected", "mse", "molecules: MSE, expected"),
    ("truth", "expected", "gene_correlation", "truth: correlation by gene, expected"),
    ("clusters", "expected", "ari", "clusters: ARI, expected"),
)


def by_cells(summaries: Sequence[Summary], styles: dict[str, dict[str, Any]]) -> Any:
    """Draw the figures of merit by number of cells; None where there is one number."""
    whole = [s for s in summaries if s.share == 1]
    return _learning(whole, styles, lambda s: s.cells, "cells")


def by_share(summaries: Sequence[Summary], styles: dict[str, dict[str, Any]]) -> Any:
    """Draw them by the share of the cells that was learned from; None where all was."""
    if all(s.share == 1 for s in summaries):
        return None
    most = max(s.cells for s in summaries)
    learners = {s.method for s in summaries if s.share < 1}
    own = [s for s in summaries if s.cells == most and s.method in learners]
    return _learning(own, styles, lambda s: 100 * s.share, "% of the cells learned from")


def _learning(
    summaries: Sequence[Summary], styles: dict[str, dict[str, Any]], x: Callable[[Summary], float], label: str
) -> Any:
    """Draw figures of merit by something that grows, with the spread over draws; None for a single point."""
    curves = [
        (title, figure, found)
        for protocol, read_out, figure, title in _CURVES
        if (found := [s for s in summaries if s.protocol == protocol and s.read_out in (read_out, UNCHANGED)])
        and len({x(s) for s in found}) > 1
    ]
    if not curves:
        return None
    figure, panels = panels_of(len(curves), width=SIZE * 1.2)
    for panel, (title, key, found) in zip(panels, curves, strict=True):
        for method in dict.fromkeys(s.method for s in found):
            if method == baselines.NONE and "masked" in title:
                continue  # far off the scale of all others
            points = sorted((s for s in found if s.method == method), key=x)
            spread = [0.0 if math.isnan(s.spread[key]) else s.spread[key] for s in points]
            panel.errorbar(
                [x(s) for s in points],
                [s.mean[key] for s in points],
                yerr=spread,
                label=method,
                linewidth=1.2,
                markersize=4,
                capsize=2,
                **styles[method],
            )
        number_axis(panel, [x(s) for s in found])
        panel.set_xlabel(label, fontsize=8)
        panel.set_title(title, fontsize=8)
    legend_below(figure, *panels)
    figure.suptitle(f"{summaries[0].data}, mean ± SD over draws", fontsize=10)
    return figure


def costs(summaries: Sequence[Summary], styles: dict[str, dict[str, Any]]) -> Any:
    """Draw seconds and memory by number of cells."""
    preferred = "masked" if any(s.protocol == "masked" for s in summaries) else summaries[0].protocol
    found: dict[tuple[str, int], Summary] = {}
    for s in summaries:
        if s.protocol == preferred and s.seeds and s.share == 1 and s.method != baselines.NONE:
            found.setdefault((s.method, s.cells), s)
    if not found:
        return None
    figure, panels = panels_of(2, width=SIZE * 1.35)
    for panel, key, label in (
        (panels[0], "seconds", "seconds, training (if any) and prediction"),
        (panels[1], "peak_mb", "peak memory of the process, MB"),
    ):
        for method in dict.fromkeys(method for method, _ in found):
            points = sorted((s for (m, _), s in found.items() if m == method), key=lambda s: s.cells)
            x, y = [s.cells for s in points], [getattr(s, key) for s in points]
            panel.plot(x, y, label=method, linewidth=1.2, markersize=4, **styles[method])
        panel.set_yscale("log")
        plain_ticks(panel.yaxis)
        number_axis(panel, [s.cells for s in found.values()])
        panel.set_xlabel("cells", fontsize=8)
        panel.set_ylabel(label, fontsize=8)
    legend_below(figure, *panels)
    return figure
