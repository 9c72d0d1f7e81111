"""Draw docs/markers.png: four markers on a map of the example's cells, as counted and as imputed.

Usage: python examples/marker_map.py OUT.png (pip install scanpy). The map is of the counts alone, t-SNE of scanpy's
principal components, and the same in all pictures: imputing moves no cell. A gene's two pictures have one scale. No
training of the two models saw these cells.
"""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib as mpl

mpl.use("agg")

import numpy as np
import scanpy as sc
from matplotlib import pyplot
from matplotlib.patheffects import withStroke

import cellfill

HERE = Path(__file__).parent
MODELS = HERE.parent / "model_cards"
GENES = ("CD14", "MS4A1", "CD8B", "KLRF1")
SHORT = {
    "CD14+ Monocyte": "Monocyte",
    "CD19+ B": "B cell",
    "CD56+ NK": "NK cell",
    "CD8+/CD45RA+ Naive Cytotoxic": "CD8 T cell",
    "CD4+/CD25 T Reg": "CD4 T cell",
    "CD4+/CD45RA+/CD25- Naive T": "CD4 T cell",
    "CD4+/CD45RO+ Memory": "CD4 T cell",
    "CD14 monocyte": "Monocyte",
}
LEVELS = mpl.colors.LinearSegmentedColormap.from_list("levels", ["#DEDEDE", "#8C6BB1", "#4D004B"])
BELOW = {"CD4 T cell"}  # whose names stand below the cells
COLOURS = {
    "Monocyte": "#D55E00",
    "B cell": "#0072B2",
    "NK cell": "#CC79A7",
    "CD8 T cell": "#009E73",
    "CD4 T cell": "#56B4E9",
    "T cell": "#8C5A2B",
    "unassigned": "#B0B0B0",
}


def main(out: Path) -> None:
    """Name, impute, and draw."""
    adata = sc.read_h5ad(HERE / "pbmc_sorted_300.h5ad")
    cellfill.annotate(adata, model=MODELS / "human-pbmc-types")
    cellfill.impute(adata, model=MODELS / "human-pbmc")
    library = np.asarray(adata.X.sum(axis=1)).ravel()
    adata.layers["counts"] = adata.X.copy()
    sc.pp.normalize_total(adata)
    sc.pp.log1p(adata)
    sc.pp.pca(adata, random_state=0)
    sc.tl.tsne(adata, n_pcs=15, learning_rate=100, random_state=0)
    places = adata.obsm["X_tsne"]

    figure, axes = pyplot.subplots(2, 5, figsize=(12, 5.2), layout="constrained")
    for ax in axes.flat:
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set_color("#E4E4E4")
        ax.margins(0.09, 0.14)
    for ax, column, title in zip(
        axes[:, 0], ("sorted_type", "cell_type"), ("sorted by antibodies", "annotate"), strict=True
    ):
        draw_types(ax, places, adata.obs[column].astype(str).map(lambda name: SHORT.get(name, name)), title)
    order = np.random.default_rng(0).permutation(adata.n_obs)
    for gene, (upper, lower) in zip(GENES, axes[:, 1:].T, strict=True):
        column = adata.var_names.get_loc(gene)
        pair = [
            np.log1p(dense(adata.layers[k][:, column]) * np.median(library) / library)
            for k in ("counts", "imputed")
        ]
        top = max(values.max() for values in pair)
        for ax, values in zip((upper, lower), pair, strict=True):
            drawn = order[np.argsort(values[order], kind="stable")]  # what is high, on top
            ax.scatter(*places[drawn].T, c=values[drawn], s=20, cmap=LEVELS, vmin=0, vmax=top, linewidths=0)
        upper.set_title(gene, fontsize=13, style="italic")
    axes[0, 1].set_ylabel("counted", fontsize=12)
    axes[1, 1].set_ylabel("imputed", fontsize=12)
    figure.savefig(out, dpi=100)


def draw_types(ax: mpl.axes.Axes, places: np.ndarray, types: object, title: str) -> None:
    """Draw the cells in the colours of their types, and the names of these where they lie."""
    names = np.asarray(types)
    ax.set_title(title, fontsize=12)
    for name in dict.fromkeys(names):
        cells = places[names == name]
        ax.scatter(*cells.T, s=20, color=COLOURS.get(name, "#404040"), linewidths=0)
        if len(cells) > 5:
            ax.annotate(
                name,
                beside(cells, 0.03 if name in BELOW else 0.93),
                ha="center",
                va="top" if name in BELOW else "bottom",
                fontsize=9,
                path_effects=[withStroke(linewidth=3, foreground="w")],
            )


def beside(cells: np.ndarray, quantile: float) -> tuple[float, float]:
    """Return where the name of a group of cells stands: above or below the middle of most of them."""
    return float(np.median(cells[:, 0])), float(np.quantile(cells[:, 1], quantile))


def dense(column: object) -> np.ndarray:
    """Return a gene's values in all cells."""
    return np.asarray(column.todense() if hasattr(column, "todense") else column, dtype=float).ravel()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
