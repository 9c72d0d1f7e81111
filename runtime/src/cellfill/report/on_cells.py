"""Sections: zeros, library sizes, and where the cells lie, before and after."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from cellfill.plots import embedding, library_sizes
from cellfill.plots.embedding import MOST_LABELS, looks_of
from cellfill.plots.zeros import FILLED, SEEN, draw_zeros
from cellfill.report.project import same_neighbours
from cellfill.report.section import Key, Picture, Section, Table

if TYPE_CHECKING:
    from cellfill.report.cells import Cells, Sizes
    from cellfill.report.labels import Labels
    from cellfill.report.project import Projected

_QUANTILES = {"lowest": 0.0, "quarter": 0.25, "median": 0.5, "three quarters": 0.75, "highest": 1.0}


def zeros_section(cells: Cells) -> Section:
    """Show what becomes of the zeros."""
    shares = cells.zeros
    zero = 1 - shares[SEEN]
    filled, counted = sum(shares[name] for name in FILLED), shares[FILLED[-1]]
    little = sum(shares[name] for name in FILLED[:2])
    return Section(
        name="zeros",
        title="What becomes of the zeros",
        shows=(
            f"Of all counts of the genes that the model could fill, {zero:.0%} are zeros. {_of(filled, zero)} of "
            f"these get a value: {_of(little, zero)} of all zeros less than 0.1, which says that the gene is off "
            f"or hardly on, and {_of(counted, zero)} get 0.5 or more, a count if it were rounded."
        ),
        beware=(
            "Fewer zeros are not better data. What fills a zero is an expected count, often a small fraction: a "
            "gene with 0.01 is not expressed. Do not count cells with a value above zero after imputing."
        ),
        pictures=(
            Picture(
                draw=lambda ax: draw_zeros(shares, ax),
                caption="All counts of these genes in these cells, by what becomes of them.",
                alt=f"Bars: {shares[SEEN]:.0%} counted before, {filled:.0%} zeros that get a value.",
                height=2.4,
            ),
        ),
        tables=(
            Table(
                caption="Counts by what becomes of them",
                head=("counts that are", "share"),
                rows=tuple((name, f"{share:.2%}") for name, share in shares.items()),
            ),
        ),
    )


def _of(part: float, whole: float) -> str:
    share = 100 * part / whole if whole else 0.0
    return f"{share:.0f}%" if share >= 10 or share == 0 else f"{share:.2g}%"


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
    values = tuple(f"{np.quantile(cells.sizes, q):,.0f}" for q in _QUANTILES.values())
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
        tables=(Table(caption="Counts of each cell", head=("", *_QUANTILES), rows=(("these cells", *values),)),),
    )


def embedding_section(cells: Cells, labels: Labels) -> Section:
    """Show where the cells lie before and after, by principal components and UMAP."""
    shown = labels.of_cell
    pictures = [_picture(cells, shown, after=after) for after in (False, True)]
    if cells.there.umap is not None:
        pictures += [_picture(cells, shown, after=after, umap=True) for after in (False, True)]
    looks, number = looks_of(shown), Counter(shown)
    near = [same_neighbours(place.components, shown) for place in (cells.there, cells.here)]
    whose = "label" if labels.column else "cluster"
    share = [place.shares[:2].sum() for place in (cells.there, cells.here)]
    return Section(
        name="embedding",
        title="The cells, before and after",
        shows=(
            f"Principal components of the {cells.variable:,} genes that vary most (log of normalised counts), "
            f"the same genes left and right, cells coloured by {labels.by}. The first two hold {share[0]:.0%} of "
            f"the variance before and {share[1]:.0%} after. Of a cell's 15 nearest, {near[0]:.0%} have its {whose} "
            f"before and {near[1]:.0%} after."
        ),
        beware=(
            "Imputing makes cells more alike, so clusters look tighter whether they are real or not: a group that "
            "is there only after imputing is no finding. Distances between clusters in a UMAP mean nothing."
        ),
        pictures=tuple(pictures),
        keys=tuple(
            Key(label=label, cells=number[label], color=color, marker=marker)
            for label, (color, marker) in list(looks.items())[:MOST_LABELS]
        ),
        tables=(
            Table(
                caption=f"Cells by {whose}" + (f" ({labels.column})" if labels.column else ""),
                head=(whose, "cells"),
                rows=tuple((label, f"{number[label]:,}") for label in looks),
            ),
        ),
    )


def _picture(cells: Cells, labels: tuple[str, ...], *, after: bool, umap: bool = False) -> Picture:
    place: Projected = cells.here if after else cells.there
    points = place.umap if umap and place.umap is not None else place.components[:, :2]
    when = "after" if after else "before"
    axes = (
        ("UMAP 1", "UMAP 2")
        if umap
        else (f"PC 1 ({place.shares[0]:.0%} of variance)", f"PC 2 ({place.shares[1]:.0%})")
    )
    kind = "UMAP" if umap else "Principal components"
    return Picture(
        draw=lambda ax: embedding(points, ax, labels=labels, axes=axes, legend=False),
        caption=f"{kind} {when} imputing.",
        alt=f"{kind} of {len(points):,} cells {when} imputing, each cell a dot.",
        height=3.4,
    )
