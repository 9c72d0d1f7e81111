"""The whole way of types: learnt from labelled files, published, pulled by tag, named, placed, locked, offline."""

import subprocess
import sys

import anndata
import numpy as np
import pandas as pd
import pytest

from conftest import ROOT
from end_to_end.test_publish_what_was_trained import filled, train
from hub.conftest import REPO, _office, desk, hub  # noqa: F401  fixtures
from hub.loopback import TOKEN
from training.architectures.classifier.made import TREE, made_study

QUICK = ("--genes", 60, "--hidden", 16, "--dimensions", 8, "--epochs", 8, "--pretraining-epochs", 1)
STEPS = ("--batch-size", 32, "--learning-rate", 0.01)


def write(folder, name, *, seed):
    labelled = made_study(name, seed=seed)
    kinds = np.array(TREE.leaves)[labelled.leaves]
    anndata.AnnData(
        labelled.study.counts,
        obs=pd.DataFrame({"kind": kinds}, index=[f"{name}_{i}" for i in range(len(kinds))]),
        var=pd.DataFrame(index=labelled.study.gene_names[0]),
    ).write_h5ad(folder / f"{name}.h5ad")
    return kinds


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """A folder with a model of types that a person has described, and new cells with their true types."""
    folder = tmp_path_factory.mktemp("lab")
    for seed, name in enumerate(("one", "two"), 1):
        write(folder, name, seed=seed)
    table = ["label\ttype\tparent\tontology_id", *(f"{n}\t{n}\t\t" for n in TREE.leaves)]
    (folder / "types.tsv").write_text("\n".join(table) + "\n")
    labels = ("--task", "annotate", "--labels", "kind", "--label-table", "types.tsv", "--species", "Homo sapiens")
    done = train("fit", "one.h5ad", "two.h5ad", *labels, "--out", "mine", *QUICK, *STEPS, folder=folder)
    assert done.returncode == 0, done.stderr
    recipe = folder / "mine.recipe.toml"
    recipe.write_text(filled(recipe.read_text()))
    done = train("card", "mine", "--words", recipe.name, folder=folder)
    assert done.returncode == 0, done.stderr
    return folder, write(folder, "new", seed=7)


def test_types_learnt_are_published_used_and_locked(lab, hub, desk, tmp_path):  # noqa: F811
    folder, kinds = lab
    publish = [sys.executable, str(ROOT / "hub_upload.py"), str(folder / "mine"), "--repo", REPO, "--tag", "v1.0.0"]
    done = subprocess.run(publish, capture_output=True, text=True, check=False, env=desk.environment(token=TOKEN))
    assert done.returncode == 0, done.stderr
    commit, name = done.stdout.strip(), "human-pbmc@v1.0.0"

    pulled = desk.run("pull", name)
    assert pulled.stderr == f"{REPO}@v1.0.0 (commit {commit})\n"
    assert "golden cells were run" in desk.run("verify", name).stderr

    new, lock = folder / "new.h5ad", tmp_path / "cellfill.lock"
    for model, suffix in ((("--model", name), "1"), (("--lock", lock, "--offline"), "2")):
        for command in ("annotate", "embed"):
            out = tmp_path / f"{command}{suffix}.h5ad"
            done = desk.run(command, new, *model, "--min-coverage", 0, "-o", out)
            assert done.returncode == 0, done.stderr
        if suffix == "1":
            assert desk.run("lock", name, "-o", lock).returncode == 0
            hub.close()
            asked = len(hub.requests)
    assert len(hub.requests) == asked

    named, again = (anndata.read_h5ad(tmp_path / f"annotate{n}.h5ad") for n in "12")
    assert (named.obs["cell_type"].astype(str) == kinds).mean() > 0.9
    assert list(named.obs["cell_type"]) == list(again.obs["cell_type"])
    assert (named.uns["cellfill_cell_type"]["repo"], named.uns["cellfill_cell_type"]["commit"]) == (REPO, commit)
    placed, again = (anndata.read_h5ad(tmp_path / f"embed{n}.h5ad").obsm["X_mine"] for n in "12")
    assert placed.shape == (len(kinds), 8)
    np.testing.assert_array_equal(placed, again)
