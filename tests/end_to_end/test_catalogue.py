"""Every model that ships: made by its recipe, described by its card, better than the trivial, and listed."""

import dataclasses
import re

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData, read_h5ad

import cellfill
from cellfill.bundle import read_bundle
from cellfill.bundle.card import NOT_STATED, parts_needed, parts_of
from cellfill.errors import SpeciesError
from cellfill.hub.publish import check_publishable
from cellfill.network.golden import replay
from cellfill_training import ClassifierOptions, FitOptions, read_label_table
from cellfill_training.cards.card import write_card
from cellfill_training.recipes.recipe import read_recipe
from conftest import DATA, EXAMPLE, ROOT

MODELS = sorted(p.name for p in (ROOT / "model_cards").iterdir() if p.is_dir())
TASKS = {name: read_bundle(ROOT / "model_cards" / name).manifest.tasks for name in MODELS}
IMPUTING = [name for name in MODELS if "impute" in TASKS[name]]
NAMING = [name for name in MODELS if "annotate" in TASKS[name]]


@pytest.fixture(params=MODELS)
def name(request):
    return request.param


@pytest.fixture
def bundle(name):
    return read_bundle(ROOT / "model_cards" / name)


@pytest.fixture
def recipe(name):
    return read_recipe(ROOT / "training" / "recipes" / f"{name}.toml")


def test_every_recipe_has_its_model():
    assert sorted(p.stem for p in (ROOT / "training" / "recipes").iterdir()) == MODELS


@pytest.mark.parametrize("name", IMPUTING)
def test_calibrated_it_beats_every_trivial_method(bundle):
    assert {str(e.estimate) for e in bundle.manifest.evaluations} == {"expressed", "expected"}
    for evaluation in bundle.manifest.evaluations:
        values = {s.method: s.values for s in evaluation.scores}
        ours = values.pop("cellfill, calibrated")
        values.pop("cellfill, not calibrated")
        assert values
        for other in values.values():
            for figure, value in other.items():
                better = ours[figure] > value if figure == "pearson" else ours[figure] < value
                assert better, (evaluation.protocol, figure)


@pytest.mark.parametrize("name", NAMING)
def test_types_are_told_better_than_by_what_is_trivial_and_on_the_whole_than_by_regression(bundle):
    roles, gains = {study.name: study.role for study in bundle.manifest.studies}, []
    for evaluation in bundle.manifest.evaluations:
        values = {s.method: s.values for s in evaluation.scores}
        assert evaluation.protocol.startswith("a study held out") == (roles[evaluation.data] == "held-out")
        figures = ("accuracy", "macro_f1") if evaluation.task == "annotate" else ("knn_accuracy",)
        for figure in figures:
            assert values["cellfill"][figure] > values["majority class"][figure] + 0.1, (evaluation, figure)
        if evaluation.task == "annotate":
            gains.append([values["cellfill"][f] - values["logistic regression"][f] for f in figures])
    assert np.mean(gains, axis=0).min() > 0


@pytest.mark.parametrize("name", NAMING)
def test_it_names_cells_that_it_never_saw_and_no_others(bundle, name):
    folder = ROOT / "model_cards" / name
    assert replay(bundle).fault == ""
    if bundle.manifest.tissue != "blood":
        return
    known = read_h5ad(EXAMPLE)
    cellfill.annotate(known, model=folder)
    meant = read_label_table(ROOT / "training" / "labels" / "blood" / "labels.tsv")
    given = known.obs["cell_type"].astype(str)
    truth = known.obs["sorted_type"].map(lambda label: meant.types[label])
    named = given != "unassigned"
    assert named.mean() > 0.9
    assert (given == truth)[named].mean() > 0.85
    lines = read_h5ad(DATA / "cell_lines_150.h5ad")
    cellfill.annotate(lines, model=folder, min_coverage=0)
    assert (lines.obs["cell_type"] == "unassigned").mean() > 0.98


def test_the_card_is_what_recipe_and_bundle_say(bundle, recipe):
    assert bundle.card == write_card(bundle.manifest, bundle.genes, classes=bundle.classes, words=recipe.words)
    assert tuple(parts_of(bundle.card)) == parts_needed(bundle.manifest)
    assert NOT_STATED not in bundle.card


def test_what_a_recipe_says_of_markers_is_what_was_measured():
    harms = " ".join(read_recipe(ROOT / "training" / "recipes" / "human-pbmc.toml").words.harms.split())
    page = (ROOT / "benchmarks" / "estimates" / "markers.md").read_text()
    ratios = {
        gene: re.findall(r"= ([\d.]+)", re.search(rf"^\| {gene} \|.*$", page, flags=re.M)[0])
        for gene in ("LYZ", "NKG7")
    }
    assert f"LYZ is {ratios['LYZ'][1]} times higher" in harms
    assert f"and {ratios['LYZ'][2]} times by `expressed`" in harms
    assert (
        "NKG7 is {1} and {2} times higher, where the counts that were seen say {0} ".format(*ratios["NKG7"])
        in harms
    )
    indices = {
        row: re.search(rf"^\| {row} \| 0(\.\d+)", page, flags=re.M)[1]
        for row in ("raw counts", "expected", "expressed")
    }
    assert f"{indices['expected']} with zeros filled by `expected`, {indices['raw counts']} of raw counts" in harms
    assert f"{indices['expressed']} by `expressed`" in harms


def test_the_recipe_is_the_one_that_made_it(bundle, recipe, name):
    manifest = bundle.manifest
    kind = type(recipe.options)
    assert kind is (FitOptions if recipe.task == "impute" else ClassifierOptions)
    assert recipe.task == manifest.tasks[0]
    said, made = (dataclasses.asdict(options) for options in (recipe.options, kind()))
    later = {option: str(value) for option, value in made.items() if option not in manifest.architecture.options}
    if recipe.task != "impute":
        assert recipe.options.settled(labelled=10**4).network == "deep"  # as all were when these were made
        later["network"] = said["network"]
    assert {k: str(v) for k, v in said.items()} == later | manifest.architecture.options  # later: as if not there
    assert [s.name for s in manifest.studies] == [s.name for s in recipe.studies]
    assert (manifest.name, manifest.species) == (name, recipe.about.species)


def test_it_may_be_published_and_is_small_enough_to_ship(name):
    check_publishable(ROOT / "model_cards" / name)
    assert all(p.stat().st_size < 30e6 for p in (ROOT / "model_cards" / name).iterdir())


def test_the_list_of_models_has_it_as_it_is(bundle, name):
    listed = (ROOT / "model_cards" / "README.md").read_text()
    row = re.search(rf"^\| {name} \|.*$", listed, flags=re.M)
    assert row
    training = sum(s.cells for s in bundle.manifest.studies if s.role == "training")
    size = f"{len(bundle.genes.targets):,}" if bundle.classes is None else f"{len(bundle.classes.leaves)} types"
    for word in (size, f"{training:,} cells", f"({name}/README.md)"):
        assert word in row[0]


@pytest.mark.parametrize("name", IMPUTING)
def test_cells_drawn_from_its_own_means_are_filled(bundle, name):
    rng = np.random.default_rng(0)
    means = np.array([gene.mean for gene in bundle.genes])
    names = [gene.ensembl_id or gene.symbol for gene in bundle.genes]
    rates = means * rng.uniform(0.5, 2, (80, 1))
    counts = rng.poisson(rates).astype(np.float32)
    adata = AnnData(counts, var=pd.DataFrame(index=names))
    cellfill.impute(adata, model=ROOT / "model_cards" / name, gate=False)
    targets, filled = bundle.genes.targets, adata.layers["imputed"]
    assert adata.var["imputed"].to_numpy()[targets].all()
    seen = counts[:, targets] > 0
    np.testing.assert_array_equal(filled[:, targets][seen], counts[:, targets][seen])
    assert filled[:, targets][~seen].sum() == pytest.approx(rates[:, targets][~seen].sum(), rel=0.15)


def test_a_human_model_fills_these_lines_and_a_mouse_model_refuses_people():
    lines = read_h5ad(DATA / "cell_lines_150.h5ad")
    cellfill.impute(lines, model=ROOT / "model_cards" / "human-lung-cell-lines")
    assert lines.var["imputed"].sum() > 500  # of 600
    with pytest.raises(SpeciesError, match="Mus musculus"):
        cellfill.impute(read_h5ad(EXAMPLE), model=ROOT / "model_cards" / "mouse-pancreas-e15")
