"""Cells in two dimensions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill.errors import UsageError
from cellfill.plots.plane import numbers_of, places_of
from cellfill.plots.style import GREY, LABELS, MARKERS, PAPER, SMALL, on_picture, plain_ticks, require, start

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike, NDArray

MOST_LABELS = len(LABELS) * len(MARKERS)
_NAME = 16  # letters of a name on the picture
# Of a letter and a name on the picture, as a share of it.
_LETTER, _NAME_HEIGHT, _EDGE = 0.024, 0.06, 0.06
_LONG_PREFIX = 6  # letters that all names begin with and that tell nothing
_SIZE, _SMALLEST = 14.0, 2.0  # square points, of a cell among a few hundred, and among many


def embedding(
    points: ArrayLike,
    ax: Axes | None = None,
    *,
    labels: Sequence[str] | None = None,
    sizes: ArrayLike | None = None,
    axes: tuple[str, str] = ("", ""),
    legend: bool = True,
) -> Axes:
    """Draw cells in two dimensions, coloured by label, each label named at the middle of its cells.

    A name that would lie on another is left to the legend.

    Parameters
    ----------
    points
        Cells x 2; those that are NaN or infinite are left out.
    ax
        What to draw on; a new figure by default.
    labels
        One a cell; the most frequent have colours of their own, the others are grey.
    sizes
        Library size of each cell, which colours them where there are no labels.
    axes
        What the two axes are called.
    legend
        Put one below the picture where names are left to it.

    Raises
    ------
    UsageError
        When there are not as many points as cells, or none that is a place.
    MissingDependencyError
        When matplotlib is not installed.
    """
    places, there = places_of(points, "points")
    number = len(labels) if labels is not None else len(np.atleast_1d(sizes)) if sizes is not None else len(there)
    if places.shape[1] != 2 or len(there) != number:
        raise UsageError(f"points are {(len(there), places.shape[1])}; they must be {number:,} cells x 2.")
    ax = start(ax, x=axes[0], y=axes[1])
    ax.set_xticks([])
    ax.set_yticks([])
    size = size_of(len(places))
    if labels is not None:
        named = [str(label) for label, placed in zip(labels, there, strict=True) if placed]
        looks = looks_of(named)
        left = draw_labelled(ax, places, named, looks, size=size)
        if legend:
            legend_below(ax, looks, left)
        return ax
    if sizes is None:
        ax.scatter(places[:, 0], places[:, 1], s=size, color=LABELS[0], linewidths=0, rasterized=True)
        return ax
    norm = require("matplotlib.colors").LogNorm()
    dots = ax.scatter(
        places[:, 0],
        places[:, 1],
        s=size,
        c=np.maximum(np.nan_to_num(numbers_of(sizes, "sizes")[there]), 1),
        norm=norm,
        linewidths=0,
        rasterized=True,
    )
    bar = ax.figure.colorbar(dots, ax=ax, shrink=0.8)
    bar.set_label("counts of the cell", fontsize=SMALL)
    bar.ax.tick_params(labelsize=SMALL)
    plain_ticks(bar.ax.yaxis)
    return ax


def looks_of(labels: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Return colour and marker of each label, the most frequent first; those beyond `MOST_LABELS` share one."""
    known = [label for label, _ in sorted(Counter(labels).items(), key=lambda item: (-item[1], item[0]))]
    looks = {
        label: (LABELS[place % len(LABELS)], MARKERS[place // len(LABELS)])
        for place, label in enumerate(known[:MOST_LABELS])
    }
    return looks | dict.fromkeys(known[MOST_LABELS:], (GREY, "o"))


def size_of(cells: int) -> float:
    """Return how large a dot is among so many, in square points."""
    return max(_SIZE * min(1.0, float(np.sqrt(400 / max(cells, 1)))), _SMALLEST)


def draw_labelled(
    ax: Axes,
    places: NDArray[np.float64],
    labels: list[str],
    looks: Mapping[str, tuple[str, str]],
    *,
    size: float,
    alpha: float = 0.75,
    unnamed: Collection[str] = (),
) -> list[str]:
    """Draw cells by label, and each label at the middle of its cells, where no other is named already.

    Parameters
    ----------
    ax, places, labels
        Where, and one label a cell.
    looks
        Colour and marker of each label that there is, see `looks_of`; those beyond `MOST_LABELS` are not named.
    size, alpha
        Of a dot.
    unnamed
        Labels whose cells lie anywhere, so that their middle is no place: not named either.

    Returns
    -------
    Labels that found no room for their name.
    """
    placed: NDArray[np.bool_] = np.asarray(np.isfinite(places).all(axis=1))
    places, labels = places[placed], [label for label, has in zip(labels, placed, strict=True) if has]
    which = np.array(labels, dtype=object)
    markers = np.array([looks[label][1] for label in labels])
    colors = np.array([looks[label][0] for label in labels])
    for marker in dict.fromkeys(markers.tolist()):
        own = markers == marker
        look: dict[str, Any] = {"c": colors[own].tolist(), "marker": marker, "alpha": alpha}
        ax.scatter(places[own, 0], places[own, 1], s=size, linewidths=0, rasterized=True, **look)
    there = [name for name in list(looks)[:MOST_LABELS] if name not in unnamed and (which == name).any()]
    middles = {name: np.median(places[which == name], axis=0) for name in there}
    cut = _shared_letters(list(looks))
    shown = {name: on_picture("…" * (cut > 0) + name[cut:], most=_NAME) for name in middles}
    ax.margins(x=0.12)
    box = {"facecolor": PAPER, "alpha": 0.8, "edgecolor": "none", "pad": 0.8}
    named = _with_room(middles, places, {name: len(text) for name, text in shown.items()})
    for label, (x, y) in named.items():
        ax.text(x, y, shown[label], ha="center", va="center", fontsize=SMALL - 1, bbox=box)
    return [name for name in middles if name not in named]


def legend_below(ax: Axes, looks: Mapping[str, tuple[str, str]], names: Sequence[str]) -> None:
    """Name labels below the picture."""
    for name in names:
        color, marker = looks[name]
        ax.scatter([], [], color=color, marker=marker, s=_SIZE, label=on_picture(name, most=32))
    if names:
        place: dict[str, Any] = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.08), "ncols": 2}
        ax.legend(fontsize=SMALL - 1, frameon=False, handletextpad=0.1, **place)


def _shared_letters(names: list[str]) -> int:
    """Return how many letters all names begin with, 0 for a few."""
    number = min(map(len, names)) if len(names) > 1 else 0
    while any(name[:number] != names[0][:number] for name in names):
        number -= 1
    return number if number >= _LONG_PREFIX else 0


def _with_room(
    middles: Mapping[str, NDArray[np.float64]], places: NDArray[np.float64], letters: Mapping[str, int]
) -> dict[str, tuple[float, float]]:
    """Return where names stand, at the middle of their cells or just above or below; none where another is.

    The first of them come first.
    """
    low, span = places.min(axis=0), np.maximum(np.ptp(places, axis=0), 1e-9)
    taken: dict[str, tuple[float, float]] = {}
    for label, middle in middles.items():
        x, y = np.clip((middle - low) / span, _EDGE, 1 - _EDGE).tolist()
        for away in (0.0, _NAME_HEIGHT, -_NAME_HEIGHT):
            hidden = any(
                abs(x - u) < _LETTER * (letters[label] + letters[other]) / 2
                and abs(y + away - v) < _NAME_HEIGHT - 1e-6
                for other, (u, v) in taken.items()
            )
            if not hidden and 0 <= y + away <= 1:
                taken[label] = (x, y + away)
                break
    return {label: (float(low[0] + x * span[0]), float(low[1] + y * span[1])) for label, (x, y) in taken.items()}
