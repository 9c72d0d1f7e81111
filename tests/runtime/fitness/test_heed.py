"""A model that does not fit is said to everyone who imputes with it, and refused where a fit is required."""

import dataclasses
import functools
import json
import subprocess
import sys
import warnings

import anndata
import numpy as np
import pytest

import cellfill
from cellfill.errors import CellfillError, FitError, FitLimitsError, UsageError
from cellfill.fitness.verdict import ALONE, HELPED
from cellfill.report.on_genes import genes_section
from cellfill.tasks.imputation import prepare, some_cells
from conftest import MODEL

# What the quick check says of these cells: under their own genes' names, of too few cells to be sure, under others.
VERDICTS = ("fits", "fits with limits", "does not fit")
CODES = {"fits": 0, "fits with limits": 8, "does not fit": 9, "cannot be told": 8}


@pytest.fixture(scope="module")
def cells(_example):
    wrong = _example.copy()
    wrong.var_names = np.random.default_rng(0).permutation(wrong.var_names)
    few, fewest = _example[:60].copy(), _example[:15].copy()
    return {"fits": _example, "fits with limits": few, "does not fit": wrong, "cannot be told": fewest}


@pytest.fixture(scope="module")
def gate(model, _example):
    """What a quick check found, once."""
    found = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(prepare, "heed", lambda gate, _require, **_: found.append(gate))
        model.impute(_example, copy=True)
    return found[0]


@pytest.fixture
def says(gate, monkeypatch):
    """Let the quick check say what it is told to, and at once."""

    def say(verdict):
        told = None if verdict == "cannot be told" else dataclasses.replace(gate, verdict=verdict)
        monkeypatch.setattr(some_cells, "measure_gate", lambda *_, **__: told)

    return say


@pytest.fixture
def few(example):
    return example[:20].copy()


def by_function(model, adata, folder, **options):
    cellfill.impute(adata, model=model, calibrate=False, **options)


def by_method(model, adata, folder, **options):
    model.impute(adata, calibrate=False, **options)


def by_matrix(model, adata, folder, **options):
    model.impute_matrix(adata.X, list(adata.var_names), calibrate=False, **options)


def by_file(model, adata, folder, **options):
    adata.write_h5ad(folder / "in.h5ad")
    cellfill.impute_file(folder / "in.h5ad", folder / "out.h5ad", model=model, calibrate=False, **options)


def resumably(model, adata, folder, **options):
    by_file(model, adata, folder, resume=True, **options)


def lazily(model, adata, folder, **options):
    da = pytest.importorskip("dask.array")
    adata.X = da.from_array(adata.X.toarray(), chunks=(100, -1))
    cellfill.impute(adata, model=model, calibrate=False, **options)


WAYS = (by_function, by_method, by_matrix, by_file, resumably, lazily)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("verdict", CODES)
def test_python_warns_of_a_model_that_does_not_fit(model, way, verdict, says, few, tmp_path):
    says(verdict)
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        way(model, few, tmp_path)
    said = [w for w in heard if issubclass(w.category, cellfill.FitWarning)]
    assert len(said) == (verdict != "fits")
    for warning in said:
        assert warning.filename == __file__  # the caller's line, where warnings can be told apart and switched off
        word = "could not be tried" if verdict == "cannot be told" else verdict.split()[0]
        assert word in str(warning.message)
        assert ("does not fit" in str(warning.message)) == (verdict == "does not fit")
        assert ("with limits" in str(warning.message)) == (verdict == "fits with limits")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("require", ["fits", "limits"])
@pytest.mark.parametrize("verdict", CODES)
def test_what_is_required_is_kept_or_nothing_is_written(model, way, require, verdict, says, few, tmp_path):
    says(verdict)
    adata, enough = few, {"fits"} | ({"fits with limits"} if require == "limits" else set())
    if verdict in enough:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", cellfill.FitWarning)
            way(model, adata, tmp_path, require=require)
        return
    with pytest.raises(FitError, match=r"nothing was imputed.*cellfill recommend") as refused:
        way(model, adata, tmp_path, require=require)
    assert refused.value.exit_code == CODES[verdict]
    assert isinstance(refused.value, FitLimitsError) == (CODES[verdict] == 8)
    assert not adata.layers
    assert "cellfill" not in adata.uns
    assert not [name for name in adata.var if "imputed" in name]
    assert {path.name for path in tmp_path.iterdir()} <= {"in.h5ad"}


def test_on_a_cluster_nothing_is_written_either(model, says, few, tmp_path):
    distributed = pytest.importorskip("distributed")
    says("does not fit")
    local = distributed.LocalCluster(n_workers=1, processes=False, dashboard_address=None)
    with local as cluster, pytest.raises(FitError):
        by_file(model, few, tmp_path, require="limits", dask=cluster.scheduler_address)
    assert not (tmp_path / "out.h5ad").exists()


def test_an_existing_result_outlives_a_refusal(model, says, few, tmp_path):
    says("does not fit")
    (tmp_path / "out.h5ad").write_text("mine")
    with pytest.raises(FitError):
        by_file(model, few, tmp_path, require="fits", overwrite=True)
    assert (tmp_path / "out.h5ad").read_text() == "mine"


@pytest.mark.filterwarnings("ignore::cellfill.FitWarning")
def test_a_run_that_was_cut_may_go_on_under_a_requirement(model, says, few, tmp_path):
    """What is required changes no value: it makes no other run of one that was cut, but is asked again."""
    says("does not fit")
    few.write_h5ad(tmp_path / "in.h5ad")

    def stop(done, _of):
        if done > 10:
            raise KeyboardInterrupt

    run = functools.partial(
        cellfill.impute_file, tmp_path / "in.h5ad", tmp_path / "out.h5ad", model=model, resume=True, block_size=8
    )
    with pytest.raises(KeyboardInterrupt):
        run(on_block=stop)
    kept = sorted(path.name for path in (tmp_path / "out.h5ad.unfinished").iterdir())
    with pytest.raises(FitError):
        run(require="limits")
    assert sorted(path.name for path in (tmp_path / "out.h5ad.unfinished").iterdir()) == kept
    assert not (tmp_path / "out.h5ad").exists()
    says("fits with limits")
    run(require="limits")


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"require": "fits", "gate": False}, "--no-gate"),
        ({"require": "limits", "gate": False}, "--no-gate"),
        ({"require": "yes"}, "one of fits, limits"),
        ({"require": True}, "one of fits, limits"),
    ],
)
def test_a_requirement_that_cannot_be_kept_is_refused(model, options, match, few, tmp_path):
    with pytest.raises(UsageError, match=match):
        by_function(model, few, tmp_path, **options)


def test_a_model_of_which_no_gene_would_be_filled_does_not_fit(cells, tmp_path):
    """Refused anyway, as data: where a fit is required, as a model that does not fit."""
    from runtime.hostile import parts

    parts.write(tmp_path / "nonsense", parts.seal(parts.sound()))
    with pytest.raises(FitError) as refused:
        cellfill.impute(cells["fits"].copy(), model=tmp_path / "nonsense", calibrate=False, require="limits")
    assert refused.value.exit_code == 9


def test_a_warning_can_be_made_an_error_and_nothing_is_added(model, says, few):
    says("does not fit")
    with warnings.catch_warnings():
        warnings.simplefilter("error", cellfill.FitWarning)
        with pytest.raises(cellfill.FitWarning):
            cellfill.impute(few, model=model, calibrate=False)
    assert not few.layers


def test_a_warning_is_one_of_users_and_no_error():
    assert issubclass(cellfill.FitWarning, UserWarning)
    assert not issubclass(cellfill.FitWarning, CellfillError)


def command(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "cellfill.cli", *map(str, arguments)], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("verdict", CODES)
def test_the_command_exits_by_what_is_required(verdict, cells, tmp_path):
    cells[verdict].copy().write_h5ad(tmp_path / "in.h5ad")
    out = tmp_path / "out.h5ad"
    done = command("impute", tmp_path / "in.h5ad", "--model", MODEL, "-o", out, "--require", "fits", "-q")
    assert done.returncode == CODES[verdict], done.stderr
    assert out.exists() == (verdict == "fits")
    assert done.stderr.startswith("Error: ") == (verdict != "fits")


def test_quiet_is_not_silent_about_a_model_that_does_not_fit(cells, tmp_path):
    cells["does not fit"].copy().write_h5ad(tmp_path / "in.h5ad")
    done = command("impute", tmp_path / "in.h5ad", "--model", MODEL, "-o", tmp_path / "out.h5ad", "-q", "--json")
    assert done.returncode == 0, done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith("WARNING ")
    assert "does not fit" in line
    assert "FitWarning" not in line
    assert json.loads(done.stdout)["check"]["verdict"] == "does not fit"


def test_a_model_that_was_not_tried_is_said_and_recorded(cells, tmp_path):
    cells["cannot be told"].copy().write_h5ad(tmp_path / "in.h5ad")
    out = tmp_path / "out.h5ad"
    done = command("impute", tmp_path / "in.h5ad", "--model", MODEL, "-o", out, "-q")
    assert done.stderr.startswith("WARNING ")
    assert "could not be tried" in done.stderr
    record = anndata.read_h5ad(out).uns["cellfill"]["check"]
    assert record["verdict"] == "not tested"
    assert "Fewer than 20" in record["why"]
    asked_for_none = command(
        "impute", tmp_path / "in.h5ad", "--model", MODEL, "-o", out, "-q", "--no-gate", "--force"
    )
    assert asked_for_none.stderr == ""
    assert anndata.read_h5ad(out).uns["cellfill"]["check"]["verdict"] == "not tested"


def test_two_counts_of_genes_are_told_apart_wherever_both_are_said(cells):
    """By itself and helped by the cells are two figures: no line says one as if it were the other."""
    lung = cellfill.load(MODEL.parent / "human-lung-adenocarcinoma")
    fitness = lung.check(cells["fits"])
    evidence, genes = fitness.evidence, fitness.genes
    alone, helped = (round(share * evidence.genes) for share in (evidence.known, evidence.helped))
    assert helped == genes.filled[genes.tried].sum()
    assert alone == (genes.known[genes.tried] > 0.5).sum()
    assert alone != helped
    lines = fitness.describe(verbose=True).splitlines()
    said = [*lines, fitness._repr_html_(), genes_section(fitness, genes).shows]
    counted = [text for text in said if f"{helped:,}" in text and "genes" in text]
    assert len(counted) >= 4
    assert all(HELPED in text.lower() for text in counted)
    assert all(ALONE in text.lower() for text in said if f"{alone:,} of" in text)
    with pytest.warns(cellfill.FitWarning, match=f"(?i){ALONE}.*{HELPED}"):
        record = lung.impute(cells["fits"], copy=True).uns["cellfill"]["check"]
    assert record["genes_better_alone"] < record["genes_better"]
    plain = str(lung.check(cells["fits"], calibrate=False))
    assert HELPED not in plain
    assert ALONE not in plain.lower()
