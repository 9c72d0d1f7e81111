"""A recipe trains a model from one file, and any of its studies can take its turn as the one left out."""

import pytest

from cellfill.bundle import read_bundle
from cellfill.bundle.card import DATA as TRAINING_DATA
from cellfill.bundle.card import NOT_STATED, PURPOSE, parts_of
from cellfill.errors import DataNotFoundError, UsageError
from cellfill_training.recipes.recipe import fit_recipe, read_recipe
from conftest import DATA

TEXT = """
preset = "default"
gene_tables = []

[options]
group_size = 120
hidden = 16
max_targets = 240
min_genes = 50
max_epochs = 2

[about]
species = "Homo sapiens"

[card]
purpose = "Blood."

[[study]]
name = "a"
file = "pbmc3k_400.h5ad"
source = "10x Genomics"
licence = "CC BY 4.0"
accession = "A1"

[[study]]
name = "b"
file = "pbmc_donor_a_300.h5ad"
held_out = true
source = "10x Genomics"
licence = "CC BY 4.0"
"""


@pytest.fixture
def recipe(tmp_path):
    (tmp_path / "r.toml").write_text(TEXT)
    return read_recipe(tmp_path / "r.toml")


@pytest.mark.parametrize(
    ("leave_out", "roles"), [(None, ["training", "held-out"]), ("a", ["training", "held-out"])]
)
def test_the_study_that_is_left_out_judges(recipe, tmp_path, leave_out, roles):
    fit_recipe(recipe, data=DATA, out=tmp_path / "model", leave_out=leave_out)
    manifest = read_bundle(tmp_path / "model").manifest
    names = ["a", "b"] if leave_out is None else ["b", "a"]
    assert [(s.name, s.role) for s in manifest.studies] == list(zip(names, roles, strict=True))
    assert {e.data for e in manifest.evaluations} == {names[1]}
    card = parts_of(read_bundle(tmp_path / "model").card)
    assert card[PURPOSE].startswith("Blood.")
    assert "| A1 |" in card[TRAINING_DATA]
    assert NOT_STATED in card[TRAINING_DATA]  # of b
    assert (manifest.species, manifest.architecture.options["hidden"]) == ("Homo sapiens", "16")


def test_a_study_that_is_not_there_cannot_be_left_out(recipe, tmp_path):
    with pytest.raises(UsageError, match="no study 'c'"):
        fit_recipe(recipe, data=DATA, out=tmp_path / "model", leave_out="c")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("preset", "preset_"), "is not a recipe: there is no 'preset_'"),
        (('"default"', '"magic"'), "no preset 'magic'"),
        (("hidden", "hiden"), "no option 'hiden'"),
        (("species", "spices"), "is not a recipe"),
        (('preset = "', 'gene_sets = 5\npreset = "'), "gene_sets is 5; it must be text"),
        (('preset = "', 'architecture = ["gonn"]\npreset = "'), r"architecture is \['gonn'\]; it must be text"),
        (("[[study]]", "[[stud]]"), "is not a recipe"),
        (("accession", "acession"), r"there is no 'acession' in \[\[study\]\]; did you mean 'accession'"),
        (("purpose", "porpoise"), "is not a recipe"),
        (('"Blood."', "1"), "purpose is not a text"),
        (('source = "10x Genomics"', ""), "is not a recipe: it lacks 'source'"),
        (("[options]", "[options"), "is not a recipe"),
    ],
)
def test_a_malformed_recipe_is_refused(tmp_path, change, message):
    (tmp_path / "r.toml").write_text(TEXT.replace(*change))
    with pytest.raises(UsageError, match=message):
        read_recipe(tmp_path / "r.toml")


def test_no_recipe_there(tmp_path):
    with pytest.raises(DataNotFoundError, match="No recipe at"):
        read_recipe(tmp_path / "r.toml")


def test_whether_a_study_judges_is_no_text(tmp_path):
    (tmp_path / "r.toml").write_text(TEXT.replace("held_out = true", 'held_out = "false"'))
    with pytest.raises(UsageError, match="held_out is true or false, without quotes"):
        read_recipe(tmp_path / "r.toml")
