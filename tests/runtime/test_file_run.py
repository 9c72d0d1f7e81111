"""From file to file: the values of memory, in bounded memory, and on from where a run was cut."""

import json
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace

import anndata
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

import cellfill
from cellfill.cli.summary import summary
from cellfill.cli.summary import warnings as warned
from cellfill.errors import CountsError, OutputExistsError, UsageError
from cellfill.runs.journal import Journal
from conftest import MODEL

CLOSE = {"rtol": 2e-5, "atol": 1e-7}


@pytest.fixture
def cells(tmp_path, example):
    """A file of 60 cells."""
    path = tmp_path / "in.h5ad"
    example[:60].copy().write_h5ad(path)
    return path


def values(adata, key="imputed"):
    layer = adata.layers[key]
    return layer.toarray() if sparse.issparse(layer) else np.asarray(layer)


def impute_file(model, cells, tmp_path, *, name="out.h5ad", **options):
    """Impute a file; without the check of the model, which takes most of the time and has tests of its own."""
    report = cellfill.impute_file(cells, tmp_path / name, model=model, **({"gate": False} | options))
    return report, anndata.read_h5ad(tmp_path / name)


def test_a_file_gets_what_memory_gets(model, cells, tmp_path):
    report, result = impute_file(model, cells, tmp_path, block_size=16, gate=True)
    expected = model.impute(anndata.read_h5ad(cells), copy=True)
    np.testing.assert_allclose(values(result), values(expected), **CLOSE)
    assert (result.X != expected.X).nnz == 0
    assert list(result.var["imputed_reason"]) == list(expected.var["imputed_reason"])
    assert set(result.uns["cellfill"]) == set(report.record)
    assert report.record["cells"] == 60
    assert report.record["zeros_filled"] == expected.uns["cellfill"]["zeros_filled"]
    assert [p.name for p in sorted(tmp_path.iterdir())] == ["in.h5ad", "out.h5ad"]


def test_the_record_says_what_was_asked_for(model, cells, tmp_path):
    genes = ["CD3D", "LYZ"]
    _, result = impute_file(model, cells, tmp_path, gate=False, genes=genes, min_coverage=0.01, block_size=32)
    said = result.uns["cellfill"]["options"]
    assert (bool(said["gate"]), list(said["genes"]), said["min_coverage"]) == (False, genes, 0.01)
    assert result.uns["cellfill"]["block_size"] == 32
    assert result.uns["cellfill"]["genes"] == result.n_vars  # of the dataset, as before


@pytest.mark.parametrize("threads", [1, 3])
def test_the_number_of_threads_does_not_matter(model, cells, tmp_path, threads):
    _, result = impute_file(model, cells, tmp_path, threads=threads, block_size=7)
    np.testing.assert_allclose(
        values(result), values(model.impute(anndata.read_h5ad(cells), copy=True, gate=False)), **CLOSE
    )


@pytest.mark.parametrize("estimate", ["expected", "expressed", "posterior"])
def test_the_size_of_a_block_changes_no_more_than_the_documentation_says(model, example, estimate):
    few, found = example[:40].copy(), []
    for size in (1, 7, 4096):
        found.append(values(model.impute(few, estimate=estimate, block_size=size, copy=True, gate=False)))
        np.testing.assert_allclose(found[-1], found[0], rtol=1e-5, atol=1e-9)
    again = values(model.impute(few, estimate=estimate, block_size=7, threads=1, copy=True, gate=False))
    np.testing.assert_array_equal(again, found[1])


def test_only_the_genes_asked_for_are_imputed_and_get_the_values_of_a_whole_run(model, cells, tmp_path):
    report, some = impute_file(model, cells, tmp_path, genes=["CD3D", "ENSG00000090382", "CD79A"])
    whole = model.impute(anndata.read_h5ad(cells), copy=True, gate=False)
    asked = some.var_names.isin(["CD3D", "LYZ", "CD79A"])
    assert list(some.var_names[some.var["imputed"]]) == list(some.var_names[asked])
    np.testing.assert_allclose(values(some)[:, asked], values(whole)[:, asked], **CLOSE)
    np.testing.assert_array_equal(values(some)[:, ~asked], some.X.toarray()[:, ~asked])
    others = whole.var["imputed"].to_numpy() & ~asked
    assert set(some.var.loc[others, "imputed_reason"]) == {"not asked for"}
    assert report.record["genes_imputed"] == 3


@pytest.mark.parametrize("name", ["some.csv", "some.tsv.gz"])
def test_a_text_table_holds_the_genes_asked_for_alone(model, cells, tmp_path, name):
    asked = ["MS4A1", "CD3D"]
    _, all_genes = impute_file(model, cells, tmp_path, genes=asked)
    cellfill.impute_file(cells, tmp_path / name, model=model, genes=asked, gate=False)
    table = pd.read_csv(tmp_path / name, index_col=0, sep="," if ".csv" in name else "\t")
    assert set(table.columns) == set(asked)
    np.testing.assert_allclose(table, values(all_genes[:, table.columns]), rtol=1e-6)
    said = pd.read_csv(tmp_path / f"{name}.cellfill.tsv", sep="\t", index_col=0)
    assert list(said.index) == list(table.columns)
    assert said["imputed"].all()
    whole = tmp_path / "whole.csv"
    cellfill.impute_file(cells, whole, model=model, gate=False)
    assert pd.read_csv(whole, index_col=0, nrows=1).shape[1] == all_genes.n_vars
    with pytest.raises(UsageError, match="holds the counts"):
        cellfill.impute_file(whole, whole, model=model, genes=asked, overwrite=True)


def test_genes_that_are_not_imputed_though_asked_for_are_said(model, example, tmp_path):
    """Those that the data lack, and those that are left as they are."""
    cells, path = example[:, example.var_names != "MS4A1"].copy(), tmp_path / "lacking.h5ad"
    cells.var_names = ["CD79A" if name == "CD79B" else name for name in cells.var_names]  # of two columns now
    cells.write_h5ad(path)
    said = (
        "Of the genes that were asked for, the data do not have MS4A1. "
        "Of the genes that were asked for, these are left as observed: CD79A."
    )
    with pytest.warns(cellfill.FitWarning, match=re.escape(said)):
        report, result = impute_file(model, path, tmp_path, genes=["CD3D", "MS4A1", "CD79A"])
    assert result.uns["cellfill"]["genes_absent"].tolist() == ["MS4A1"]
    assert result.uns["cellfill"]["genes_left"].tolist() == ["CD79A"]
    assert [line for line in warned(report) if line.startswith("WARNING ") and line.endswith(said)]
    assert said in summary(report)


@pytest.mark.filterwarnings("error::cellfill.FitWarning")
def test_genes_that_are_all_imputed_as_asked_for_need_no_word(model, cells, tmp_path):
    report, result = impute_file(model, cells, tmp_path, genes=["CD3D"])
    assert result.uns["cellfill"]["genes_absent"].tolist() == []
    assert "genes that were asked for" not in summary(report) + "".join(warned(report))


def test_genes_that_the_model_does_not_fill_are_named(model, cells, tmp_path):
    with pytest.raises(UsageError, match="does not fill NOTAGENE"):
        impute_file(model, cells, tmp_path, genes=["CD3D", "NOTAGENE"])
    assert [p.name for p in tmp_path.iterdir()] == ["in.h5ad"]


def test_small_values_are_dropped_where_asked(model, cells, tmp_path):
    report, result = impute_file(model, cells, tmp_path, drop_below=0.1)
    whole = values(model.impute(anndata.read_h5ad(cells), copy=True, gate=False))
    observed = result.X.toarray()
    expected = np.where((observed == 0) & (whole < np.float32(0.1)), 0, whole)
    np.testing.assert_allclose(values(result), expected, rtol=1e-4, atol=1e-6)
    assert result.layers["imputed"].nnz < 0.5 * np.count_nonzero(whole)
    assert report.record["drop_below"] == 0.1


def test_half_precision_is_dense_and_close(model, cells, tmp_path):
    _, result = impute_file(model, cells, tmp_path, dtype="float16")
    assert isinstance(result.layers["imputed"], np.ndarray)
    assert result.layers["imputed"].dtype == np.float16
    whole = values(model.impute(anndata.read_h5ad(cells), copy=True, gate=False))
    np.testing.assert_allclose(values(result).astype(np.float32), whole, rtol=1e-3, atol=1e-6)


def test_counts_come_from_raw_and_all_its_genes_predict(model, example, tmp_path):
    few = example[:60].copy()
    expected = model.impute(few, copy=True, gate=False)
    shown = np.flatnonzero(few.var_names.isin(["CD3D", "LYZ", "NKG7", "CD79A", "GNLY", "S100A8"]))
    few.raw = few
    few.X = few.X.log1p() * 0.37
    some = few[:, shown].copy()
    some.write_h5ad(tmp_path / "in.h5ad")
    report, result = impute_file(model, tmp_path / "in.h5ad", tmp_path)
    assert report.record["counts"] == "raw.X"
    np.testing.assert_allclose(values(result), values(expected)[:, shown], **CLOSE)


def test_raw_that_is_asked_for_is_read_whole_and_fills_the_genes_of_x(model, example, tmp_path):
    few = example[:60].copy()
    expected = model.impute(few, copy=True, gate=False)
    shown = np.flatnonzero(few.var_names.isin(["CD3D", "LYZ", "NKG7", "CD79A", "GNLY", "S100A8"]))
    few.raw = few
    some = few[:, shown].copy()  # X holds counts, of too few genes
    some.write_h5ad(tmp_path / "in.h5ad")
    report, result = impute_file(model, tmp_path / "in.h5ad", tmp_path, layer="raw")
    assert report.record["counts"] == "raw.X"
    model.impute(some, layer="raw", gate=False)
    for found in (result, some):
        np.testing.assert_allclose(values(found), values(expected)[:, shown], **CLOSE)


def test_raw_may_hold_the_genes_in_another_order(model, example, tmp_path):
    few = example[:60].copy()
    expected = values(model.impute(few, copy=True, gate=False))
    order = np.random.default_rng(0).permutation(few.n_vars)
    some = few[:, order].copy()
    some.raw = few
    some.X = some.X.log1p() * 0.37
    some.write_h5ad(tmp_path / "in.h5ad")
    report, result = impute_file(model, tmp_path / "in.h5ad", tmp_path)
    assert report.record["counts"] == "raw.X"
    np.testing.assert_allclose(values(result), expected[:, order], **CLOSE)
    assert result.layers["imputed"].has_sorted_indices


class StoppedError(Exception):
    pass


def stop_after(number):
    def on_block(done, _total):
        if done >= number:
            raise StoppedError

    return on_block


def test_a_run_that_was_cut_goes_on_where_it_was(model, cells, tmp_path, monkeypatch):
    options = {"block_size": 10, "resume": True}
    with pytest.raises(StoppedError):
        impute_file(model, cells, tmp_path, on_block=stop_after(30), **options)
    folder = tmp_path / "out.h5ad.unfinished"
    kept = sorted(p.name for p in folder.glob("*.npz"))
    assert [name[:8] for name in kept] == ["0000000.", "0000001.", "0000002."]
    assert not (tmp_path / "out.h5ad").exists()
    real = Journal.blocks

    def seen(journal, rows):  # what is kept is used, not made again
        for block in real(journal, rows):
            yield replace(block, layer=block.layer + block.layer.astype(bool) * np.float32(1000))

    monkeypatch.setattr(Journal, "blocks", seen)
    _, result = impute_file(model, cells, tmp_path, **options)
    whole = model.impute(anndata.read_h5ad(cells), copy=True, gate=False)
    stored = values(result)
    assert stored[:30][stored[:30] > 0].min() >= 1000
    np.testing.assert_allclose(stored[30:], values(whole)[30:], **CLOSE)
    assert result.uns["cellfill"]["zeros_filled"] == whole.uns["cellfill"]["zeros_filled"]
    assert not folder.exists()


def test_a_damaged_block_and_those_after_it_are_made_again(model, cells, tmp_path):
    options = {"block_size": 10, "resume": True}
    with pytest.raises(StoppedError):
        impute_file(model, cells, tmp_path, on_block=stop_after(40), **options)
    (damaged,) = (tmp_path / "out.h5ad.unfinished").glob("0000002.*")
    damaged.write_bytes(damaged.read_bytes()[:-300])
    _, result = impute_file(model, cells, tmp_path, **options)
    np.testing.assert_allclose(
        values(result), values(model.impute(anndata.read_h5ad(cells), copy=True, gate=False)), **CLOSE
    )


def test_the_work_of_another_run_is_not_gone_on_with(model, cells, tmp_path):
    with pytest.raises(StoppedError):
        impute_file(model, cells, tmp_path, block_size=10, resume=True, on_block=stop_after(20))
    with pytest.raises(UsageError, match="beginning of another run"):
        impute_file(model, cells, tmp_path, block_size=10, resume=True, policy="all")
    assert len(list((tmp_path / "out.h5ad.unfinished").glob("*.npz"))) == 2


def test_a_killed_process_is_resumed(model, example, tmp_path):
    anndata.concat([example] * 3, index_unique="-", merge="same").write_h5ad(tmp_path / "in.h5ad")
    command = [sys.executable, "-m", "cellfill.cli", "impute", str(tmp_path / "in.h5ad"), "--model", str(MODEL)]
    command += ["--output", str(tmp_path / "out.h5ad"), "--resume", "--block-size", "6", "--json", "--quiet"]
    command += ["--no-gate"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    folder, deadline = tmp_path / "out.h5ad.unfinished", time.monotonic() + 120
    while len(list(folder.glob("0*.npz"))) < 5 and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    kept = len(list(folder.glob("0*.npz")))
    assert 5 <= kept < 150
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["cells"] == 900
    result = anndata.read_h5ad(tmp_path / "out.h5ad")
    expected = model.impute(anndata.read_h5ad(tmp_path / "in.h5ad"), copy=True, gate=False)
    np.testing.assert_allclose(values(result), values(expected), rtol=1e-4, atol=1e-6)
    assert not folder.exists()


def test_an_output_that_exists_is_refused_before_anything_is_read(model, tmp_path):
    (tmp_path / "out.h5ad").write_text("precious")
    with pytest.raises(OutputExistsError):
        cellfill.impute_file(tmp_path / "absent.h5ad", tmp_path / "out.h5ad", model=model)
    assert (tmp_path / "out.h5ad").read_text() == "precious"


def test_what_turns_out_not_to_be_counts_late_leaves_nothing(model, example, tmp_path):
    """A dataset too large to look at whole, with one bad cell far in."""
    many = anndata.concat([example] * 14, index_unique="-")
    assert many.n_obs > 4000
    bad = many.X.tolil()
    bad[3001, :50] = 0.5
    many.X = bad.tocsr()
    many.write_h5ad(tmp_path / "in.h5ad")
    with pytest.raises(CountsError, match="fractions"):
        impute_file(model, tmp_path / "in.h5ad", tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["in.h5ad"]


def test_the_input_may_be_replaced_when_asked(model, cells):
    expected = model.impute(anndata.read_h5ad(cells), copy=True)
    cellfill.impute_file(cells, cells, model=model, overwrite=True)
    np.testing.assert_allclose(values(anndata.read_h5ad(cells)), values(expected), **CLOSE)
    assert [p.name for p in cells.parent.iterdir()] == ["in.h5ad"]
