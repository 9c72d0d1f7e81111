"""Of the catalogue's models the one of the right tissue is recommended, and none where none fits."""

import dataclasses
import json
import re
import shutil

import numpy as np
import pytest
from anndata import read_h5ad

import cellfill
from cellfill.bundle import read_bundle, write_bundle
from cellfill.errors import BundleNotFoundError, DataError, UsageError
from cellfill.ranking import rank
from cellfill.ranking.cells import share_cells
from cellfill.ranking.ranks import Ranked
from cellfill.ranking.recommendation import Recommendation
from cellfill.ranking.sentences import conclusion
from cellfill.readers import dataset_of
from conftest import DATA, EXAMPLE, MODEL, ROOT
from hub.small import write_small
from runtime import bundles
from runtime.tasks.known import known_cells

MODELS = ROOT / "model_cards"
RIGHT = {
    EXAMPLE: "human-pbmc",
    DATA / "pbmc3k_400.h5ad": "human-pbmc",
    DATA / "pbmc_donor_a_300.h5ad": "human-pbmc",
    DATA / "cell_lines_150.h5ad": "human-lung-cell-lines",
}


@pytest.fixture(scope="module")
def pbmc(tmp_path_factory):
    """A folder with the model of the right tissue, whole and cut down to two sub-networks."""
    folder = tmp_path_factory.mktemp("hub")
    shutil.copytree(MODEL, folder / "whole")
    write_small(MODEL, folder / "cut", name="cut")
    return folder


def ranked(found, name):
    return next(r for r in found.ranks if r.model.endswith(name))


@pytest.mark.parametrize("data", RIGHT, ids=lambda path: path.stem)
def test_the_right_tissue_is_recommended(data):
    found = cellfill.recommend(data, hub=MODELS)
    assert found.best is not None
    assert found.best.model == str(MODELS / RIGHT[data])
    gains = [r.gain for r in found.ranks if r.fits]
    assert gains == sorted(gains, reverse=True)
    assert ranked(found, "mouse-pancreas-e15").stage == "ruled out"
    assert f"cellfill impute IN --output OUT --model {found.best.model}" in str(found)
    begun = f"recommended: {found.best.model}, which {found.best.verdict}: "
    assert re.match(rf"{re.escape(begun)}(by itself, )?it predicts ", str(found))


def test_the_studies_that_trained_the_model_are_named_and_the_reason_of_limits_is_said():
    evidence = {"cells": 300, "cells_checked": 300, "counts": "X holds counts", "species": (), "species_why": ""}
    first = Ranked(
        model="m",
        stage="measured",
        verdict="fits with limits",
        reasons=("It names 86% right.", "Off as a whole: dendritic cell."),
        studies=tuple("abcdefg"),
    )
    other = dataclasses.replace(first, model="n", verdict="does not fit", reasons=("Of other cells.", "Far."))
    said = Recommendation(ranks=(first, other), **evidence).describe()
    assert "\nwhy           Off as a whole: dendritic cell.\n" in said
    assert "\ntrained on    a, b, c, d, e and 2 more: if yours are among these cells, they look better" in said
    assert said.count("It names 86% right") + said.count("it names 86% right") == 1
    assert "\n2  Of other cells.\n" in said
    alone = Recommendation(ranks=(dataclasses.replace(first, verdict="fits", studies=()),), **evidence)
    assert "why  " not in alone.describe()
    assert "trained on" not in alone.describe()
    assert "1  It names 86% right. Off as a whole" in alone.describe(verbose=True)


def test_the_models_of_the_clone_are_named_where_none_is_found(example, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CELLFILL_MODELS", "")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "empty"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "empty"))
    found = cellfill.recommend(example, offline=True)
    assert found.outcome == "none reached"
    assert f"Models lie in the clone: export CELLFILL_MODELS={MODELS}" in str(found)


def test_cells_whose_genes_are_mixed_up_fit_no_model(example):
    example.var_names = np.random.default_rng(0).permutation(example.var_names)
    found = cellfill.recommend(example, hub=MODELS)
    assert found.best is None
    assert {r.verdict for r in found.ranks if r.stage == "measured"} == {"does not fit"}
    assert "none fits" in str(found)
    assert "cellfill-train fit" in str(found)


def test_a_model_that_tells_no_strangers_is_not_called_ignorant(example):
    """Whether it knows the cells was not looked at: nothing may be said of that."""
    found = cellfill.recommend(example, hub=MODELS, task="annotate", most=1)
    untold = [dataclasses.replace(r, verdict="not tested") if r.stage == "measured" else r for r in found.ranks]
    untold = dataclasses.replace(found, ranks=tuple(r for r in untold if r.stage == "measured"))
    assert (untold.outcome, found.outcome) == ("not tested", "recommended")
    said = conclusion(untold)
    assert said.startswith("whether the model that could be measured knows these cells could not be found out")


@pytest.mark.parametrize("named", ["worm", "mouse"])
def test_other_species_are_ruled_out_by_the_manifests_alone(example, named, monkeypatch):
    example.var_names = {
        "worm": [f"WBGene{i:08d}" for i in range(example.n_vars)],
        "mouse": [f"ENSMUSG{i:011d}" for i in range(example.n_vars)],
    }[named]
    monkeypatch.setattr("cellfill.hub.indexing.parse_genes", None)  # would fail if any gene index were read
    human = [m for m in MODELS.iterdir() if m.name.startswith("human") and not m.name.endswith("-types")]
    for hub in human:
        found = cellfill.recommend(example, hub=hub)
        assert found.best is None
        assert [r.stage for r in found.ranks] == ["ruled out"]
        assert "Homo sapiens" in found.ranks[0].reasons[0]
    assert "the genes rule out every model" in str(found)


def test_genes_in_rows_are_told_by_the_names_of_the_cells(example, pbmc):
    found = cellfill.recommend(example.T.copy(), hub=pbmc)
    assert found.outcome == "none fits"
    assert "has genes in rows" in found.ranks[0].reasons[0]
    assert "Mend names or orientation" in str(found)


def test_a_model_that_fills_fewer_genes_gains_less_of_all_molecules(example, pbmc):
    found = cellfill.recommend(example, hub=pbmc)
    whole, cut = ranked(found, "whole"), ranked(found, "cut")
    assert found.best is whole
    assert cut.fits
    assert cut.share < whole.share
    assert 0 < cut.gain < whole.gain


def test_a_model_without_means_is_measured_by_hidden_entries_and_comes_after(example, pbmc, tmp_path):
    bundle = read_bundle(pbmc / "cut")
    output = dataclasses.replace(bundle.manifest.graph.imputed, meaning="expressed")
    graph = dataclasses.replace(bundle.manifest.graph, outputs=(output,))
    only = dataclasses.replace(bundle.manifest.imputation, estimates=("expressed",))
    manifest = dataclasses.replace(bundle.manifest, graph=graph, imputation=only)
    write_bundle(dataclasses.replace(bundle, manifest=manifest), tmp_path / "caught")
    shutil.copytree(pbmc / "cut", tmp_path / "means")
    found = cellfill.recommend(example, hub=tmp_path)
    assert found.best is ranked(found, "means")
    caught = ranked(found, "caught")
    assert caught.stage == "measured"
    assert caught.verdict is not None
    assert np.isnan(caught.gain)
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["ranks"][1]["gain"] is None


def test_the_order_of_the_cells_changes_nothing(example, pbmc):
    first = cellfill.recommend(example, hub=pbmc / "cut")
    turned = cellfill.recommend(example[::-1].copy(), hub=pbmc / "cut")
    assert turned.ranks[0].gain == pytest.approx(first.ranks[0].gain, rel=1e-6)
    assert turned.ranks[0].gain != cellfill.recommend(example, hub=pbmc / "cut", seed=1).ranks[0].gain


def test_the_order_of_the_genes_changes_nothing(example, pbmc):
    first = cellfill.recommend(example, hub=pbmc / "cut").ranks[0]
    turned = cellfill.recommend(example[:, ::-1].copy(), hub=pbmc / "cut").ranks[0]
    assert turned.gain == pytest.approx(first.gain, rel=1e-6)
    assert turned.evidence.knowledge == pytest.approx(first.evidence.knowledge, rel=1e-6)


def test_only_the_most_promising_are_measured(example, monkeypatch):
    opened = []
    monkeypatch.setattr(rank, "find_bundle", lambda model, **_: opened.append(model) or find(model))
    from cellfill.hub.bundles import find_bundle as find

    found = cellfill.recommend(example, hub=MODELS, most=1)
    assert opened == [str(MODELS / "human-pbmc")]
    assert [r.stage for r in found.ranks] == ["measured", *["screened"] * 3, *["ruled out"] * 4]
    assert "--most" in found.ranks[1].reasons[0]


def test_a_model_that_cannot_be_read_or_opened_does_not_stop_the_others(example, tmp_path):
    for name in ("whole", "index", "graph"):
        shutil.copytree(MODEL, tmp_path / name)
    for folder, name in (("index", "genes.tsv"), ("graph", "model.onnx")):
        path = tmp_path / folder / name
        path.write_bytes(path.read_bytes()[:-1])
    found = cellfill.recommend(example, hub=tmp_path)
    assert found.best is ranked(found, "whole")
    for name, file in (("index", "genes.tsv"), ("graph", "model.onnx")):
        assert ranked(found, name).stage == "not read"
        assert file in ranked(found, name).reasons[0]


def test_a_few_cells_decide_nothing(example, pbmc):
    found = cellfill.recommend(example[:15].copy(), hub=pbmc / "cut")
    assert found.best is None
    assert found.outcome == "not tested"
    assert found.ranks[0].stage == "screened"
    assert "15 cells" in found.ranks[0].reasons[0]


def test_gene_mean_x_library_is_the_baseline_that_it_says(example):
    cells = share_cells(dataset_of(example), layer=None, gene_column=None, seed=0)
    assert (cells.kept + cells.hidden != cells.counts).nnz == 0
    assert 0.09 < cells.molecules / cells.counts.sum() < 0.11
    columns = np.arange(0, example.n_vars, 7)
    kept, hidden = cells.kept.toarray().astype(float), cells.hidden.toarray()[:, columns]
    library = kept.sum(axis=1) / kept.sum(axis=1).mean()
    level = (kept[:, columns].sum(axis=0) + 0.5) / library.sum()
    mean = np.outer(library, level) / 9
    assert cells.constant_loss(columns) == pytest.approx((mean - hidden * np.log(mean)).sum())


def test_antibody_counts_are_not_looked_at(example):
    example.var["feature_types"] = np.where(np.arange(example.n_vars) % 5, "Gene Expression", "Antibody Capture")
    cells = share_cells(dataset_of(example), layer=None, gene_column=None, seed=0)
    assert cells.counts[:, ::5].nnz == 0
    assert cells.counts.nnz > 0


def test_what_a_machine_and_a_notebook_get(example, pbmc):
    found = cellfill.recommend(example, hub=pbmc / "cut")
    record = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert record["best"] == found.best.model
    assert record["ranks"][0]["gain"] == found.ranks[0].gain
    html = found._repr_html_()
    assert "recommended" in html
    assert "<script" not in html
    assert len(html) < 3000


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"hub": MODELS, "most": 0}, UsageError),
        ({"hub": MODELS, "threads": 0}, UsageError),
        ({"hub": "no such/place"}, UsageError),
        ({"hub": DATA}, BundleNotFoundError),
        ({"hub": DATA / "absent"}, BundleNotFoundError),
    ],
)
def test_options_that_mean_nothing(example, options, error):
    with pytest.raises(error):
        cellfill.recommend(example, **options)


def test_what_is_no_dataset(example):
    with pytest.raises(DataError, match="recommend takes an AnnData"):
        cellfill.recommend(example.X, hub=MODELS)


def test_the_command_exits_with_what_it_found(tmp_path, pbmc):
    from typer.testing import CliRunner

    from cellfill.cli import app

    done = CliRunner().invoke(app, ["recommend", str(EXAMPLE), "--hub", str(pbmc / "cut")])
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("recommended: ")
    assert f"cellfill impute {EXAMPLE} --output pbmc_sorted_300-imputed.h5ad --model " in done.stdout
    worm = read_h5ad(EXAMPLE)
    worm.var_names = [f"WBGene{i:08d}" for i in range(worm.n_vars)]
    worm.write_h5ad(tmp_path / "worm.h5ad")
    done = CliRunner().invoke(app, ["recommend", str(tmp_path / "worm.h5ad"), "--hub", str(pbmc), "--json"])
    assert done.exit_code == 9
    assert json.loads(done.stdout)["best"] is None
    read_h5ad(EXAMPLE)[:15].write_h5ad(tmp_path / "few.h5ad")
    done = CliRunner().invoke(app, ["recommend", str(tmp_path / "few.h5ad"), "--hub", str(pbmc / "cut")])
    assert done.exit_code == 8
    assert "not tested" in done.stdout


def test_models_are_ranked_for_the_task_that_is_asked_for(tmp_path):
    names = bundles.make(tmp_path / "names", tasks=("annotate", "embed"))
    bundles.make(tmp_path / "fills", tasks=("impute",))
    (tmp_path / "fills" / "genes.tsv").unlink()  # of a model for another task the manifest alone is read
    found = cellfill.recommend(known_cells(), hub=tmp_path, task="annotate")
    (model,) = found.ranks
    assert model.model == str(names)
    assert model.verdict == cellfill.check(known_cells(), model=names, task="annotate").verdict
    assert found.notes == ()
    assert "named right" in str(found)
    assert "gain" not in str(found)
    assert found.to_dict()["task"] == "annotate"
    none = cellfill.recommend(known_cells(), hub=tmp_path / "fills", task="embed")
    assert (none.outcome, none.ranks) == ("none reached", ())
    assert "fills (impute). See --task impute." in none.notes[0]
    fills = cellfill.recommend(known_cells(), hub=tmp_path)
    assert [r.stage for r in fills.ranks] == ["not read"]
    assert "names (annotate, embed). See --task annotate or --task embed" in " ".join(fills.notes).replace(
        str(tmp_path) + "/", ""
    )
    assert "task" not in fills.to_dict()
