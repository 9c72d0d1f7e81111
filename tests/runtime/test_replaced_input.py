"""An input that does not stay as it was opened gives no result, whatever its format and whatever happens to it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import cellfill
from cellfill.errors import CellfillError, DataError, OutputError
from cellfill.readers import open_dataset
from cellfill.readers.argument import opened_dataset
from cellfill.readers.identity import fingerprint
from cellfill.results.named import Layer, Results
from cellfill.writers import open_sink
from runtime.one_dataset import FORMATS, forty_cells

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")
CHANGED = "changed, replaced or removed while it was read"


def a_file(path):
    """Return a file of a dataset that is needed."""
    files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
    return next((file for file in files if "barcodes" in file.name), files[-1])


def rename_over(path):
    """Put other files of the same names and sizes there, as a program does that writes beside and renames."""
    other = path.with_name("other")
    (shutil.copytree if path.is_dir() else shutil.copyfile)(path, other)
    if path.is_dir():
        path.rename(path.with_name("before"))
    other.rename(path)


def rewrite(path):
    file = a_file(path)
    content, about = file.read_bytes(), file.stat()
    file.write_bytes(content[::-1])
    os.utime(file, ns=(about.st_atime_ns, about.st_mtime_ns + 1))


def cut(path):
    os.truncate(a_file(path), a_file(path).stat().st_size // 2)


def take_away(path):
    shutil.rmtree(path) if path.is_dir() else path.unlink()


def write(output, dataset):
    """Write a result as a run does: into the sink, then into its place."""
    sink = open_sink(output, dataset=dataset, layer=Layer(name="imputed", dense=True), overwrite=False)
    try:
        sink.add(np.ones((dataset.cells, len(dataset.var)), dtype=np.float32))
        sink.finish(Results(var={}, record_name="cellfill", record={}))
    finally:
        sink.abort()


@pytest.mark.parametrize("change", [rename_over, rewrite, cut, take_away])
@pytest.mark.parametrize("form", sorted(FORMATS))
def test_of_every_format_it_is_seen_that_it_changed_since_it_was_opened(example, tmp_path, form, change):
    path = FORMATS[form](forty_cells(example), tmp_path)
    dataset = open_dataset(path)
    dataset.unchanged()
    change(path)
    with pytest.raises(DataError, match=CHANGED):
        dataset.unchanged()
    dataset.close()


@pytest.mark.parametrize("output", ["out.h5ad", "out.zarr", "out.csv", "out"])
@pytest.mark.parametrize("form", ["h5ad", "zarr 3"])
@pytest.mark.parametrize("moment", ["before it is copied", "after all was written"])
def test_no_writer_puts_rows_of_two_datasets_in_place(example, tmp_path, form, output, moment):
    path = FORMATS[form](forty_cells(example), tmp_path)
    dataset = open_dataset(path)
    if moment == "before it is copied":
        rename_over(path)
        with pytest.raises(DataError, match=CHANGED):
            write(tmp_path / output, dataset)
    else:
        sink = open_sink(
            tmp_path / output,
            dataset=dataset,
            layer=Layer(name="imputed", dense=True),
            overwrite=False,
        )
        sink.add(np.ones((40, 300), dtype=np.float32))
        rename_over(path)
        with pytest.raises(DataError, match=CHANGED):
            sink.finish(Results(var={}, record_name="cellfill", record={}))
        sink.abort()
    dataset.close()
    assert not (tmp_path / output).exists()
    assert not list(tmp_path.glob(".cellfill*"))


def test_a_run_says_so_and_leaves_nothing(model, example, tmp_path):
    example[:60].copy().write_h5ad(tmp_path / "in.h5ad")
    example[:60][::-1].copy().write_h5ad(tmp_path / "new.h5ad")

    def replace(done, _total):
        if done == 20:
            (tmp_path / "new.h5ad").rename(tmp_path / "in.h5ad")

    with pytest.raises(DataError, match=CHANGED) as found:
        cellfill.impute_file(
            tmp_path / "in.h5ad", tmp_path / "out.h5ad", model=model, block_size=20, gate=False, on_block=replace
        )
    assert found.value.exit_code == 3
    assert [p.name for p in tmp_path.iterdir()] == ["in.h5ad"]


@pytest.mark.parametrize("command", ["align", "check"])
def test_nothing_is_said_of_a_dataset_that_changed_under_the_hand(model, example, tmp_path, command, monkeypatch):
    path = tmp_path / "in.h5ad"
    example[:60].copy().write_h5ad(path)
    names = {"align": "cellfill.genes.coverage.measure_coverage", "check": "cellfill.fitness.check.check_dataset"}
    monkeypatch.setattr(
        names[command], lambda *_arguments, **_options: rename_over(path) or SimpleNamespace(fitness=0)
    )
    with pytest.raises(DataError, match=CHANGED):
        getattr(model, command)(path)


def test_what_fails_since_the_input_changed_says_that_it_changed(example, tmp_path):
    path = FORMATS["h5ad"](forty_cells(example), tmp_path)

    def read():
        with opened_dataset(path, "check"):
            path.unlink()
            raise DataError("it may be damaged or cut short")

    with pytest.raises(DataError, match=CHANGED) as found:
        read()
    assert "cut short" in str(found.value.__context__)


def test_what_does_not_belong_to_the_input_may_change(example, tmp_path):
    """Other files of its folder, when it was read, and who may read it."""
    path = FORMATS["10x mtx, version 3"](forty_cells(example), tmp_path)
    for opened in (path, next(path.glob("*matrix.mtx*"))):
        dataset = open_dataset(opened)
        (path / "out.h5ad").write_text("a result")
        for name in ("imputed.csv", "imputed.csv.cellfill.tsv", "my_genes.csv", "cells.txt", "other.mtx"):
            (path / name).write_text("of another run, or mine")
        (path / ".cellfill-0").mkdir(exist_ok=True)
        a_file(path).read_bytes()
        a_file(path).chmod(0o600)
        dataset.unchanged()
        dataset.close()
        (path / "other.mtx").unlink()


def test_names_beside_a_matrix_belong_to_it(example, tmp_path):
    """Of a run that goes on, too: the matrix alone does not say whose cells these are."""
    path = FORMATS["10x mtx, version 3"](forty_cells(example), tmp_path)
    matrix = next(path.glob("*matrix.mtx*"))
    before = fingerprint(matrix, "10x-mtx")
    rewrite(path)
    assert fingerprint(matrix, "10x-mtx") != before


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs /proc")
def test_files_are_given_back(example, tmp_path):
    path = FORMATS["h5ad"](forty_cells(example), tmp_path)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        open_dataset(path).close()
    path.write_bytes(path.read_bytes()[:3000])
    for _ in range(3):
        with pytest.raises(CellfillError):
            open_dataset(path)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


@pytest.mark.parametrize("form", ["zarr 2", "zarr 3"])
@pytest.mark.parametrize("output", ["o.csv", "o.zarr", "o.h5ad", "o", "obs/o.tsv.gz"])
def test_a_result_within_the_store_that_is_read_is_refused_before_the_work(example, tmp_path, form, output):
    path = FORMATS[form](forty_cells(example), tmp_path)
    before = fingerprint(path)
    with pytest.raises(OutputError, match=f"lies within .*{path.name}, which is read"):
        cellfill.impute_file(path, path / output, model=tmp_path / "no model is looked for")
    assert fingerprint(path) == before


def test_a_store_that_holds_the_input_is_not_replaced(example, tmp_path):
    store = FORMATS["zarr 3"](forty_cells(example), tmp_path)
    inner = store / "in.h5ad"
    example[:40].copy().write_h5ad(inner)
    with pytest.raises(OutputError, match="which is read: it is not replaced"):
        cellfill.impute_file(inner, store, model=tmp_path / "none", overwrite=True)
    assert inner.is_file()


@pytest.mark.parametrize("command", [["report", "--output"], ["check", "--genes"]])
def test_so_is_a_page_or_a_table_of_genes(example, tmp_path, command):
    path = FORMATS["zarr 3"](forty_cells(example), tmp_path)
    name = "o.html" if command[0] == "report" else "o.tsv"
    options = ["--model", str(tmp_path / "none"), command[1], str(path / name)]
    line = [sys.executable, "-m", "cellfill.cli", command[0], str(path), *options]
    done = subprocess.run(line, check=False, capture_output=True, text=True)
    assert done.returncode == 6
    assert "which is read" in done.stderr.replace("\n", " ")
