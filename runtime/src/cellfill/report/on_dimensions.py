"""Section: dimensions that have a meaning, such as terms of the Gene Ontology, by the kinds of the cells."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cellfill.bundle.manifest.graph import MAX_DIMENSION_NAME
from cellfill.plots.style import SMALL, legible, on_picture, start
from cellfill.plots.types import UNASSIGNED
from cellfill.report.labels import UNKNOWN
from cellfill.report.section import Picture, Section, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

_MOST_KINDS, _MOST_DRAWN, _LEAST_CELLS = 12, 20, 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """How high dimensions are in kinds of cells.

    Attributes
    ----------
    kinds, dimensions
        Names of those that differ most.
    mean
        (dimensions, kinds), in standard deviations of all cells from their mean.
    """

    kinds: tuple[str, ...]
    dimensions: tuple[str, ...]
    mean: NDArray[np.float64]


def dimensions_section(
    coordinates: NDArray[np.float64], names: Sequence[str], kinds: Sequence[str], *, by: str
) -> Section | None:
    """Show the dimensions that tell kinds of cells apart most.

    Parameters
    ----------
    coordinates
        Cells x dimensions.
    names
        Of the dimensions.
    kinds
        One a cell.
    by
        Whose kinds they are.

    Returns
    -------
    None where dimensions have but numbers for names, or there are no two kinds of five cells.
    """
    found = activity(coordinates, names, kinds) if tuple(names) != _numbered(len(names)) else None
    if found is None:
        return None
    shown = [legible(name, most=MAX_DIMENSION_NAME) for name in found.dimensions]
    return Section(
        name="dimensions",
        title="What the dimensions say of the cells",
        shows=(
            f"The model's {len(names):,} dimensions have names. These {len(shown)} are highest in one kind of "
            f"cells beside the others, by {by}."
        ),
        beware=(
            "A dimension is what the network made of the genes that it is named for, not a measurement of them, "
            "and many share genes. That it is high in a kind of cells is no test."
        ),
        pictures=(
            Picture(
                draw=lambda ax: draw_activity(found, ax),
                caption="Mean of each kind of cells, in standard deviations from that of all: red high, blue low.",
                alt=f"Heat map of {len(shown)} dimensions and {len(found.kinds)} kinds of cells.",
                height=1.6 + 0.2 * len(shown),
            ),
        ),
        tables=(
            Table(
                caption="Their names in full",
                head=("dimension", *(legible(kind, most=24) for kind in found.kinds)),
                rows=tuple(
                    (name, *(f"{value:+.2f}" for value in row)) for name, row in zip(shown, found.mean, strict=True)
                ),
            ),
        ),
    )


def activity(coordinates: NDArray[np.float64], names: Sequence[str], kinds: Sequence[str]) -> Activity | None:
    """Return the dimensions that are highest in one kind beside the others; None where there are no two kinds."""
    which = np.array(kinds, dtype=object)
    there = np.isfinite(coordinates).all(axis=1) & (which != UNASSIGNED) & (which != UNKNOWN)
    values, which = coordinates[there], which[there]
    shown = [kind for kind, n in Counter(which.tolist()).most_common(_MOST_KINDS) if n >= _LEAST_CELLS]
    if len(shown) < 2:
        return None
    scaled = (values - values.mean(axis=0)) / np.maximum(values.std(axis=0), 1e-12)
    means = np.stack([scaled[which == kind].mean(axis=0) for kind in shown])
    others = np.stack([scaled[which != kind].mean(axis=0) for kind in shown])
    ranked = np.argsort(others - means, axis=1, kind="stable")[:, : max(_MOST_DRAWN // len(shown), 1)]
    chosen = list(dict.fromkeys(ranked.ravel().tolist()))
    return Activity(
        kinds=tuple(map(str, shown)), dimensions=tuple(names[n] for n in chosen), mean=means[:, chosen].T
    )


def draw_activity(found: Activity, ax: Axes | None = None) -> Axes:
    """Draw a heat map, a row a dimension and a column a kind of cells."""
    ax = start(ax, x="", y="")
    most = float(np.abs(found.mean).max()) or 1.0
    ax.imshow(found.mean, aspect="auto", cmap="RdBu_r", vmin=-most, vmax=most)
    plain = [name.partition(" ")[2] if ":" in name.partition(" ")[0] else name for name in found.dimensions]
    ax.set_yticks(range(len(plain)), _told_apart(plain, most=30), fontsize=SMALL - 1.5)
    kinds = [on_picture(kind, most=16) for kind in found.kinds]
    ax.set_xticks(range(len(kinds)), kinds, rotation=60, ha="right", rotation_mode="anchor", fontsize=SMALL - 1.5)
    return ax


def _told_apart(names: Sequence[str], *, most: int) -> list[str]:
    """Return names as they are drawn; those that are cut to the same begin with the end of theirs."""
    drawn = [on_picture(name, most=most) for name in names]
    twice = {name for name, number in Counter(drawn).items() if number > 1}
    ends = [on_picture("… " + name[2 - most :], most=most) for name in names]
    return [end if name in twice else name for name, end in zip(drawn, ends, strict=True)]


def _numbered(number: int) -> tuple[str, ...]:
    return tuple(str(n) for n in range(1, number + 1))
