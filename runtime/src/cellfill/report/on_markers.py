"""Section: genes before and after imputing, one by one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from cellfill.plots.gene import MOST_ROWS, SCALE, draw_by_group, draw_levels
from cellfill.plots.style import legible
from cellfill.plots.types import UNASSIGNED
from cellfill.report.clusters import LEAST_CELLS
from cellfill.report.labels import UNKNOWN
from cellfill.report.section import Part, Picture, Section, Table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellfill.report.cells import Cells
    from cellfill.report.labels import Labels
    from cellfill.report.markers import Filled, Marker

    Float64 = NDArray[np.float64]

_MORE = 1.05  # times as likely: what is worth a figure
_ROUNDED_AWAY = 0.005  # a share below this reads as 0%
_WHAT_IS_PUT_IN = {
    "expected": "the mean count given {genes}",
    "expressed": "the mean count given {genes}, if the transcript was caught",
}


def markers_section(markers: Sequence[Marker], cells: Cells, labels: Labels, *, asked: bool) -> Section:
    """Show genes before and after: on a map, by group, what was filled where, how well they are predicted.

    Parameters
    ----------
    markers, cells
        The genes, and the cells.
    labels
        The groups.
    asked
        Whether a person asked for these genes.
    """
    whose = (
        "The genes that were asked for"
        if asked
        else "Genes that tell the groups of these cells apart, that the model surely predicts by itself, and that "
        "were missed in a tenth of the cells of their group at least (for others: `--markers CD3D,MS4A1`)"
    )
    umap = cells.there.umap is not None
    what = _WHAT_IS_PUT_IN[cells.estimate].format(genes=cells.told_from)
    return Section(
        name="markers",
        title="Your genes, before and after" if asked else "Markers, before and after",
        shows=(
            f"{whose}. Groups are {labels.by}. What is put in is the estimate {cells.estimate}: "
            f"{what}. Colours and dots are {SCALE} (as deep as the median cell); the "
            f"map is {'the UMAP' if umap else 'of the first two principal components'} of the counts, and the same "
            "before and after."
        ),
        beware=(
            "What is put in comes from what the model knows of other cells, not from a molecule that was seen. "
            "Show it; test on the observed counts."
        ),
        parts=tuple(_part(marker, cells, labels) for marker in markers),
    )


def _part(marker: Marker, cells: Cells, labels: Labels) -> Part:
    name = legible(marker.name, most=24)
    if marker.before is None:
        return Part(title=name, shows=f"Not imputed: {marker.why_not}.")
    return Part(
        title=name,
        shows=_said(marker),
        pictures=_pictures(marker, name, cells, labels),
        tables=(_table(marker, name),),
    )


def _pictures(marker: Marker, name: str, cells: Cells, labels: Labels) -> tuple[Picture, ...]:
    points = cells.there.umap if cells.there.umap is not None else cells.there.components[:, :2]
    kind = ("UMAP 1", "UMAP 2") if cells.there.umap is not None else ("PC 1", "PC 2")
    before, after = marker.before, marker.after
    assert before is not None
    top = float(max(before.max(), 0.0 if after is None else after.max()))
    maps = [("as counted", before), *([] if after is None else [("as imputed", after)])]
    groups, when_both = len(set(labels.of_cell)), "before" if after is None else "before and after"
    rows = min(groups, MOST_ROWS)
    which = f" ({rows} of {groups} groups: the largest, and those named above)" if rows < groups else ""
    named = [] if marker.why_not else [row.group for row in _extremes(marker)]
    return (
        *(
            Picture(
                draw=lambda ax, values=values: draw_levels(ax, points, values, top=top, axes=kind),  # type: ignore[misc]
                caption=f"{name} {when}.",
                alt=f"Map of {len(points):,} cells, coloured by {name} {when}.",
                height=3.1,
            )
            for when, values in maps
        ),
        Picture(
            draw=lambda ax: draw_by_group(ax, before, after, labels.of_cell, named=named),
            caption=f"{name} by group{which}; each dot is a cell, the bar is the mean.",
            alt=f"Dots of {name} in {rows} groups of cells, {when_both} imputing.",
            height=max(3.1, 1.0 + 0.36 * rows),
        ),
    )


def _extremes(marker: Marker) -> tuple[Filled, ...]:
    """Return the groups in which most and least was put in, in the mean; none where nothing was filled.

    A mean of a few cells says little, and cells without a type are no group: where there are others they are left
    out.
    """
    filled = [row for row in marker.filled if row.zeros]
    groups = [row for row in filled if row.cells >= LEAST_CELLS and row.group not in (UNKNOWN, UNASSIGNED)]
    return tuple(choose(groups or filled, key=lambda row: row.put_in) for choose in (max, min)) if filled else ()


def _said(marker: Marker) -> str:
    rows = marker.filled
    cells = sum(row.cells for row in rows)
    seen = round(sum(row.seen * row.cells for row in rows))
    begun = f"Counted in {_share(seen, cells)}."
    if marker.why_not:
        return f"{begun} Not imputed: {legible(marker.why_not, most=120)}. Its counts stay as they are."
    zeros = sum(row.zeros for row in rows)
    if not zeros:
        return f"{begun} No zero of it was filled. {_how_well(marker)}"
    most, least = _extremes(marker)
    where = f"{_amount(most.put_in)} in the mean in {most.group}" + (
        f", {_amount(least.put_in)} in {least.group}" if least is not most else ""
    )
    return f"{begun} Of its zeros {zeros:,} are filled, with {where}. {_how_well(marker)}"


def _share(seen: int, cells: int) -> str:
    """Return a share of cells; as a number of them where it would be rounded to nothing."""
    share = seen / max(cells, 1)
    if 0 < share < _ROUNDED_AWAY:
        return f"{seen:,} of {cells:,} cells"
    return f"{share:.0%} of these cells" if seen else "none of these cells"


def _how_well(marker: Marker) -> str:
    """Say whether one can rely on what was filled, and by how much the model is better than the gene's mean."""
    measured = bool(np.isfinite(marker.gain))
    times = float(np.exp(marker.gain)) if measured else 1.0
    likely = f"a hidden molecule of it is {times:.1f} times as likely by the model as by the gene's mean"
    if marker.trusted:
        alone = "The model surely predicts it by itself"
        if not measured:
            return f"{alone}."
        return f"{alone}: {likely}." if times >= _MORE else f"{alone}, but hardly better than by the gene's mean."
    if not any(row.seen for row in marker.filled):
        return "Do not rely on it: these cells have no count of it by which the model could be tried."
    unsure = "that it does so by itself is not sure"
    if not measured:
        return f"Do not rely on it: it is filled since the model seems to predict it, but {unsure}."
    if times >= _MORE:
        return f"Do not rely on it: {likely}, but {unsure}."
    return (
        "Do not rely on it: it is filled since the model seems to predict it a little better than by its mean, but "
        f"{unsure}."
    )


def _amount(value: float) -> str:
    return f"{value:.2g}" if value < 10 else f"{value:,.0f}"


def _table(marker: Marker, name: str) -> Table:
    def row(of: Filled) -> tuple[str, ...]:
        put_in = "–" if of.put_in != of.put_in else f"{of.put_in:.3g}"
        return (
            of.group,
            f"{of.cells:,}",
            f"{of.seen:.0%}" if of.seen == 0 or of.seen >= _ROUNDED_AWAY else "<1%",
            f"{of.zeros:,}",
            put_in,
            f"{of.before:.3g}",
            f"{of.after:.3g}",
        )

    return Table(
        caption=f"{name}: what was filled where, in counts",
        head=("group", "cells", "counted in", "zeros filled", "mean put in", "mean before", "mean after"),
        rows=tuple(row(of) for of in marker.filled),
    )
