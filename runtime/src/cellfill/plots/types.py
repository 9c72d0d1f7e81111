"""Cells by the types that a model gave them, and over the cells that the model knows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill.errors import UsageError
from cellfill.plots.embedding import draw_labelled, legend_below, looks_of, size_of
from cellfill.plots.plane import Plane, places_of, plane_of
from cellfill.plots.style import GREY, INK, LABELS, MARKERS, start

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from cellfill.bundle.reference import Reference
    from cellfill.model import Model

UNASSIGNED, UNKNOWN = "unassigned", "type not known"
_PLAIN = (GREY, "o")


def types(adata: Any, ax: Axes | None = None, *, key: str = "cell_type", basis: str | None = None) -> Axes:
    """Draw cells in two dimensions, coloured by the types that `cellfill.annotate` gave them; unassigned ones grey.

    Parameters
    ----------
    adata
        An AnnData.
    ax
        What to draw on; a new figure by default.
    key
        Column of obs with the types.
    basis
        Matrix of obsm that places the cells: by default ``X_umap`` where it is there, else what `cellfill.embed`
        added, else ``X_pca``. Of more than two dimensions the two strongest directions are drawn.

    Raises
    ------
    UsageError
        When there is no such column, or no such matrix.
    MissingDependencyError
        When matplotlib is not installed.
    """
    if key not in adata.obs:
        raise UsageError(f"There is no obs[{key!r}]: name the cells with cellfill.annotate, or give key=... .")
    places, there = _places(adata, basis)
    labels = [str(label) for label in adata.obs[key][there]]
    return draw_types(plane_of(places), labels, looks_of_types(labels), ax, legend=True)


def on_reference(
    adata: Any, model: Model | str | Path, ax: Axes | None = None, *, basis: str | None = None
) -> Axes:
    """Draw cells, dark, over the cells that a model knows, which are coloured by their types.

    Parameters
    ----------
    adata
        An AnnData that `cellfill.embed` has placed with the same model.
    model
        The model, or its name, see `cellfill.load`; it must bring a reference.
    ax
        What to draw on; a new figure by default.
    basis
        Matrix of obsm that `cellfill.embed` added; by default the model's own.

    Raises
    ------
    UsageError
        When the model brings no reference, there is no such matrix, or it is of other dimensions.
    MissingDependencyError
        When matplotlib is not installed.
    """
    from cellfill.loading import loaded

    bundle = loaded(model, task="embed").opened.bundle
    section, reference = bundle.manifest.embedding, bundle.reference
    assert section is not None
    if reference is None:
        raise UsageError(
            f"The model {bundle.manifest.name} brings no cells that it knows (reference.tsv): draw yours with "
            "cellfill.plots.types."
        )
    places, _ = _places(adata, basis or section.key)
    if places.shape[1] != reference.coordinates.shape[1]:
        raise UsageError(
            f"The cells have {places.shape[1]} dimensions and the model's reference "
            f"{reference.coordinates.shape[1]}: place them with this model (cellfill.embed)."
        )
    kinds = types_of(reference)
    plane = plane_of(places, reference.coordinates)
    return draw_on_reference(plane, kinds, looks_of_types(kinds), ax, legend=True)


def types_of(reference: Reference) -> list[str]:
    """Return the type of each cell of a reference."""
    return [kind or UNKNOWN for kind in reference.types]


def looks_of_types(labels: Sequence[str], order: Iterable[str] = ()) -> dict[str, tuple[str, str]]:
    """Return colour and marker of each type, by the order that is given, else the most frequent first.

    Cells without a type are grey.
    """
    there = set(labels) - {UNASSIGNED, UNKNOWN}
    known = [name for name in (order or looks_of(labels)) if name in there]
    shown = len(LABELS) * len(MARKERS)
    looks = {
        name: (LABELS[place % len(LABELS)], MARKERS[place // len(LABELS)]) if place < shown else _PLAIN
        for place, name in enumerate(known)
    }
    return looks | {name: _PLAIN for name in (UNASSIGNED, UNKNOWN) if name in labels}


def draw_types(
    plane: Plane,
    labels: list[str],
    looks: Mapping[str, tuple[str, str]],
    ax: Axes | None = None,
    *,
    legend: bool = False,
) -> Axes:
    """Draw cells by type, those without one below the others; ``legend`` names what found no room on it."""
    ax = _start(plane, ax)
    last = np.argsort([label != UNASSIGNED for label in labels], kind="stable")
    left = draw_labelled(
        ax,
        plane.cells[last],
        [labels[i] for i in last],
        looks,
        size=size_of(len(labels)),
        unnamed=(UNASSIGNED, UNKNOWN),
    )
    if legend:
        legend_below(ax, looks, left)
    return ax


def draw_on_reference(
    plane: Plane,
    kinds: list[str],
    looks: Mapping[str, tuple[str, str]],
    ax: Axes | None = None,
    *,
    legend: bool = False,
) -> Axes:
    """Draw new cells, dark and small, over known ones, pale and by type; ``legend`` as in `draw_types`."""
    ax = _start(plane, ax)
    assert plane.reference is not None
    size = size_of(len(kinds))
    unnamed = (UNASSIGNED, UNKNOWN)
    left = draw_labelled(ax, plane.reference, kinds, looks, size=2 * size, alpha=0.5, unnamed=unnamed)
    dot = max(0.35 * size_of(len(plane.cells)), 0.8)
    ax.scatter(plane.cells[:, 0], plane.cells[:, 1], s=dot, color=INK, linewidths=0, alpha=0.8)
    if legend:
        legend_below(ax, looks, left)
    return ax


def _start(plane: Plane, ax: Axes | None) -> Axes:
    ax = start(ax, x=plane.axes[0], y=plane.axes[1])
    ax.set_xticks([])
    ax.set_yticks([])
    return ax


def _places(adata: Any, basis: str | None) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the places of the cells that have one, and which these are."""
    key = basis or _basis(adata)
    if key not in adata.obsm:
        have = ", ".join(map(str, adata.obsm)) or "none"
        raise UsageError(f"There is no obsm[{key!r}]; there are: {have}. Place the cells with cellfill.embed.")
    return places_of(adata.obsm[key], f"obsm[{key!r}]")


def _basis(adata: Any) -> str:
    own = [
        str(record["key"])
        for record in adata.uns.values()
        if isinstance(record, Mapping) and str(record.get("task")) == "embed" and "key" in record
    ]
    for key in ("X_umap", *own, "X_pca"):
        if key in adata.obsm:
            return key
    raise UsageError("Nothing in obsm places the cells: cellfill.embed does, or scanpy (sc.tl.umap).")
