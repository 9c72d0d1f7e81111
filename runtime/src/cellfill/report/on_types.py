"""Sections: the types of the cells, how sure they are, which cells have none, and whether the answers hold."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from cellfill.plots.style import BASELINE, GREY, MODEL, SMALL, legend_above, legible, on_picture, start
from cellfill.plots.types import UNASSIGNED
from cellfill.report.section import Picture, Section, Table
from cellfill.tasks.annotation.sentences import OFF, WHY, rows_of, two_digits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from cellfill.report.labels import Labels
    from cellfill.tasks.annotation.fitness import TypesFitness

    Values = NDArray[np.float32]

_MOST_DRAWN = 24
_BINS = 41
_TYPICAL = "How typical the cells are tells these: a rank among known cells, from 0 to 1."
_NO_TYPICAL = "This model does not say how typical cells are of their type: look at their markers."


def types_section(
    fitness: TypesFitness, types: Sequence[str], probability: Values, *, labels: Labels | None
) -> Section:
    """Show the types, with how many cells, how sure, and which look off.

    Parameters
    ----------
    fitness
        What was found.
    types, probability
        Of every cell.
    labels
        Of the dataset's own.
    """
    rows = rows_of(fitness)
    off = [row[0] for row in rows if row[4]]
    typical = any(row[3] == row[3] for row in rows)
    named = [row[0] for row in rows if row[0] != UNASSIGNED]
    # The remark is of words, which may break: to the left of the figures, where a phone shows it, too.
    remark = ("remark",) if off else ()
    tables = [
        Table(
            caption="Types",
            head=("type", *remark, "cells", "share", "probability", *(("typical",) if typical else ())),
            rows=tuple(
                (
                    legible(name, most=60),
                    *((OFF if looks_off else "",) if off else ()),
                    f"{number:,}",
                    f"{number / max(fitness.cells_checked, 1):.1%}",
                    two_digits(sure),
                    *((two_digits(rank),) if typical else ()),
                )
                for name, number, sure, rank, looks_off in rows
            ),
            words=1 + len(remark),
            folded=False,
        )
    ]
    if labels is not None:
        tables.append(_beside(types, labels))
    said = f" {', '.join(off)} {'look' if len(off) > 1 else 'looks'} off as a whole." if off else ""
    shown = named[:_MOST_DRAWN]
    which = np.array(types, dtype=object)
    quantiles = {name: np.nanquantile(probability[which == name], [0.1, 0.5, 0.9]) for name in shown}
    picture = Picture(
        draw=lambda ax: _sure(ax, quantiles),
        caption="How probable the model holds the type of a cell: the middle 80% of the cells, and their median.",
        alt=f"Ranges of probabilities of {len(shown)} types.",
        height=1.1 + 0.24 * max(len(shown), 2),
    )
    return Section(
        name="types",
        title="Types: how many cells, how sure",
        shows=(
            f"The model names {sum(number for name, number, *_ in rows if name != UNASSIGNED):,} of "
            f"{fitness.cells_checked:,} cells, {len(named)} types. Where it is not sure of a detailed type it "
            f"stops at a broader one.{said}"
        ),
        beware=(
            "A probability is one among the types that the model knows: a cell of another type can have a high "
            f"one. {_TYPICAL if typical else _NO_TYPICAL}"
        ),
        pictures=(picture,) if shown else (),
        tables=tuple(tables),
    )


def unassigned_section(
    fitness: TypesFitness, reasons: Sequence[str], typical: Values | None, threshold: float | None
) -> Section:
    """Show which cells have no type, and why.

    Parameters
    ----------
    fitness
        What was found.
    reasons, typical
        Of every cell; the second None where the model cannot say.
    threshold
        Cells less typical than this are unassigned; None for none.
    """
    number = sum(fitness.unassigned.values())
    why = ", ".join(f"{count:,} {WHY[key]}" for key, count in fitness.unassigned.items() if count)
    pictures: tuple[Picture, ...] = ()
    if typical is not None and threshold is not None and np.isfinite(typical).any():
        pictures = (
            Picture(
                draw=lambda ax: _typical(ax, typical, np.array([reason == "" for reason in reasons]), threshold),
                caption="How typical cells are of their type (logarithmic); left of the line they have none.",
                alt=f"Histogram of how typical cells are; {number:,} are unassigned.",
            ),
        )
    return Section(
        name="unassigned",
        title="Cells without a type, and why",
        shows=f"{number:,} of {fitness.cells_checked:,} cells are unassigned{': ' + why if why else ''}.",
        beware=(
            "Unlike any type may be a type that the model was not taught, a doublet, a damaged cell, or one with "
            "few counts: look at their markers."
        ),
        pictures=pictures,
        tables=(
            Table(
                caption="Why cells have no type",
                head=("why", "cells"),
                rows=tuple((WHY[key], f"{count:,}") for key, count in fitness.unassigned.items()),
            ),
        ),
    )


def steadiness_section(fitness: TypesFitness) -> Section:
    """Show how many answers hold when less is known of the cells."""
    rows = tuple((s.without, f"{s.same:.0%}", f"{s.chance:.0%}") for s in fitness.steadiness)
    return Section(
        name="steadiness",
        title="Whether the answers hold",
        shows="The same cells were named again, with less of them known. Beside it stands what chance would give.",
        beware=(
            "An answer that holds can be wrong, of cells of another type above all; one that does not is no answer."
        ),
        tables=(
            Table(
                caption="The most detailed answer stays the same",
                head=("with", "cells", "by chance"),
                rows=rows,
                folded=False,
            ),
        ),
    )


def _beside(types: Sequence[str], labels: Labels) -> Table:
    """Return what the model calls the cells of each label."""
    rows = []
    for label, number in sorted(Counter(labels.of_cell).items(), key=lambda item: (-item[1], item[0])):
        called = Counter(t for t, own in zip(types, labels.of_cell, strict=True) if own == label)
        most = ", ".join(f"{legible(name)} {count / number:.0%}" for name, count in called.most_common(3))
        rows.append((label, most, f"{number:,}"))
    return Table(
        caption=f"Your labels ({labels.column}), and what the model calls them",
        head=("label", "called", "cells"),
        rows=tuple(rows),
        words=2,
        folded=False,
    )


def _sure(ax: Axes, quantiles: dict[str, NDArray[np.float64]]) -> None:
    start(ax, x="probability", y="")
    places = np.arange(len(quantiles))
    low, middle, high = np.array(list(quantiles.values())).T
    ax.hlines(places, low, high, color=MODEL, linewidth=3, alpha=0.5)
    ax.plot(middle, places, "o", color=MODEL, markersize=5)
    ax.set_yticks(places, [on_picture(name, most=22) for name in quantiles], fontsize=SMALL)
    ax.invert_yaxis()
    ax.set_xlim(min(0.4, float(low.min())) - 0.02, 1.02)


def _typical(ax: Axes, typical: Values, named: NDArray[np.bool_], threshold: float) -> None:
    start(ax, x="how typical (rank among known cells)", y="cells")
    least = max(min(threshold / 30, 1e-3), 1e-4)
    values = np.clip(np.nan_to_num(typical, nan=0.0), least, 1.0)
    bins = np.geomspace(least, 1.0, _BINS).tolist()
    kinds = [values[named], values[~named]]
    ax.hist(kinds, bins=bins, stacked=True, color=[MODEL, GREY], label=["named", "unassigned"])
    ax.axvline(max(threshold, least), color=BASELINE, linewidth=1.4, label="threshold")
    ax.set(xscale="log", xlim=(least, 1.0))
    legend_above(ax, columns=3)
