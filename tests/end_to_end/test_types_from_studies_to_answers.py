"""From labelled studies to another's answers: train, say, publish, pull by tag, name, place and pin, offline."""

import csv
import os
import subprocess
import sys

import anndata
import numpy as np
import pytest

from cellfill_training.recipes.recipe import read_recipe
from conftest import EXAMPLE
from hub.conftest import _office, desk, hub  # noqa: F401  fixtures

REPO = "lab/blood"
TABLE = """\
label\ttype\tparent\tontology_id
\tlymphocyte\t\tCL:0000542
CD4+/CD25 T Reg\tT cell\tlymphocyte\tCL:0000084
CD4+/CD45RA+/CD25- Naive T\tT cell\tlymphocyte\tCL:0000084
CD4+/CD45RO+ Memory\tT cell\tlymphocyte\tCL:0000084
CD8+/CD45RA+ Naive Cytotoxic\tT cell\tlymphocyte\tCL:0000084
CD19+ B\tB cell\tlymphocyte\tCL:0000236
CD56+ NK\tNK cell\tlymphocyte\tCL:0000623
CD14+ Monocyte\tmonocyte\t\tCL:0000576
"""
SMALL = ("--genes", 150, "--hidden", 16, "--dimensions", 8, "--epochs", 12, "--learning-rate", 0.01)
TYPES = ("--task", "annotate", "--labels", "sorted_type", "--label-table", "labels.tsv", "--batch-size", 32)


def train(*arguments, folder):
    done = subprocess.run(
        [sys.executable, "-m", "cellfill_training.cli", *map(str, arguments)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ,
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """A folder with a model of three of five parts of the example, and what the command said."""
    folder = tmp_path_factory.mktemp("lab")
    cells = anndata.read_h5ad(EXAMPLE)
    cells.obs["donor"] = np.array(list("abcde"))[np.random.default_rng(0).integers(0, 5, cells.n_obs)]
    (folder / "labels.tsv").write_text(TABLE)
    new = cells.obs["donor"] == "e"
    cells[~new].copy().write_h5ad(folder / "cells.h5ad")
    cells[new].copy().write_h5ad(folder / "new.h5ad")
    said = train(
        "fit", "cells.h5ad", "--by", "donor", "--hold-out", "d", "--out", "blood", *TYPES, *SMALL, folder=folder
    )
    return folder, said


def test_a_model_of_types_goes_the_whole_way(lab, desk, hub, tmp_path):  # noqa: F811
    folder, said = lab
    assert "name cells with it:\n    cellfill annotate cells.h5ad --model blood" in said
    assert "to publish, fill in blood.recipe.toml" in said
    words = [
        f'{line.partition(" = ")[0]} = "said"' if line.partition(" = ")[2].startswith('""') else line
        for line in (folder / "blood.recipe.toml").read_text().splitlines()
    ]
    (folder / "words.toml").write_text("\n".join(words))
    assert "fit to be published" in train("card", "blood", "--words", "words.toml", folder=folder)
    published = desk.upload(folder / "blood", "--tag", "v1.0.0", repo=REPO)
    assert published.returncode == 0, published.stderr
    assert desk.run("pull", f"{REPO}@v1.0.0").returncode == 0
    hub.requests.clear()
    cells = folder / "new.h5ad"
    for command, output in (("annotate", "typed.h5ad"), ("embed", "placed.h5ad")):
        done = desk.run(command, cells, "--model", f"{REPO}@v1.0.0", "--offline", "-o", tmp_path / output)
        assert done.returncode == 0, done.stderr
    typed, placed = (anndata.read_h5ad(tmp_path / name) for name in ("typed.h5ad", "placed.h5ad"))
    meant = dict(line.split("\t")[:2] for line in TABLE.splitlines())
    truth = [meant[label] for label in typed.obs["sorted_type"]]
    right = typed.obs["cell_type"].astype(str) == truth
    assert right.mean() > 0.7
    assert placed.obsm["X_blood"].shape == (typed.n_obs, 8)
    assert desk.run("lock", f"{REPO}@v1.0.0", "--offline", "-o", tmp_path / "cellfill.lock").returncode == 0
    assert hub.requests == []


def test_its_recipe_says_what_ran(lab):
    folder, _ = lab
    recipe = read_recipe(folder / "blood.recipe.toml")
    assert [(s.name, s.labels, s.cells, s.held_out) for s in recipe.studies] == [
        (name, "sorted_type", ("donor", name), name == "d") for name in "abcd"
    ]
    assert (recipe.task, recipe.label_table, recipe.options.genes) == ("annotate", "labels.tsv", 150)


def test_its_history_is_of_every_network_beside_the_commonest_type(lab):
    folder, said = lab
    with (folder / "blood.history.tsv").open() as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    stages = list(dict.fromkeys(row["stage"] for row in rows))
    assert [stage for stage in stages if "pre-training" not in stage] == [
        *(f"without {name}" for name in "abc"), "all cells",
    ]  # fmt: skip
    assert "without a, pre-training" in stages
    last = {row["stage"]: row for row in rows}
    for name in "abc":
        own = last[f"without {name}"]
        assert 0.5 < float(own["held_out_accuracy"]) <= 1
        assert float(own["held_out_accuracy"]) > float(own["commonest_type"]) > 0
        assert f"without {name}: {float(own['held_out_accuracy']):.1%} of held-out cells named right" in said
    assert last["all cells"]["held_out_accuracy"] == ""  # all of them train it
    assert float(last["all cells"]["training_accuracy"]) > 0.5
    assert "epoch 1" not in said  # one line a network
    assert (folder / "blood.history.svg").read_text().count("held-out cells") == 1
