"""A lab's way to the Hub: fit, be told at once what is missing, fill it in, publish. Nothing is trained twice."""

import csv
import hashlib
import os
import subprocess
import sys

import pytest

from cellfill.bundle import read_bundle
from cellfill.bundle.card import CARD_WORDS, NOT_STATED, STUDY_WORDS
from cellfill_training.cards.words import read_words
from cellfill_training.recipes.recipe import read_recipe
from conftest import DATA
from hub.conftest import _office, desk, hub  # noqa: F401  fixtures

STUDIES = ("pbmc3k_400", "pbmc_donor_a_300")
SMALL = ("--group-size", 120, "--hidden", 24, "--max-targets", 300, "--min-genes", 50, "--max-epochs", 2)


def train(*arguments, folder):
    return subprocess.run(
        [sys.executable, "-m", "cellfill_training.cli", *map(str, arguments)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ,
    )


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """A folder with a model, as the command left it, and what the command said."""
    folder = tmp_path_factory.mktemp("lab")
    for name in STUDIES:
        (folder / f"{name}.h5ad").symlink_to(DATA / f"{name}.h5ad")
    files = [f"{name}.h5ad" for name in STUDIES]
    done = train("fit", *files, "--hold-out-study", STUDIES[1], "--out", "mine", *SMALL, folder=folder)
    assert done.returncode == 0, done.stderr
    return folder, done.stderr


def filled(text):
    """A recipe with something in every blank."""
    lines = []
    for line in text.splitlines():
        key, _, rest = line.partition(" = ")
        lines.append(f'{key} = "the {key}"' if rest.startswith('""') else line)
    return "\n".join(lines)


def test_all_that_is_missing_is_told_at_once_by_fit_and_by_the_dry_run(lab, desk, hub):  # noqa: F811
    folder, said = lab
    asked = desk.upload(folder / "mine", "--dry-run")
    assert asked.returncode == 4
    assert asked.stderr.count("\n") == 1
    for told in (said[said.index("to publish, fill in mine.recipe.toml:") :], asked.stderr):
        for word in (*CARD_WORDS, *STUDIES, *(key for key in STUDY_WORDS if key != "source")):
            assert word in told
        assert "source" not in told.split("mine", 1)[1]  # which the files say themselves
    assert "cellfill-train card" in asked.stderr
    assert hub.requests == []


def test_words_are_filled_in_and_the_model_is_published_as_it_was_trained(lab, desk, hub, tmp_path):  # noqa: F811
    folder, _ = lab
    model = folder / "mine"
    before = {name: digest(model / name) for name in ("model.onnx", "genes.tsv")}
    words = tmp_path / "words.toml"
    words.write_text(filled((folder / "mine.recipe.toml").read_text()))
    done = train("card", "mine", "--words", words, folder=folder)
    assert done.returncode == 0, done.stderr
    assert "fit to be published" in done.stderr
    bundle = read_bundle(model)
    assert {name: digest(model / name) for name in before} == before
    assert {name: bundle.manifest.files[name].sha256 for name in before} == before
    assert [s.licence for s in bundle.manifest.studies] == ["the licence"] * 2
    assert bundle.manifest.studies[0].source.startswith("10x Genomics")
    assert bundle.manifest.tissue == "the tissue"
    assert NOT_STATED not in bundle.card
    for step in ("--dry-run",), ("--tag", "v1.0.0"):
        published = desk.upload(model, *step)
        assert published.returncode == 0, published.stderr
    (repo,) = hub.repos.values()
    assert (
        set(repo.published)
        == {p.name for p in model.iterdir()}
        == {"README.md", *bundle.manifest.files} | {"manifest.json"}
    )
    assert hashlib.sha256(repo.published["model.onnx"].content).hexdigest() == before["model.onnx"]


def test_the_recipe_that_fit_wrote_trains_the_same_model_again(lab):
    folder, _ = lab
    recipe = read_recipe(folder / "mine.recipe.toml")
    assert [(s.name, s.held_out) for s in recipe.studies] == [(STUDIES[0], False), (STUDIES[1], True)]
    done = train("recipe", "mine.recipe.toml", "--data", ".", "--out", "again", folder=folder)
    assert done.returncode == 0, done.stderr
    assert digest(folder / "again" / "model.onnx") == digest(folder / "mine" / "model.onnx")
    assert not (folder / "again.recipe.toml").exists()  # it has one


def test_what_a_person_filled_in_is_not_lost_by_training_again(lab):
    folder, _ = lab
    recipe = folder / "mine.recipe.toml"
    said = filled(recipe.read_text()).replace("the purpose", 'for \\"blood\\"\\nand \\\\ no more')
    recipe.write_text(said)
    files = [f"{name}.h5ad" for name in STUDIES]
    fit = ("fit", *files, "--hold-out-study", STUDIES[1], "--out", "mine", *SMALL)
    (folder / "mine").rename(folder / "elsewhere")
    refused = train(*fit, folder=folder)
    assert refused.returncode == 6
    assert "mine.recipe.toml exists" in refused.stderr
    assert recipe.read_text() == said
    done = train(*fit, "--force", folder=folder)
    assert done.returncode == 0, done.stderr
    assert read_words(recipe) == read_words(recipe)
    assert read_words(recipe).purpose == 'for "blood"\nand \\ no more'
    assert read_words(recipe).studies[STUDIES[1]].licence == "the licence"
    assert "fit to be published" in done.stderr


def test_the_history_says_how_it_went(lab):
    folder, said = lab
    with (folder / "mine.history.tsv").open() as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert [row["epoch"] for row in rows] == ["1", "2"]
    for cells, loss in (("held_out", "held_out_loss"), ("training", "training_loss")):
        gains, losses = ([float(row[key]) for row in rows] for key in (f"{cells}_gain", loss))
        assert gains[0] < gains[1]
        assert gains[1] > 0  # of what only starts at the genes' means
        networks = int(rows[0]["still_learning"])  # a loss is their mean, a gain of all
        assert gains[1] - gains[0] == pytest.approx((losses[0] - losses[1]) * networks, abs=1e-3)
    gain = float(rows[1]["held_out_gain"])
    assert f"epoch 2: {gain:.2f} nats a cell better than the gene's mean on held-out cells" in said
    assert rows[1]["held_out_loss"][:7] not in said  # a loss is no figure for a person
    picture = (folder / "mine.history.svg").read_text()
    assert all(words in picture for words in ("held-out cells", "cells that train", "mine: 2 epochs"))
