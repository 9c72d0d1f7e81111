"""Section: where the cells lie, by their types, and over the cells that the model knows."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from cellfill.plots import embedding
from cellfill.plots.embedding import MOST_LABELS
from cellfill.plots.types import draw_on_reference, draw_types, looks_of_types
from cellfill.report.section import Key, Picture, Section

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cellfill.plots.plane import Plane
    from cellfill.report.labels import Labels
    from cellfill.report.places import Places


def map_section(
    places: Places, types: Sequence[str] | None, *, order: Sequence[str], labels: Labels | None
) -> Section:
    """Show where the cells lie.

    Parameters
    ----------
    places
        Where.
    types
        One a cell; None for a model that names none.
    order
        The model's types, by which colours are given.
    labels
        Of the dataset's own.
    """
    named = list(types) if types is not None else []
    looks = looks_of_types([*named, *places.kinds], order)
    pictures: list[Picture] = []
    for plane, what in ((places.plane, "The cells"), (places.umap, "UMAP of the cells")):
        if plane is None:
            continue
        if types is not None:
            pictures.append(_of_types(plane, named, looks, what))
        if plane.reference is not None:
            pictures.append(_over(plane, places.kinds, looks, what))
    if labels is not None or not pictures:
        pictures.append(_of_labels(places.plane, labels))
    number = Counter(named) if types is not None else Counter(places.kinds)
    where = (
        "in the model's embedding, in which a cell's place depends on that cell alone"
        if places.embedded
        else "by principal components of these cells: the model has no embedding"
    )
    known = " The coloured cells behind are some that the model knows, by their types." if places.kinds else ""
    return Section(
        name="map",
        title="Where the cells lie",
        shows=f"Cells {where}, in its two strongest directions.{known}",
        beware=(
            "Cells that the model was not made for fall on the map, too, where there is room: their place does not "
            "tell them. Distances between groups in a UMAP mean nothing."
        ),
        pictures=tuple(pictures),
        keys=tuple(
            Key(label=name, cells=number[name], color=color, marker=marker)
            for name, (color, marker) in list(looks.items())[: MOST_LABELS + 2]
            if number[name] or name in places.kinds
        ),
    )


def _of_types(plane: Plane, types: list[str], looks: dict[str, tuple[str, str]], what: str) -> Picture:
    return Picture(
        draw=lambda ax: draw_types(plane, types, looks, ax),
        caption=f"{what} by the types that the model gives them; unassigned ones grey.",
        alt=f"{what}: {len(types):,} dots, coloured by {len(set(types))} types.",
        height=3.4,
    )


def _over(plane: Plane, kinds: list[str], looks: dict[str, tuple[str, str]], what: str) -> Picture:
    return Picture(
        draw=lambda ax: draw_on_reference(plane, kinds, looks, ax),
        caption=f"{what}, dark, over {len(kinds):,} cells of the model's studies, coloured by type.",
        alt=f"{what}: {len(plane.cells):,} dark dots over {len(kinds):,} known cells, coloured by type.",
        height=3.4,
    )


def _of_labels(plane: Plane, labels: Labels | None) -> Picture:
    shown = labels.of_cell if labels is not None else None
    by = "" if labels is None else f" by your labels ({labels.column})"
    return Picture(
        draw=lambda ax: embedding(plane.cells, ax, labels=shown, axes=plane.axes),
        caption=f"The same cells{by}.",
        alt=f"The cells: {len(plane.cells):,} dots{by}.",
        height=3.4,
    )
