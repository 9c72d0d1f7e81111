"""A marker in cells that were imputed: before and after, on a map and by group."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill.errors import UsageError
from cellfill.genes.nearest import nearest_names
from cellfill.plots.components import log_normalised, principal_components, scale_of, signs_of, variable_genes
from cellfill.plots.gene import draw_by_group, draw_levels
from cellfill.plots.groups import MOST_GROUPS, usual_columns
from cellfill.plots.plane import places_of, plane_of
from cellfill.plots.style import SMALL, on_picture, require

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    Float64 = NDArray[np.float64]

_MAPS = ("X_umap", "X_tsne", "X_draw_graph_fa", "X_pca")
# Columns of var that may have a gene's other name.
_NAMES = (
    "gene_symbols",
    "gene_symbol",
    "symbol",
    "gene_names",
    "gene_name",
    "feature_name",
    "gene_ids",
    "ensembl_id",
)
_MOST_DENSE = 1 << 28  # entries of which components are computed


def marker(
    adata: Any,
    gene: str,
    axes: Sequence[Axes] | None = None,
    *,
    layer: str = "imputed",
    counts: str | None = None,
    basis: str | None = None,
    groupby: str | None = None,
) -> tuple[Axes, ...]:
    """Draw a gene as it was counted and as it was imputed: two maps of the cells, and every cell by group.

    Values are log1p of counts, scaled to the median library size of the observed counts, before and after alike, on
    one scale of colours. The map is the same in both: imputing moves no cell on it.

    Parameters
    ----------
    adata
        An AnnData that `cellfill.impute` has filled.
    gene
        Its name in ``var_names``, or in another column of names (``gene_symbols``, ``gene_ids`` ...).
    axes
        Three to draw on: the map before, the map after, and the groups; new ones by default.
    layer
        The layer with the imputed counts.
    counts
        The layer with the observed counts, ``X`` for X; by default ``counts``, else what was imputed.
    basis
        Matrix of obsm that places the cells: by default ``X_umap``, ``X_tsne``, ``X_pca`` or what
        `cellfill.embed` added; where there is none, principal components of the observed counts are computed. Of
        more than two dimensions the two strongest directions are drawn.
    groupby
        Column of obs by which cells are grouped; by default one of a usual name (``cell_type``, ``leiden`` ...),
        else they are one group.

    Returns
    -------
    The three Axes.

    Raises
    ------
    UsageError
        When there is no such gene, layer, matrix or column, or the observed values are no counts.
    MissingDependencyError
        When matplotlib is not installed.
    """
    if not isinstance(gene, str):
        raise UsageError("One gene a call, by its name: cellfill.plots.marker(adata, 'MS4A1').")
    column = _column(adata, gene)
    if layer not in adata.layers:
        have = ", ".join(map(str, adata.layers)) or "none"
        raise UsageError(
            f"There is no layers[{layer!r}]; there are: {have}. cellfill.impute(adata, model=...) adds it."
        )
    observed = _observed(adata, layer, counts)
    groups = _groups(adata, groupby)
    places, there, names = _map(adata, observed, basis)
    scale = scale_of(_sums(observed))
    before = np.log1p(_dense(observed[:, column]) * scale)
    after = np.log1p(_dense(adata.layers[layer][:, column]) * scale)
    why = _why_not(adata, layer, column)
    if axes is None:
        pyplot = require("matplotlib.pyplot")
        figure, axes = pyplot.subplots(1, 3, figsize=(11.5, 3.6), layout="constrained")
        figure.suptitle(on_picture(gene), fontsize=SMALL + 3)
    first, second, third = _three(axes)
    top = float(max(before.max(), after.max()))
    draw_levels(first, places, before[there], top=top, axes=names).set_title("as counted", fontsize=SMALL + 1)
    title = "as imputed" if not why else f"not imputed: {on_picture(why, most=48)}"
    draw_levels(second, places, after[there], top=top, axes=names).set_title(title, fontsize=SMALL + 1)
    draw_by_group(third, before, None if why else after, groups)
    return first, second, third


def _three(axes: Sequence[Axes]) -> tuple[Axes, Axes, Axes]:
    given = list(np.ravel(np.asarray(axes, dtype=object)))
    if len(given) != 3:
        raise UsageError(f"axes are {len(given)}; they must be three: the map before, the map after, the groups.")
    return given[0], given[1], given[2]


def _column(adata: Any, gene: str) -> int:
    """Return the column of a gene: by its name, else by another column of names, else in another case."""
    names = [str(name) for name in adata.var_names]
    others = [[str(name) for name in adata.var[key]] for key in _NAMES if key in adata.var]
    for wanted, change in ((gene, str), (gene.upper(), str.upper)):
        for column in (names, *others):
            places = {change(name): place for place, name in reversed(list(enumerate(column)))}
            if wanted in places:
                return places[wanted]
    near = nearest_names(gene, [name for column in (names, *others) for name in column])
    meant = f"; the nearest: {', '.join(near)}" if near else ""
    raise UsageError(f"The data have no gene {gene[:60]!r}{meant}.")


def _observed(adata: Any, layer: str, counts: str | None) -> Any:
    """Return the observed counts, cells x genes."""
    asked = counts if counts is not None else "counts" if "counts" in adata.layers else None
    if asked is None:
        record = adata.uns.get("cellfill" if layer == "imputed" else f"cellfill_{layer}")
        said = str(record.get("counts", "X")) if isinstance(record, Mapping) else "X"
        asked = said.removeprefix("layers[").removesuffix("]").strip("'\"")
    if asked != "X" and asked not in adata.layers:
        raise UsageError(
            f"There is no layers[{asked!r}] with the observed counts: name the layer that holds them (counts=...)."
        )
    matrix = adata.X if asked == "X" else adata.layers[asked]
    values = np.asarray(getattr(matrix, "data", matrix)[:100_000] if hasattr(matrix, "indptr") else matrix[:200])
    if matrix is None or not bool((values == np.rint(values)).all()) or bool((values < 0).any()):
        raise UsageError(
            f"{asked} holds no counts, so what was observed is not known: name the layer that holds the counts "
            "(counts=...). Keep them before you normalise: adata.layers['counts'] = adata.X.copy()."
        )
    return matrix


def _groups(adata: Any, groupby: str | None) -> list[str]:
    if groupby is not None and groupby not in adata.obs:
        have = ", ".join(map(str, list(adata.obs)[:10])) or "none"
        raise UsageError(f"There is no obs[{groupby!r}]; columns: {have}.")
    for name in [groupby] if groupby is not None else usual_columns(adata.obs):
        labels = [str(label) for label in adata.obs[name]]
        if groupby is not None or 1 < len(set(labels)) <= MOST_GROUPS:
            return labels
    return ["all cells"] * adata.n_obs


def _map(adata: Any, observed: Any, basis: str | None) -> tuple[Float64, NDArray[np.bool_], tuple[str, str]]:
    """Return the places of the cells that have one, which these are, and what the axes are."""
    key = basis if basis is not None else next((k for k in (*_MAPS, *_embedded(adata)) if k in adata.obsm), None)
    if key is not None:
        if key not in adata.obsm:
            have = ", ".join(map(str, adata.obsm)) or "none"
            raise UsageError(f"There is no obsm[{key!r}]; there are: {have}.")
        places, there = places_of(adata.obsm[key], f"obsm[{key!r}]")
        # Of components and maps the first two are the strongest, or all that there are.
        if key in _MAPS:
            stem = key.removeprefix("X_").upper()
            return places[:, :2], there, (f"{stem} 1", f"{stem} 2")
        plane = plane_of(places)
        return plane.cells, there, plane.axes
    if observed.shape[0] * observed.shape[1] > _MOST_DENSE:
        raise UsageError("Nothing in obsm places the cells, and they are many: sc.pp.pca or sc.tl.umap does.")
    logs = log_normalised(np.asarray(_full(observed), dtype=np.float32))
    components, shares = principal_components(logs[:, variable_genes(logs)])
    components = components * signs_of(components, None)
    axes = (f"PC 1 ({shares[0]:.0%} of variance)", f"PC 2 ({shares[1]:.0%})")
    return components[:, :2], np.ones(len(components), dtype=bool), axes


def _embedded(adata: Any) -> Iterator[str]:
    for record in adata.uns.values():
        if isinstance(record, Mapping) and str(record.get("task")) == "embed" and "key" in record:
            yield str(record["key"])


def _why_not(adata: Any, layer: str, column: int) -> str:
    """Return why a gene was not imputed; empty where it was, or nothing says so."""
    if layer not in adata.var or bool(adata.var[layer].iloc[column]):
        return ""
    reason = f"{layer}_reason"
    return str(adata.var[reason].iloc[column]) if reason in adata.var else "see var"


def _sums(matrix: Any) -> Float64:
    sums: Float64 = np.asarray(matrix.sum(axis=1), dtype=np.float64).ravel()
    return sums


def _full(matrix: Any) -> Any:
    return matrix.toarray() if hasattr(matrix, "toarray") else np.asarray(matrix)


def _dense(column: Any) -> Float64:
    return np.asarray(_full(column), dtype=np.float64).ravel()
