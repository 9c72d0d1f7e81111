"""The learning curve of a training, drawn with matplotlib: how good it was on its own and on held-out cells."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from cellfill.plots.style import BASELINE, GREY, INK, MODEL, SMALL, legend_above, on_picture, require, start

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from cellfill_training.fitting.epoch import Epoch, Measure

Value: TypeAlias = "Callable[[Epoch], float]"
Stage: TypeAlias = list[tuple[int, float]]
# What is drawn of each measure: the axis, then of cells that train and of others.
_DRAWN: dict[Measure, tuple[str, Value, Value]] = {
    "gain": (
        "nats a cell better than the gene's mean",
        lambda epoch: epoch.course.training_gain,
        lambda epoch: epoch.course.held_out_gain,
    ),
    "accuracy": (
        "cells named right",
        lambda epoch: epoch.course.training_accuracy,
        lambda epoch: epoch.course.held_out_accuracy,
    ),
    "loss": ("loss, a cell", lambda epoch: epoch.loss, lambda epoch: epoch.held_out_loss),
    "loss of a batch": (
        "loss of a batch: compare no lines",
        lambda epoch: epoch.loss,
        lambda epoch: epoch.held_out_loss,
    ),
}


def draw_curve(epochs: Sequence[Epoch], *, name: str) -> bytes:
    """Draw the learning curve of a training.

    Of several networks, each trained without a study or a part of one, the mean stands for the held-out cells.
    Parts of a training that are measured otherwise, pre-training say, are left out.

    Parameters
    ----------
    epochs
        In their order, one at least.
    name
        Of the model.

    Returns
    -------
    An SVG, the same bytes for the same epochs.

    Raises
    ------
    MissingDependencyError, OutputError
        When matplotlib is not installed, or finds no place for its settings.
    """
    matplotlib = require("matplotlib")
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)  # that it looks for fonts, after 5 s of it
    figure = require("matplotlib.figure").Figure(figsize=(5.4, 3.4), layout="constrained")
    measure = epochs[-1].course.measure
    own = [epoch for epoch in epochs if epoch.course.measure == measure]
    said, of_training, of_others = _DRAWN[measure]
    ax = start(figure.add_subplot(), x="epoch", y=said)
    training, others = _stages(own, of_training), _stages(own, of_others)
    if epochs[-1].held_out_loss != epochs[-1].held_out_loss:  # each of other cells; the last one is the model's
        training, others = training[-1:], _mean(others)
    _line(ax, training, label="cells that train", color=MODEL, linestyle="--")
    best = _line(ax, others, label="held-out cells", color=MODEL)
    trivial = [epoch.course.commonest for epoch in own if epoch.course.commonest == epoch.course.commonest]
    if measure == "gain":
        ax.axhline(0, color=BASELINE, label="gene's mean x library")
    elif trivial:
        ax.axhline(float(np.mean(trivial)), color=BASELINE, label="commonest type")
    ax.xaxis.set_major_locator(require("matplotlib.ticker").MaxNLocator(integer=True))
    legend_above(ax, columns=3)
    ended = _ended(epochs[-1], best if measure == "gain" else 0)
    figure.suptitle(f"{on_picture(name)}: {ended}", fontsize=SMALL, color=INK)
    stream = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "cellfill", "svg.fonttype": "none"}):
        figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    return stream.getvalue()


def _stages(epochs: Sequence[Epoch], value: Value) -> list[Stage]:
    """Return number and value of each epoch, a list a stage."""
    stages = groupby(epochs, key=lambda epoch: epoch.stage)
    return [[(epoch.number, value(epoch)) for epoch in stage] for _, stage in stages]


def _mean(stages: Sequence[Stage]) -> list[Stage]:
    """Return the mean of stages that know their values; one that ended earlier stands where it ended."""
    known = [np.array(stage).T for stage in stages if all(value == value for _, value in stage)]
    if not known:
        return []
    numbers = np.unique(np.concatenate([stage[0] for stage in known]))
    mean = np.mean([np.interp(numbers, *stage) for stage in known], axis=0)
    return [list(zip(numbers.astype(int).tolist(), mean.tolist(), strict=True))]


def _line(ax: Axes, stages: Sequence[Stage], *, label: str, **look: Any) -> int:
    """Draw a line a stage, one behind the other; return the epoch at which the last one is best, 0 for none."""
    begin, best = 0, 0
    for stage in stages:
        numbers, values = np.array(stage).T
        if np.isfinite(values).any():
            marker = "o" if len(values) == 1 else None
            ax.plot(begin + numbers, values, label=label, marker=marker, **look)
            label, best = "_" + label, int(numbers[np.nanargmax(values)])
        begin += int(numbers[-1])
        if stage is not stages[-1]:
            ax.axvline(begin + 0.5, color=GREY, linewidth=0.8, linestyle=":")
    return best


def _ended(last: Epoch, best: int) -> str:
    over = last.last or last.number == last.most
    ended = f"{last.number} epochs" if over else f"stopped after {last.number} epochs of {last.most}"
    return f"{ended}{f', best at {best}' if best else ''}; {last.seconds:,.0f} s"
