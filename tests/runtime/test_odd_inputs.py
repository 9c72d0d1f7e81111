"""Odd but legal input works; and two processes at one output do not harm each other."""

import os
import re
import signal
import subprocess
import sys
import time

import anndata
import numpy as np
import pandas as pd
import pytest
from anndata import read_h5ad
from scipy import sparse

import cellfill
from cellfill.errors import OutputError, OutputExistsError, UsageError
from conftest import MODEL
from runtime.heard import HEARING_CELLFILL
from runtime.one_dataset import FORMATS, forty_cells

CLOSE = {"rtol": 2e-5, "atol": 1e-7}
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


@pytest.fixture
def few(example):
    return example[:20].copy()


def values(adata):
    layer = adata.layers["imputed"]
    return layer.toarray() if sparse.issparse(layer) else np.asarray(layer)


def imputed(model, adata, tmp_path, **options):
    """The result, through a file."""
    adata.write_h5ad(tmp_path / "in.h5ad")
    cellfill.impute_file(tmp_path / "in.h5ad", tmp_path / "out.h5ad", model=model, **options)
    return anndata.read_h5ad(tmp_path / "out.h5ad")


def converted(dtype, *, form=sparse.csr_matrix):
    def change(a):
        a.X = form(a.X.toarray().astype(dtype))

    return change


def in_a_layer(a):
    a.layers["counts"] = a.X.tocsc()
    a.X = None


def in_raw(a):
    a.raw = a
    a.X = None


def odd_tables(a):
    a.obs["some"] = pd.array([True, None] * 10, dtype="boolean")
    a.obs["number"] = pd.array([1, None] * 10, dtype="Int64")
    cannot = anndata.__version__ == "0.12.0" or anndata.__version__.startswith("0.11")  # write the latter
    text = object if cannot else "string"
    a.var["text"] = pd.array(["x"] * a.n_vars, dtype=text)
    a.obsm["frame"] = pd.DataFrame({"a": range(20)}, index=a.obs_names)
    a.uns["deep"] = {"er": {"list": ["a", "b"]}}
    a.var.index.name = "gene"


ODD = {
    "int64": converted("int64"),
    "uint64": converted("uint64"),
    "int8": converted("int8"),
    "float64, CSC": converted("float64", form=sparse.csc_matrix),
    "another byte order": converted(">f4", form=np.asarray),
    "another byte order, whole numbers": converted(">i8", form=np.asarray),
    "counts in a layer alone": in_a_layer,
    "counts in raw alone": in_raw,
    "tables of odd types": odd_tables,
    "cells of one name": lambda a: setattr(a, "obs_names", ["c"] * 20),
}


@pytest.mark.parametrize("case", ODD)
def test_odd_but_legal_input_gives_the_usual_values(model, few, tmp_path, case):
    expected = values(model.impute(few, copy=True))
    ODD[case](few)
    np.testing.assert_allclose(values(imputed(model, few, tmp_path)), expected, **CLOSE)


def test_one_cell(model, few, tmp_path):
    one = imputed(model, few[:1].copy(), tmp_path)
    assert one.n_obs == 1
    assert np.isfinite(values(one)).all()
    assert (values(one)[0, one.var["imputed"]] > 0).mean() > 0.999


def test_cells_and_genes_without_counts(model, few, tmp_path):
    counts = few.X.toarray()
    counts[3], counts[:, 50] = 0, 0
    few.X = sparse.csr_matrix(counts)
    result = values(imputed(model, few, tmp_path))
    assert not result[3].any()
    assert np.isfinite(result).all()


@pytest.mark.parametrize("form", ["h5ad", "zarr 3", "loom", "csv, cells in rows"])
def test_names_of_other_alphabets_and_blanks(model, example, tmp_path, form):
    folder = tmp_path / "my data ü 基"
    folder.mkdir()
    path = FORMATS[form](forty_cells(example[:, example.X.getnnz(axis=0) > 60]), folder)
    report = cellfill.impute_file(path, folder / "out put ü.h5ad", model=model, min_coverage=0)
    assert report.record["cells"] == 40
    assert anndata.read_h5ad(folder / "out put ü.h5ad").n_obs == 40


def test_many_genes_are_asked_for_in_one_word_and_from_a_file(few, tmp_path):
    """Longer than the name of a file can be."""
    from cellfill.genes.requested import parse_genes

    names = tuple(few.var_names[:500])
    assert parse_genes(" ".join(names)) == names
    (tmp_path / "a,b.txt").write_text("\n".join(names), encoding="utf-8-sig")
    assert parse_genes(str(tmp_path / "a,b.txt")) == names
    os.mkfifo(tmp_path / "pipe")  # what <(echo CD14) is; nobody writes to it
    with pytest.raises(UsageError, match=r"--genes: .*pipe is a pipe or device, no regular file"):
        parse_genes(str(tmp_path / "pipe"))


def test_half_precision_holds_its_largest_value_and_refuses_the_next(model, few, tmp_path):
    few.X.data[100] = 65504
    assert values(imputed(model, few, tmp_path, dtype="float16")).max() == 65504
    few.X.data[100] = 65600
    with pytest.raises(UsageError, match="65,600"):
        model.impute(few, dtype="float16")


@pytest.mark.parametrize("form", ["coo", "lil", "csc", "dok"])
def test_matrices_of_any_sparse_form(model, few, form):
    expected = model.impute_matrix(few.X, few.var_names)
    found = model.impute_matrix(few.X.asformat(form), few.var_names)
    assert found.format == "csr"
    np.testing.assert_array_equal(found.toarray(), expected.toarray())


def test_a_copy_of_what_is_backed_is_in_memory(model, few, tmp_path):
    expected = model.impute(few[3:9].copy(), copy=True)
    few.write_h5ad(tmp_path / "in.h5ad")
    backed = anndata.read_h5ad(tmp_path / "in.h5ad", backed="r")
    result = model.impute(backed[3:9], copy=True)
    assert not result.isbacked
    np.testing.assert_allclose(values(result), values(expected), **CLOSE)
    with pytest.raises(UsageError, match="copy=True"):
        model.impute(backed[3:9])
    assert "imputed" in model.impute(backed, copy=True).layers
    assert "imputed" not in backed.layers


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m, a: m.align(a, min_coverage=5), "share from 0 to 1"),
        (lambda m, a: m.align(a, min_coverage=float("nan")), "share from 0 to 1"),
        (lambda m, a: m.impute(a, min_coverage="much"), "share from 0 to 1"),
        (lambda m, a: m.impute(a, drop_below="little"), "from 0 to below 1"),
        (lambda m, a: m.impute(a, genes=[3]), "list of gene names"),
        (lambda m, a: cellfill.impute_file(a, "out.h5ad", model=m), "data is of type AnnData"),
        (lambda m, _: cellfill.impute_file("in.h5ad", None, model=m), "output is of type NoneType"),
    ],
)
def test_arguments_that_mean_nothing(model, few, call, message):
    with pytest.raises(UsageError, match=message):
        call(model, few)


def test_options_of_another_call_are_none_of_this_one(model, few):
    with pytest.raises(TypeError, match=r"impute_matrix\(\) got an unexpected keyword argument 'key_added'"):
        model.impute_matrix(few.X, few.var_names, key_added="x")


class StoppedError(Exception):
    pass


def begin(path, output, model):
    """A run that is cut after two of four blocks."""

    def stop(done, _total):
        if done >= 10:
            raise StoppedError

    with pytest.raises(StoppedError):
        cellfill.impute_file(path, output, model=model, block_size=5, resume=True, on_block=stop)
    return output.with_name(output.name + ".unfinished")


@pytest.fixture
def path(few, tmp_path):
    few.write_h5ad(tmp_path / "in.h5ad")
    return tmp_path / "in.h5ad"


@pytest.mark.parametrize("share", [0, 0.5, 0.99])
def test_kept_blocks_that_are_damaged_are_made_again(model, path, tmp_path, share):
    (block,) = begin(path, tmp_path / "out.h5ad", model).glob("0000001.*.npz")
    content = block.read_bytes()
    block.write_bytes(content[: int(len(content) * share)])
    cellfill.impute_file(path, tmp_path / "out.h5ad", model=model, block_size=5, resume=True)
    expected = values(model.impute(read_h5ad(path), copy=True))
    np.testing.assert_allclose(values(anndata.read_h5ad(tmp_path / "out.h5ad")), expected, **CLOSE)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.h5ad", "out.h5ad"]


def test_what_is_not_a_run_s_stays_in_its_folder(model, path, tmp_path):
    folder = begin(path, tmp_path / "out.h5ad", model)
    (folder / "thesis.docx").write_text("precious")
    cellfill.impute_file(path, tmp_path / "out.h5ad", model=model, block_size=5, resume=True)
    assert [p.name for p in folder.iterdir()] == ["thesis.docx"]


@pytest.mark.skipif(sys.platform == "win32", reason="needs locks of files")
def test_two_processes_do_not_resume_one_run_at_once(model, path, tmp_path):
    def second(_done, _total):
        with pytest.raises(OutputError, match="by another process"):
            cellfill.impute_file(path, tmp_path / "out.h5ad", model=model, block_size=5, resume=True)

    options = {"model": model, "block_size": 5, "resume": True}
    cellfill.impute_file(path, tmp_path / "out.h5ad", on_block=second, **options)
    assert anndata.read_h5ad(tmp_path / "out.h5ad").n_obs == 20
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.h5ad", "out.h5ad"]


def test_what_another_process_wrote_meanwhile_is_not_overwritten(model, path, tmp_path):
    with pytest.raises(OutputExistsError):
        cellfill.impute_file(
            path,
            tmp_path / "out.h5ad",
            model=model,
            on_block=lambda _done, _total: (tmp_path / "out.h5ad").write_text("theirs"),
        )
    assert (tmp_path / "out.h5ad").read_text() == "theirs"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.h5ad", "out.h5ad"]


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("SIGHUP", "out.csv"),  # the terminal is closed
        ("SIGTERM", "out.h5ad"),
        ("SIGTERM", "out"),
        ("SIGINT", "out.zarr"),
        ("SIGINT", "out.h5ad"),
    ],
)
def test_told_to_stop_midway_it_exits_as_programs_do_and_leaves_nothing(example, tmp_path, said, name):
    number = getattr(signal, said)
    anndata.concat([example] * 6, index_unique="-").write_h5ad(tmp_path / "in.h5ad")
    command = [*HEARING_CELLFILL, "impute", str(tmp_path / "in.h5ad"), "--model", str(MODEL)]
    process = subprocess.Popen(
        [*command, "--output", str(tmp_path / name), "--threads", "4", "--block-size", "32"],
        stderr=subprocess.PIPE,
        env=os.environ,
    )
    deadline = time.monotonic() + 120
    while not list(tmp_path.glob(".cellfill-*")) and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.005)
    process.send_signal(number)
    process.send_signal(signal.SIGINT)  # an impatient hand does not leave a half-removed folder
    _, words = process.communicate(timeout=60)
    assert process.returncode in (128 + number, 130)  # whichever of the two came first
    # Where it was, on a slow machine; who stopped it, whichever came first; and nothing else.
    ended = rb"Stopped by (Ctrl-C|SIGHUP|SIGTERM): what was not finished is not written\.\n"
    assert re.fullmatch(rb"(\[\d+ s\] imputing( cells)?: .*\n)*" + ended, words)
    assert [p.name for p in tmp_path.iterdir()] == ["in.h5ad"]


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
@pytest.mark.parametrize("said", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_told_to_stop_in_a_destructor_it_stops(said):
    number = getattr(signal, said)
    program = """
import signal, sys, time
from cellfill.console import errors_as_messages

class Dying:
    def __del__(self):
        signal.raise_signal(int(sys.argv[1]))  # what its handler raises is ignored here
        time.sleep(0)

with errors_as_messages():
    Dying()
    time.sleep(30)
"""
    started = time.monotonic()
    command = [sys.executable, "-c", program, str(int(number))]
    done = subprocess.run(command, capture_output=True, check=False, timeout=60)
    by = "Ctrl-C" if said == "SIGINT" else said
    assert done.returncode == 128 + number
    assert done.stderr.decode() == f"Stopped by {by}: what was not finished is not written.\n"
    assert time.monotonic() - started < 20


def test_what_a_thread_still_writes_after_a_result_was_given_up_is_gone_in_the_end(tmp_path):
    program = """
import sys, time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from cellfill.writers.place import Place

place = Place(Path(sys.argv[1]) / "out.zarr")
place.make()
place.scratch.mkdir()

def late():
    time.sleep(0.5)
    place.scratch.mkdir(parents=True)
    (place.scratch / "chunk").write_text("late")

ThreadPoolExecutor(1).submit(late)
place.discard()
print(place.scratch.exists())
"""
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "False\n"
    assert list(tmp_path.iterdir()) == []
