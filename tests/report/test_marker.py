"""A marker before and after, as a function of an AnnData."""

import anndata
import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure
from scipy import sparse

from cellfill import plots
from cellfill.errors import UsageError
from cellfill.genes.nearest import nearest_names

mpl.use("Agg")

COUNTS = np.array([[4, 0, 1], [0, 2, 1], [0, 1, 1], [2, 0, 0]], dtype=np.float32)
IMPUTED = np.array([[4, 0.5, 1], [0.25, 2, 1], [0.1, 1, 1], [2, 0.2, 0]], dtype=np.float32)


@pytest.fixture
def cells():
    made = anndata.AnnData(sparse.csr_matrix(COUNTS))
    made.var_names = ["CD3D", "CD3E", "MS4A1"]
    made.var["gene_ids"] = ["ENSG1", "ENSG2", "ENSG3"]
    made.var["imputed"] = [True, True, False]
    made.var["imputed_reason"] = ["imputed", "imputed", "not in the model"]
    made.layers["imputed"] = IMPUTED.copy()
    made.obs["leiden"] = ["0", "0", "1", "1"]
    made.obsm["X_umap"] = np.array([[0.0, 1.0], [1.0, 0.0], [2.0, 2.0], [3.0, 1.0]])
    made.uns["cellfill"] = {"counts": "X"}
    return made


@pytest.fixture
def axes():
    return Figure().subplots(1, 3)


def levels(ax):
    """Return the value of each cell of a map, by its place."""
    dots = ax.collections[0]
    return dict(zip(map(tuple, dots.get_offsets().tolist()), dots.get_array().tolist(), strict=True))


def test_it_is_drawn_before_and_after_at_one_scale(cells, axes):
    first, second, third = plots.marker(cells, "CD3D", axes)
    assert [first, second, third] == list(axes)
    library = COUNTS.sum(axis=1)
    places = list(map(tuple, cells.obsm["X_umap"].tolist()))
    for ax, values in ((first, COUNTS), (second, IMPUTED)):
        expected = np.log1p(values[:, 0] * np.median(library) / library)
        found = levels(ax)
        assert [found[place] for place in places] == pytest.approx(expected.tolist())
    assert first.collections[0].norm.vmax == second.collections[0].norm.vmax == pytest.approx(np.log1p(2.5))
    assert (first.get_xlabel(), first.get_title(), second.get_title()) == ("UMAP 1", "as counted", "as imputed")
    assert {label.get_text() for label in third.get_yticklabels()} == {"0", "1"}


def test_it_makes_a_figure_and_finds_a_map_groups_and_names_by_itself(cells):
    del cells.obsm["X_umap"], cells.obs["leiden"]
    for name in ("ENSG1", "cd3d"):
        first, _, third = plots.marker(cells, name)
        assert first.get_xlabel().startswith("PC 1")
        assert [label.get_text() for label in third.get_yticklabels()] == ["all cells"]
    mpl.pyplot.close("all")


def test_a_gene_that_was_not_imputed_says_why(cells, axes):
    _, second, third = plots.marker(cells, "MS4A1", axes, groupby="leiden")
    assert second.get_title() == "not imputed: not in the model"
    assert [text.get_text() for text in third.get_legend().get_texts()] == ["before"]


def test_observed_counts_are_found_after_normalising(cells, axes):
    cells.layers["counts"] = cells.X.copy()
    cells.X = np.log1p(cells.X.toarray())
    plots.marker(cells, "CD3D", axes)
    del cells.layers["counts"]
    with pytest.raises(UsageError, match=r"X holds no counts.*layers\['counts'\] = adata.X.copy"):
        plots.marker(cells, "CD3D", axes)
    cells.layers["mine"] = COUNTS
    assert plots.marker(cells, "CD3D", axes, counts="mine") == tuple(axes)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"gene": "CD3"}, "no gene 'CD3'; the nearest: CD3D, CD3E"),
        ({"layer": "filled"}, r"no layers\['filled'\]; there are: imputed"),
        ({"counts": "raw"}, r"no layers\['raw'\] with the observed counts"),
        ({"basis": "X_tsne"}, r"no obsm\['X_tsne'\]; there are: X_umap"),
        ({"groupby": "type"}, r"no obs\['type'\]; columns: leiden"),
        ({"axes": [1]}, "axes are 1; they must be three"),
    ],
)
def test_what_is_not_there_is_said(cells, axes, options, said):
    with pytest.raises(UsageError, match=said):
        plots.marker(cells, **{"gene": "CD3D", "axes": axes, **options})


@pytest.mark.parametrize(
    ("asked", "near"),
    [
        ("CD3", ["CD3D", "CD3E", "CD33"]),  # a family before what only begins alike
        ("ms4a2", ["MS4A1"]),
        ("XMS4A1", ["MS4A1"]),
        ("zzz", []),
    ],
)
def test_the_nearest_names(asked, near):
    assert nearest_names(asked, ["CD33", "CD3E", "CD3D", "MS4A1", "GAPDH"]) == near
