"""What ships: the bundled model on cells that it never saw, its card, the recipe, the README's commands."""

import re

import numpy as np
import pytest
from anndata import read_h5ad
from scipy import sparse

import cellfill
from cellfill.bundle import read_bundle
from conftest import EXAMPLE, MODEL, ROOT
from docs.pages import blocks_of

# A marker and the sorted types that express it; every other type is a wrong one.
T_CELLS = ("CD4+/CD25 T Reg", "CD4+/CD45RA+/CD25- Naive T", "CD4+/CD45RO+ Memory", "CD8+/CD45RA+ Naive Cytotoxic")
MARKERS = {
    "LYZ": ("CD14+ Monocyte",),
    "CD14": ("CD14+ Monocyte",),
    "CD79A": ("CD19+ B",),
    "MS4A1": ("CD19+ B",),
    "NKG7": ("CD56+ NK",),
    "GNLY": ("CD56+ NK",),
    "CD3D": T_CELLS,
}


def test_the_model_fills_thousands_of_genes_and_never_saw_the_example():
    bundle = read_bundle(MODEL)
    assert len(bundle.genes.targets) >= 12_000
    roles = {s.name: s.role for s in bundle.manifest.studies}
    assert roles.pop("zheng_sorted") == "held-out"
    assert set(roles.values()) == {"training"}
    assert all(s.licence and s.source for s in bundle.manifest.studies)
    assert (MODEL / "model.onnx").stat().st_size < 30 << 20


@pytest.mark.parametrize("policy", ["zeros", "all"])
def test_marker_genes_stay_markers(model, example, policy):
    """In the zeros that are filled; and over all cells, since one NK cell has no NKG7, and none no GNLY."""
    filled = model.impute(example, policy=policy, copy=True)
    types = example.obs["sorted_type"].to_numpy()
    judged = []
    for gene, right in MARKERS.items():
        values = np.asarray(filled[:, gene].layers["imputed"].todense()).ravel()
        zero = np.asarray(example[:, gene].X.todense()).ravel() == 0
        inside, outside = np.isin(types, right), ~np.isin(types, right)
        if policy == "zeros":
            inside, outside = inside & zero, outside & zero
        if inside.sum() >= 5:
            assert values[inside].mean() >= 10 * values[outside].mean(), gene
            judged.append(gene)
    assert len(judged) >= (len(MARKERS) if policy == "all" else 4)


def agreement(counts, types):
    """Adjusted mutual information of k-means clusters with the sorted types."""
    from sklearn.cluster import KMeans
    from sklearn.decomposition import PCA
    from sklearn.metrics import adjusted_mutual_info_score

    logs = np.log1p(counts / counts.sum(axis=1, keepdims=True) * np.median(counts.sum(axis=1)))
    scores = PCA(20, random_state=0).fit_transform(logs)
    found = KMeans(len(set(types)), n_init=10, random_state=0).fit_predict(scores)
    return adjusted_mutual_info_score(types, found)


def test_clusters_are_as_good_as_of_raw_counts_and_of_expressed_ones_not(model, example):
    """300 cells drawn again give raw and filled clusters that differ by 0.03; estimates/markers.py has 3,500."""
    raw, types = example.X.toarray(), example.obs["sorted_type"].astype(str)
    kept = (raw > 0).mean(axis=0) > 0.03
    filled = {e: model.impute(example, estimate=e, copy=True).layers["imputed"] for e in ("expected", "expressed")}
    before = agreement(raw[:, kept], types)
    assert agreement(filled["expected"].toarray()[:, kept], types) > before - 0.03
    assert agreement(filled["expressed"].toarray()[:, kept], types) < before - 0.1


def test_expressed_blurs_the_same_markers_as_the_readme_warns(model, example):
    result = model.impute(example, estimate="expressed", copy=True)
    types = example.obs["sorted_type"].to_numpy()
    lyz = np.asarray(result[:, "LYZ"].layers["imputed"].todense()).ravel()
    assert lyz[types == "CD19+ B"].min() >= 1


def test_scanpy_goes_on_from_the_result(model, example, tmp_path):
    import scanpy as sc

    observed = example.X.copy()
    cellfill.impute(example, model=model)
    example.write_h5ad(tmp_path / "out.h5ad")
    adata = sc.read_h5ad(tmp_path / "out.h5ad")
    filled = adata.layers["imputed"]
    seen = observed.toarray() > 0
    np.testing.assert_array_equal(filled.toarray()[seen], observed.toarray()[seen])
    adata.X = filled
    sc.pp.normalize_total(adata)
    sc.pp.log1p(adata)
    sc.pp.pca(adata, n_comps=10)
    assert np.isfinite(adata.obsm["X_pca"]).all()


def test_the_example_is_raw_counts_of_sorted_cells():
    adata = read_h5ad(EXAMPLE)
    assert sparse.issparse(adata.X)
    assert adata.n_obs == 300
    assert (adata.X.data % 1 == 0).all()
    assert adata.obs["sorted_type"].nunique() == 7


def test_every_command_of_the_readme_is_one_of_ours():
    """What a newcomer types exists: make's targets, and the options of the two programs."""
    import subprocess
    import sys

    readme = (ROOT / "README.md").read_text()
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"^make (\w+)", readme, flags=re.M):
        assert re.search(rf"^{target}:", makefile, flags=re.M), target
    programs = {"cellfill": "cellfill.cli", "cellfill-train": "cellfill_training.cli"}
    for program, command, rest in re.findall(
        r"^(cellfill(?:-train)?) (\w+)((?:[^\n]*\\\n)*[^\n]*)", readme, flags=re.M
    ):
        shown = subprocess.run(
            [sys.executable, "-m", programs[program], command, "--help"], capture_output=True, text=True, check=True
        ).stdout
        for option in re.findall(r"--[a-z-]+", rest):
            assert option in shown, (program, command, option)


def test_figures_of_the_readme_stand_in_the_results_that_they_link_to():
    readme = (ROOT / "README.md").read_text()
    rows = re.findall(r"^\|.*\| \[(.*)\]\((benchmarks/.*\.md)\) \|$", readme, flags=re.M)
    assert len(rows) > 5
    for said, page in rows:
        kept = set(re.findall(r"[\d.,]*\d", (ROOT / page).read_text()))
        figures = re.findall(r"[\d.,]*\d", re.sub(r"[A-Z]+\d+", "", said))
        assert figures
        assert set(figures) <= kept, (said, page)
    others = [line for line in readme.splitlines() if re.search(r"\d\.\d", line) and "](benchmarks/" not in line]
    assert not [line for line in others if line.startswith("|")]


def test_the_readme_is_short():
    """A newcomer reads it in five minutes, and no command is longer than a line."""
    assert len((ROOT / "README.md").read_text().split()) <= 1200
    typed = [block.text for block in blocks_of(ROOT / "README.md") if block.language != "text"]
    assert len(typed) > 4
    assert all(len(line) < 100 and not line.endswith("\\") for text in typed for line in text.splitlines())
