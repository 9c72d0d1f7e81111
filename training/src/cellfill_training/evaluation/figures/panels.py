"""How figures look: panels, colours, axes, legends."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from cellfill.fitness import baselines
from cellfill_training.evaluation.extras import require

PURPOSE = "Drawing figures"
TRIVIAL = (baselines.NONE, baselines.MEAN, baselines.NONZERO)
SIZE = 3.2  # inches, one panel

# Okabe & Ito's palette, which colour-blind readers can tell apart; the trivial methods are grey.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442", "#000000")
_GREYS = ("#BBBBBB", "#888888", "#555555")
_MARKERS = "osD^vP*X"


def styles_of(methods: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return each method's look: the same in every figure."""
    found: dict[str, dict[str, Any]] = {}
    named = [m for m in dict.fromkeys(methods) if m not in TRIVIAL]
    for number, method in enumerate(named):
        line = ("-", "--", ":")[number // len(_COLOURS) % 3]
        marker = _MARKERS[number % len(_MARKERS)]
        found[method] = {"color": _COLOURS[number % len(_COLOURS)], "linestyle": line, "marker": marker}
    for method, grey in zip(TRIVIAL, _GREYS, strict=True):
        found[method] = {"color": grey, "linestyle": "--", "marker": "."}
    return found


def panels_of(number: int, *, width: float = SIZE, height: float = SIZE) -> tuple[Any, list[Any]]:
    """Return a figure and its panels, at most three a row."""
    pyplot = require("matplotlib.pyplot", purpose=PURPOSE)
    across = 2 if number == 4 else min(number, 3)
    down = math.ceil(number / across)
    figure, axes = pyplot.subplots(
        down, across, figsize=(width * across, height * down), squeeze=False, layout="constrained"
    )
    panels = list(axes.ravel())
    for spare in panels[number:]:
        spare.set_visible(False)
    for panel in panels:
        panel.spines[["top", "right"]].set_visible(False)
        panel.tick_params(labelsize=8)
    return figure, panels[:number]


def legend_below(figure: Any, *panels: Any) -> None:
    """Put one legend under all panels, in as many columns as the width has room for."""
    labels: dict[str, Any] = {}
    for panel in panels:
        for handle, label in zip(*panel.get_legend_handles_labels(), strict=True):
            labels.setdefault(label, handle)
    longest = max(len(label) for label in labels)
    columns = max(1, min(3, int(figure.get_figwidth() * 13 / (longest + 6))))
    figure.legend(
        labels.values(), labels.keys(), loc="outside lower center", ncols=columns, fontsize=8, frameon=False
    )


def number_axis(panel: Any, values: Sequence[float]) -> None:
    """Make the x axis logarithmic with a tick at each value."""
    ticks = sorted(set(values))
    panel.set_xscale("log")
    panel.xaxis.set_ticks(ticks, [_number(t) for t in ticks])
    panel.xaxis.set_ticks([], minor=True)


def plain_ticks(axis: Any) -> None:
    """Write numbers rather than powers of ten, on a logarithmic axis."""
    ticker = require("matplotlib.ticker", purpose=PURPOSE)
    axis.set_major_locator(ticker.LogLocator(subs=(1.0, 2.0, 5.0)))
    axis.set_major_formatter(ticker.FuncFormatter(lambda value, _place: _number(value)))
    axis.set_minor_formatter(ticker.NullFormatter())


def _number(value: float) -> str:
    return f"{value:,.4g}" if value < 1000 else f"{value:,.0f}"
