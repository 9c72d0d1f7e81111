"""How pictures look: colours, axes, numbers on them."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from cellfill.errors import MissingDependencyError, OutputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

# Okabe & Ito's palette, which colour-blind readers can tell apart, its yellow and black replaced: the one cannot be
# seen on white, the other not on a dark page.
BLUE, ORANGE, GREEN, PINK, AMBER, SKY = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"
BROWN, GREY = "#8C5A2B", "#808080"
LABELS = (BLUE, ORANGE, GREEN, PINK, AMBER, SKY, BROWN)
MARKERS = ("o", "^", "s")
MODEL, BASELINE = BLUE, ORANGE
INK, PAPER = "#1C2126", "#FEFEFE"
SMALL = 8.5  # points, of all text


def require(module: str) -> Any:
    """Import a module of the extra ``report``.

    Raises
    ------
    MissingDependencyError
        When it is not installed.
    OutputError
        When it finds no place for its settings.
    """
    try:
        return importlib.import_module(module)
    except OSError as error:  # matplotlib, where neither its own folder nor a temporary one can be made
        raise OutputError(no_place(module)) from error
    except ImportError as error:
        raise MissingDependencyError(
            f"Pictures and reports need {module.partition('.')[0]}: pip install 'cellfill[report]'."
        ) from error


def no_place(module: str) -> str:
    """Return what to do where a library finds no folder for its settings."""
    name = module.partition(".")[0]
    return f"{name} needs a folder that it can write to, and finds none: let TMPDIR name one (or MPLCONFIGDIR)."


def start(ax: Axes | None, *, x: str, y: str) -> Axes:
    """Return the Axes to draw on, new ones where there are none, with their labels."""
    if ax is None:
        ax = require("matplotlib.pyplot").subplots(figsize=(4.2, 3.6), layout="constrained")[1]
    assert ax is not None
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(labelsize=SMALL)
    ax.set_xlabel(x, fontsize=SMALL)
    ax.set_ylabel(y, fontsize=SMALL)
    return ax


def legend_above(ax: Axes, *, columns: int) -> None:
    """Put the legend above the picture, where it hides nothing."""
    ax.legend(
        fontsize=SMALL,
        frameon=False,
        loc="lower center",
        bbox_to_anchor=(0.5, 1.0),
        ncols=columns,
        columnspacing=1.2,
        handlelength=1.5,
    )


def plain_ticks(axis: Axis) -> None:
    """Write numbers rather than powers of ten, on a logarithmic axis."""
    ticker = require("matplotlib.ticker")
    low, high = sorted(axis.get_view_interval())
    wide = low > 0 and high / low > 300
    axis.set_major_locator(ticker.LogLocator(subs=(1.0,) if wide else (1.0, 2.0, 5.0)))
    axis.set_major_formatter(ticker.FuncFormatter(lambda value, _place: number(value)))
    axis.set_minor_formatter(ticker.NullFormatter())


def number(value: float) -> str:
    """Return a number as a person writes it on an axis."""
    return f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"


def legible(text: object, *, most: int = 40) -> str:
    """Return a name from someone's file as one short line: what cannot be printed is marked, the end is cut."""
    shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in str(text)[: most * 2])
    shown = " ".join(shown.split())
    return shown if len(shown) <= most else shown[: most - 1].rstrip() + "…"


def on_picture(text: object, *, most: int = 40) -> str:
    """Return such a name for a picture, where matplotlib would take $ for mathematics."""
    return legible(text, most=most).replace("\\", "∖").replace("$", r"\$")
