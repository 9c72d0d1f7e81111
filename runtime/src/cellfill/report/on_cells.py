"""Sections: zeros, library sizes, and where the cells lie, before and after."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from cellfill.plots import embedding, library_sizes, zeros
from cellfill.plots.embedding import MOST_LABELS, looks_of
from cellfill.report.project import same_neighbours
from cellfill.report.section import Key, Picture, Section, Table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellfill.report.cells import Cells, Sizes
    from cellfill.report.labels import Labels
    from cellfill.report.project import Projected

_QUANTILES = {"lowest": 0.0, "quarter": 0.25, "median": 0.5, "three quarters": 0.75, "highest": 1.0}


def zeros_section(cells: Cells) -> Section:
    """Show the zeros of cells before and after."""
    kinds = {"before": cells.zeros_before, "after": cells.zeros_after, "after, rounded": cells.zeros_rounded}
    middle = {name: float(np.median(share)) for name, share in kinds.items()}
    typical = (
        ""
        if np.isnan(cells.median_fill)
        else f" Half of the values that fill a zero are below {cells.median_fill:.2g}."
    )
    return Section(
        name="zeros",
        title="Zeros, before and after",
        shows=(
            f"Of the genes that the model could fill, a cell has {middle['before']:.0%} zeros before (median) and "
            f"{middle['after']:.0%} after; rounded to whole counts it would be {middle['after, rounded']:.0%}."
            f"{typical}"
        ),
        beware=(
            "Fewer zeros are not better data. What fills a zero is an expected count, often a small fraction: a "
            "gene with 0.01 is not expressed. Do not count cells with a value above zero after imputing."
        ),
        pictures=(
            Picture(
                draw=lambda ax: zeros(cells.zeros_before, cells.zeros_after, ax, rounded=cells.zeros_rounded),
                caption="Share of zeros of each cell.",
                alt=f"Zeros by cell: median {middle['before']:.0%} before, {middle['after']:.0%} after.",
            ),
        ),
        tables=(_quantiles("Share of zeros of each cell", {k: 100 * v for k, v in kinds.items()}, unit="%"),),
    )


def sizes_section(cells: Sizes) -> Section:
    """Show the library sizes beside those that the model was trained on."""
    low, high = cells.beyond
    if cells.training is None:
        compared = "The model does not say what it was trained on."
    else:
        compared = (
            f"98% of the cells that the model was trained on had {cells.training[0]:,.0f} to "
            f"{cells.training[2]:,.0f} (the grey band; scaled to the genes that this dataset has). {low:.0%} of "
            f"these cells have fewer, {high:.0%} more."
        )
    return Section(
        name="sizes",
        title="Library sizes beside the training cells",
        shows=f"These cells have {np.median(cells.sizes):,.0f} counts in the model's genes (median). {compared}",
        beware=(
            "The model corrects for depth, but what lies far outside the band it has never seen. Cells with far "
            "fewer counts than the others may be empty droplets: filter first."
        ),
        pictures=(
            Picture(
                draw=lambda ax: library_sizes(cells.sizes, ax, training=cells.training),
                caption="Counts of each cell in the model's genes.",
                alt=f"Histogram of library sizes; {low + high:.0%} of the cells lie outside the training range.",
            ),
        ),
        tables=(_quantiles("Counts of each cell", {"these cells": cells.sizes}),),
    )


def embedding_section(cells: Cells, labels: Labels | None) -> Section:
    """Show where the cells lie before and after, by principal components and UMAP."""
    shown = labels.of_cell if labels is not None else None
    pictures = [_picture(cells, shown, after=after) for after in (False, True)]
    if cells.before.umap is not None:
        pictures += [_picture(cells, shown, after=after, umap=True) for after in (False, True)]
    tables: tuple[Table, ...] = ()
    keys: tuple[Key, ...] = ()
    colour = "by their library size"
    found = ""
    if labels is not None and shown is not None:
        looks, number = looks_of(shown), Counter(shown)
        keys = tuple(
            Key(label=label, cells=number[label], color=color, marker=marker)
            for label, (color, marker) in list(looks.items())[:MOST_LABELS]
        )
        colour = f"by the column {labels.column}"
        near = [same_neighbours(place.components, shown) for place in (cells.before, cells.after)]
        found = f" Of a cell's 15 nearest, {near[0]:.0%} have its label before and {near[1]:.0%} after."
        tables = (
            Table(
                caption=f"Cells by label ({labels.column})",
                head=("label", "cells"),
                rows=tuple((label, f"{number[label]:,}") for label in looks),
            ),
        )
    share = [place.shares[:2].sum() for place in (cells.before, cells.after)]
    return Section(
        name="embedding",
        title="The cells, before and after",
        shows=(
            f"Principal components of the {cells.variable:,} genes that vary most (log of normalised counts), "
            f"the same genes left and right, cells coloured {colour}. The first two hold {share[0]:.0%} of the "
            f"variance before and {share[1]:.0%} after.{found}"
        ),
        beware=(
            "Imputing makes cells more alike, so clusters look tighter whether they are real or not: a group that "
            "is there only after imputing is no finding. Distances between clusters in a UMAP mean nothing."
        ),
        pictures=tuple(pictures),
        keys=keys,
        tables=tables,
    )


def _picture(cells: Cells, labels: tuple[str, ...] | None, *, after: bool, umap: bool = False) -> Picture:
    place: Projected = cells.after if after else cells.before
    points = place.umap if umap and place.umap is not None else place.components[:, :2]
    when = "after" if after else "before"
    axes = (
        ("UMAP 1", "UMAP 2")
        if umap
        else (f"PC 1 ({place.shares[0]:.0%} of variance)", f"PC 2 ({place.shares[1]:.0%})")
    )
    kind = "UMAP" if umap else "Principal components"
    return Picture(
        draw=lambda ax: embedding(points, ax, labels=labels, sizes=cells.sizes, axes=axes),
        caption=f"{kind} {when} imputing.",
        alt=f"{kind} of {len(points):,} cells {when} imputing, each cell a dot.",
        height=3.4,
    )


def _quantiles(caption: str, kinds: dict[str, NDArray[np.float64]], *, unit: str = "") -> Table:
    return Table(
        caption=caption,
        head=("", *_QUANTILES),
        rows=tuple(
            (name, *(f"{np.quantile(values, q):,.0f}{unit}" for q in _QUANTILES.values()))
            for name, values in kinds.items()
        ),
    )
