"""Whether a model is fit for a dataset: verdicts, figures, and what is left alone because of them."""

import json
import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from anndata import read_h5ad

import cellfill
from cellfill.errors import CountsError, GeneMatchError, UsageError
from cellfill.fitness.entries import PLAIN
from cellfill.fitness.findings import Figure
from cellfill.fitness.sentences import error_said
from cellfill.fitness.verdict import Evidence, judge
from cellfill.genes.alignment import NO_BETTER
from conftest import DATA, EXAMPLE, MODEL, ROOT
from runtime.hostile import parts


def command(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "cellfill.cli", *map(str, arguments)], capture_output=True, text=True, check=False
    )


def renamed(example, seed=0):
    """The same counts under other genes' names: right in number, scale and species, and nonsense."""
    adata = example.copy()
    adata.var_names = np.random.default_rng(seed).permutation(adata.var_names)
    return adata


@pytest.fixture(scope="module")
def fitness(model, _example):
    return model.check(_example)


def test_a_study_of_the_models_tissue_fits(fitness):
    assert fitness.verdict == "fits"
    assert fitness.cells_checked == fitness.cells == 300
    assert fitness.evidence.level > 0.05
    assert fitness.evidence.knowledge > 0.7


def test_every_figure_has_its_baselines_and_the_model_beats_them(fitness):
    masked = {f.method: f for f in fitness.figures if f.protocol == "masked entries"}
    molecules = {f.method: f.loss for f in fitness.figures if f.protocol == "molecules"}
    assert {"non-zero mean + library slope", "no imputation"} < set(masked)
    assert {"gene mean x library", "these cells alone, no model"} < set(molecules)
    best = masked["model, calibrated"]
    assert all(
        best.mse < f.mse and best.pearson > f.pearson for m, f in masked.items() if not m.startswith("model")
    )
    assert all(molecules["model, calibrated"] < loss for m, loss in molecules.items() if m != "model, calibrated")


def test_genes_are_judged_one_by_one(fitness, _example):
    table = fitness.genes.to_frame()
    assert set(table.index) <= set(_example.var_names)
    assert table.index.is_unique
    assert set(table.index[table["trusted"]]) >= {"LYZ", "CD79A", "NKG7", "CST3"}
    assert (table["trusted"] <= table["filled"]).all()
    np.testing.assert_allclose(table["mean"], _example[:, table.index].X.mean(axis=0).A1, rtol=1e-5)
    known = table["entries"] >= 10
    assert (table["mse"] < table["baseline_mse"])[known].mean() > 0.8
    assert (table["mse"].isna() == (table["mean"] == 0)).all()


def test_genes_under_wrong_names_do_not_fit(model, example):
    fitness = model.check(renamed(example))
    assert fitness.verdict == "does not fit"
    assert fitness.evidence.level < 0
    assert fitness.genes.trusted.mean() < 0.05


def test_another_species_does_not_fit_and_the_reason_is_said(model, example):
    example.var_names = [name.capitalize() for name in example.var_names]
    fitness = model.check(example)
    assert fitness.verdict == "does not fit"
    assert fitness.reasons == (fitness.coverage.refusal,)
    assert fitness.genes is None
    assert str(fitness).startswith("does not fit: the dataset has 48 of the 2,662 genes that the model reads: ")


def test_the_same_twice_whatever_the_threads_and_the_order(model, _example, fitness):
    shuffled = _example[np.random.default_rng(0).permutation(300)].copy()
    for other in (model.check(_example, threads=1), model.check(shuffled, threads=3)):
        assert other.evidence.level == pytest.approx(fitness.evidence.level, rel=1e-4)
        np.testing.assert_allclose(other.genes.gain, fitness.genes.gain, rtol=1e-3, atol=1e-4)


def test_another_seed_hides_others_and_says_the_same(model, _example, fitness):
    other = model.check(_example, seed=1)
    assert other.evidence.level != fitness.evidence.level
    assert other.evidence.level == pytest.approx(fitness.evidence.level, rel=0.2)
    assert other.verdict == fitness.verdict


def test_few_cells_are_not_judged(model, example):
    fitness = model.check(example[:12].copy())
    assert fitness.genes is None
    assert fitness.verdict == "not tested"
    assert "20 are needed" in fitness.reasons[0]


def test_what_is_no_dataset_is_refused(model, example):
    example.X = example.X.toarray() - 0.5
    with pytest.raises(CountsError):
        model.check(example)
    with pytest.raises(UsageError):
        model.check(example, min_coverage=2)


@pytest.mark.parametrize(
    ("changed", "verdict", "why"),
    [
        ({}, "fits", "100%"),
        ({"knowledge": float("nan")}, "fits", "95%"),
        ({"knowledge": 0.619}, "fits with limits", "^It predicts 61%.*62% or more"),
        ({"known": 0.50}, "fits with limits", "70%"),
        ({"knowledge": 0.2}, "does not fit", "^It predicts 20%.*30% or more"),
        ({"known": 0.10}, "does not fit", "20%"),
        ({"level": -0.01, "knowledge": -0.1}, "does not fit", "worse than the gene's mean"),
        ({"cells": 99}, "fits with limits", "fewer than 100 cells.*card"),
        ({"genes": 99}, "fits with limits", "Fewer than 100 genes"),
        ({"likeness": 0.879}, "fits with limits", "^The genes' mean.*0.87.*0.88 or more.*related tissue.*card"),
        ({"likeness": 0.61}, "fits with limits", "0.61"),
        (
            {"likeness": 0.599},
            "does not fit",
            "^The genes' mean levels are not.*0.59; 0.60 or more in a rel",
        ),
        ({"likeness": 0.9}, "fits", "95%"),
        ({"likeness": float("nan")}, "fits", "95%"),
        (
            {"helped": 1.0},
            "fits",
            "By itself, .* 950 of 1,000 .*corrected on your cells, 1,000",
        ),
        ({"ahead": False}, "fits", "keep it, as the default does, or weigh both .*posterior"),
        ({"ahead": False, "known": 0.5}, "fits with limits", "keep it, as the default does"),
        (
            {"knowledge": 0.999},
            "fits",
            r"99% of the differences between these cells that .* teach\.",
        ),
        (
            {"knowledge": 1.18},
            "fits",
            r"differences between these cells as well as many such cells would teach them, or better \(118%\)",
        ),
    ],
)
def test_verdicts(changed, verdict, why):
    found, reasons = judge(
        Evidence(**{"level": 0.1, "knowledge": 1.0, "known": 0.95, "genes": 1000, "cells": 300} | changed)
    )
    assert found == verdict
    assert re.search(why, " ".join(reasons))


def test_what_few_cells_teach_is_taken_for_what_it_is(model, example):
    """A model of lung tumours knows something of blood: a few dozen cells must not be said to be its own."""
    lung = cellfill.load(ROOT / "model_cards" / "human-lung-adenocarcinoma")
    for cells in (30, 100):
        assert lung.check(example[:cells].copy()).verdict == "fits with limits"
    assert model.check(example[:100].copy()).verdict == "fits"


@pytest.mark.parametrize("file", ["pbmc3k_400", "pbmc_donor_a_300"])
def test_a_model_of_a_related_tissue_fits_with_limits(model, file):
    """Tumours of lung hold immune cells: what their model knows of blood is enough, and its genes' levels tell."""
    lung = cellfill.load(ROOT / "model_cards" / "human-lung-adenocarcinoma")
    blood = read_h5ad(DATA / f"{file}.h5ad")
    found, own = (which.impute(blood, copy=True).uns["cellfill"]["check"] for which in (lung, model))
    assert found["verdict"] == "fits with limits"
    assert "related tissue" in found["why"]
    assert own["verdict"] == "fits"
    assert own["likeness"] > found["likeness"]


def test_genes_that_were_never_seen_have_no_gain(model, example):
    few = example[:40].copy()
    fitness = model.check(few)
    unseen = np.asarray((few[:, list(fitness.genes.names)].X > 0).sum(axis=0)).ravel() == 0
    assert unseen.sum() > 100
    assert (fitness.genes.tried == ~unseen).all()
    assert not fitness.genes.trusted[unseen].any()
    assert fitness.evidence.genes == (~unseen).sum()
    assert "nan" not in str(fitness)
    result = model.impute(few, copy=True)
    never = np.asarray((result.X > 0).sum(axis=0)).ravel() == 0
    assert result.var["imputed_gain"][never].isna().all()
    assert result.var["imputed_known"][never].isna().all()
    assert result.var["imputed_known"][~never & result.var["imputed"]].between(0, 1).all()
    assert result.uns["cellfill"]["check"]["genes_without_counts"] == unseen.sum()


def test_ambient_rna_taken_off_says_the_same(model, example, fitness):
    example.X = example.X.astype(np.float32)
    example.X.data *= 1 - np.random.default_rng(0).uniform(0, 0.05, len(example.X.data)).astype(np.float32)
    clean = model.check(example)
    assert clean.verdict == fitness.verdict
    assert clean.evidence.knowledge == pytest.approx(fitness.evidence.knowledge, abs=0.1)


def test_the_order_of_the_genes_changes_nothing(model, example):
    first, turned = (
        a.uns["cellfill"]["check"]
        for a in (model.impute(example, copy=True), model.impute(example[:, ::-1].copy(), copy=True))
    )
    assert turned["knowledge"] == pytest.approx(first["knowledge"], rel=1e-4)


def swapped(adata, number=60):
    """Names of genes that many cells have exchanged with those of genes that few have."""
    order = adata.var_names[np.argsort(-np.asarray(adata.X.sum(axis=0)).ravel())]
    many, few = order[:number], order[3000 : 3000 + number]
    names = dict(zip([*many, *few], [*few, *many], strict=True))
    adata.var_names = [names.get(name, name) for name in adata.var_names]
    return adata, list(names)


def test_genes_that_are_predicted_no_better_than_their_mean_are_left_alone(model, example):
    adata, wrong = swapped(example)
    result = model.impute(adata, calibrate=False, copy=True)
    target = result.var["imputed"] | (result.var["imputed_reason"] == NO_BETTER)
    is_wrong = result.var_names.isin(wrong)
    filled_wrong, filled_others = (result.var["imputed"][target & part].mean() for part in (is_wrong, ~is_wrong))
    assert filled_wrong < 0.2 * filled_others
    left = result.var["imputed_reason"] == NO_BETTER
    assert (result[:, left].layers["imputed"] != result[:, left].X).nnz == 0
    assert (result.var["imputed_gain"][left] <= 0).all()
    assert not (result.var["imputed_gain"][result.var["imputed"]] <= 0).any()
    record = result.uns["cellfill"]["check"]
    assert record["genes"] - record["genes_better"] == left.sum()
    every = model.impute(adata, calibrate=False, gate=False, copy=True)
    assert every.var["imputed"].sum() == target.sum()
    assert every.uns["cellfill"]["check"]["verdict"] == "not tested"
    kept = result.var_names[result.var["imputed"]]
    assert np.abs(result[:, kept].layers["imputed"] - every[:, kept].layers["imputed"]).max() == 0


def test_a_model_that_is_right_about_nothing_fills_nothing(tmp_path, example):
    parts.write(tmp_path / "nonsense", parts.seal(parts.sound()))
    with pytest.raises(GeneMatchError, match=r"none of the [0-9]+ genes.*--no-gate"):
        cellfill.impute(example, model=tmp_path / "nonsense", calibrate=False)
    assert not example.layers
    cellfill.impute(example, model=tmp_path / "nonsense", calibrate=False, gate=False)
    assert example.var["imputed"].any()


def test_fewer_than_twenty_cells_are_imputed_unchecked(model, example):
    result = model.impute(example[:19].copy(), copy=True)
    assert result.uns["cellfill"]["check"]["verdict"] == "not tested"
    assert result.var["imputed_gain"].isna().all()
    assert result.var["imputed_known"].isna().all()
    assert result.var["imputed"].any()


def test_the_command_says_it_and_exits_by_the_verdict(tmp_path, example, fitness):
    done = command("check", EXAMPLE, "--model", MODEL, "--genes", tmp_path / "genes.tsv")
    assert done.returncode == 0, done.stderr
    assert re.match(
        r"fits: hidden counts are found again with \d+% less error than .*mean x library\)\n", done.stdout
    )
    table = pd.read_csv(tmp_path / "genes.tsv", sep="\t", index_col="gene")
    np.testing.assert_allclose(table["gain"], fitness.genes.gain, rtol=1e-4, atol=1e-5)
    renamed(example).write_h5ad(tmp_path / "wrong.h5ad")
    done = command("check", tmp_path / "wrong.h5ad", "--model", MODEL, "--json")
    assert done.returncode == 9
    found = json.loads(done.stdout)
    assert found["verdict"] == "does not fit"
    assert "genes" not in found  # of every gene --genes writes


@pytest.mark.parametrize(
    ("mse", "said"),
    [(0.8, "20% less error than by"), (1.5, "50% more error than by"), (546.9, "more than ten times the error of")],
)
def test_an_error_that_is_many_times_larger_is_said_in_words(mse, said):
    figures = [
        Figure(protocol="masked entries", method=method, mse=value)
        for method, value in ((PLAIN, mse), ("gene mean x library, of all", 1.0))
    ]
    expected = f"hidden counts are found again with {said} the best simple method (gene mean x library)"
    assert error_said(figures) == expected


def test_the_command_keeps_a_file_that_is_there(tmp_path):
    (tmp_path / "genes.tsv").write_text("mine")
    done = command("check", EXAMPLE, "--model", MODEL, "--genes", tmp_path / "genes.tsv")
    assert done.returncode == 6
    assert "--force" in done.stderr
    assert (tmp_path / "genes.tsv").read_text() == "mine"
    assert command("check", EXAMPLE, "--model", MODEL, "--genes", tmp_path / "a" / "g.tsv").returncode == 6
    assert command("check", EXAMPLE, "--model", MODEL, "--genes", tmp_path / "genes.csv").returncode == 6


def test_impute_says_what_it_checked_and_warns_where_it_does_not_fit(tmp_path, example):
    out = tmp_path / "out.h5ad"
    done = command("impute", EXAMPLE, "--model", MODEL, "--output", out)
    assert "\nfits: by itself, it predicts " in f"\n{done.stderr}"
    assert "WARNING" not in done.stderr
    renamed(example).write_h5ad(tmp_path / "wrong.h5ad")
    done = command("impute", tmp_path / "wrong.h5ad", "--model", MODEL, "--output", out, "--force")
    assert done.returncode == 0, done.stderr
    assert "WARNING" in done.stderr
    assert "does not fit" in done.stderr
    done = command("impute", EXAMPLE, "--model", MODEL, "--output", out, "--force", "--no-gate")
    assert "not tested: whether the model fits these cells was not asked for" in done.stderr


def test_in_a_notebook_names_are_escaped(fitness):
    import dataclasses

    shown = dataclasses.replace(fitness, model="<script>alert(1)</script>")._repr_html_()
    assert "<script>" not in shown
    assert "non-zero mean + library slope" in shown


def test_a_check_can_be_kept_as_json(fitness):
    record = json.loads(json.dumps(fitness.to_dict(), allow_nan=False))
    assert record["evidence"]["level"] == fitness.evidence.level
    assert len(record["genes"]["names"]) == len(fitness.genes.names)


def test_a_file_can_be_checked_too(model, fitness):
    assert model.check(EXAMPLE).evidence.level == pytest.approx(fitness.evidence.level, rel=1e-4)


def test_importing_the_package_is_light():
    code = "import sys, cellfill.fitness; print(sorted({'scipy', 'numpy', 'onnxruntime'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
