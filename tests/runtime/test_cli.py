"""The command line: one line of error, an exit code, and never half a file."""

import json
import os
import subprocess
import sys
from pathlib import Path

import anndata
import numpy as np
import pytest

import cellfill
from conftest import EXAMPLE, MODEL
from runtime.heard import HEARING_CELLFILL


def cellfill_command(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "cellfill.cli", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | environment,
    )


def first(folder):
    """Return a PYTHONPATH on which a folder's modules come before all others."""
    return os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])


@pytest.fixture
def cells(tmp_path, example):
    """A file of 20 cells."""
    path = tmp_path / "in.h5ad"
    example[:20].copy().write_h5ad(path)
    return path


def impute(source, tmp_path, *more, model=MODEL):
    return cellfill_command("impute", source, "--model", model, "--output", tmp_path / "out.h5ad", *more)


def test_it_writes_what_the_library_gives_and_says_what_it_did(cells, tmp_path):
    done = impute(cells, tmp_path, "--verbose")
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    result = anndata.read_h5ad(tmp_path / "out.h5ad")
    expected = cellfill.impute(anndata.read_h5ad(cells), model=MODEL, copy=True)
    assert (result.layers["imputed"] != expected.layers["imputed"]).nnz == 0
    assert (result.X != expected.X).nnz == 0
    record = result.uns["cellfill"]
    for word in (
        "cells         20",
        f"{record['predictors_found']:,} of the {record['predictors_needed']:,} genes",
        f"zeros filled  {record['zeros_filled']:,}",
        "estimate      'expected'",
        f"result        {tmp_path / 'out.h5ad'}",
        f" ({(tmp_path / 'out.h5ad').stat().st_size / 1e6:,.1f} MB)",
        "import scanpy as sc",
        f"sc.read_h5ad('{tmp_path / 'out.h5ad'}')",
    ):
        assert word in done.stderr


def test_json_is_the_only_thing_on_stdout(cells, tmp_path):
    done = impute(cells, tmp_path, "--json", "--quiet", "--estimate", "expected", "--policy", "max")
    record = json.loads(done.stdout)
    assert (record["estimate"], record["policy"], record["cells"]) == ("expected", "max", 20)
    assert [line for line in done.stderr.splitlines() if not line.startswith("WARNING ")] == []


def test_options_reach_the_library(cells, tmp_path):
    done = impute(cells, tmp_path, "--no-calibrate", "--key-added", "filled", "--block-size", "3")
    assert done.returncode == 0, done.stderr
    record = anndata.read_h5ad(tmp_path / "out.h5ad").uns["cellfill_filled"]
    assert record["calibrated"] == np.False_
    assert "not corrected" in done.stderr


def test_the_version(tmp_path):
    assert cellfill_command("--version").stdout.strip() == cellfill.__version__


def test_an_existing_file_is_not_overwritten_without_force(cells, tmp_path):
    (tmp_path / "out.h5ad").write_text("precious")
    done = impute(cells, tmp_path)
    assert done.returncode == 6
    assert "--force" in done.stderr
    assert (tmp_path / "out.h5ad").read_text() == "precious"
    assert impute(cells, tmp_path, "--force").returncode == 0
    assert anndata.read_h5ad(tmp_path / "out.h5ad").n_obs == 20


def write(adata, tmp_path):
    path = tmp_path / "in.h5ad"
    adata.write_h5ad(path)
    return path


def test_where_the_output_is_a_link_what_it_names_is_replaced(cells, tmp_path):
    (tmp_path / "real.h5ad").write_text("old")
    (tmp_path / "out.h5ad").symlink_to(tmp_path / "real.h5ad")
    assert impute(cells, tmp_path, "--force").returncode == 0
    assert (tmp_path / "out.h5ad").is_symlink()
    assert anndata.read_h5ad(tmp_path / "real.h5ad").n_obs == 20


def test_a_disk_that_is_too_small_is_refused_and_nothing_is_left(cells, tmp_path, monkeypatch):
    import shutil

    from cellfill.errors import OutputError

    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage._replace(free=1000))
    with pytest.raises(OutputError, match="MB free; the result needs"):
        cellfill.impute_file(cells, tmp_path / "out.h5ad", model=MODEL)
    assert [p.name for p in tmp_path.iterdir()] == ["in.h5ad"]


@pytest.mark.parametrize("number", ["SIGTERM", "SIGINT"])
def test_being_told_to_stop_leaves_nothing(tmp_path, example, number):
    import signal
    import time

    source = write(anndata.concat([example] * 20, index_unique="-"), tmp_path)
    command = [*HEARING_CELLFILL, "impute", str(source), "--model", str(MODEL)]
    process = subprocess.Popen([*command, "--output", str(tmp_path / "out.h5ad")], stderr=subprocess.PIPE)
    deadline = time.monotonic() + 120
    while not list(tmp_path.glob(".cellfill-*")) and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(getattr(signal, number))
    _, said = process.communicate(timeout=60)
    assert process.returncode == 128 + getattr(signal, number)
    by = {"SIGINT": "Ctrl-C"}.get(number, number)
    assert said.decode().splitlines()[-1] == f"Stopped by {by}: what was not finished is not written."
    assert b"Traceback" not in said
    assert [p.name for p in tmp_path.iterdir()] == ["in.h5ad"]


def test_a_model_that_is_not_there(cells, tmp_path):
    done = impute(cells, tmp_path, model=tmp_path / "absent")
    assert done.returncode == 4
    assert "No model at" in done.stderr


def test_a_failed_write_leaves_nothing(cells, tmp_path, monkeypatch):
    from cellfill.errors import OutputError
    from cellfill.writers import parts

    monkeypatch.setattr(parts, "write_element", lambda *_: (_ for _ in ()).throw(TypeError("no such\nkind")))
    with pytest.raises(OutputError, match="could not be written: no such kind"):
        cellfill.impute_file(cells, tmp_path / "out.h5ad", model=MODEL)
    assert [p.name for p in tmp_path.iterdir()] == ["in.h5ad"]


def test_without_onnxruntime_both_commands_are_named(cells, tmp_path):
    (tmp_path / "onnxruntime.py").write_text("raise ImportError('not installed')")
    done = cellfill_command(
        "impute", cells, "--model", MODEL, "--output", tmp_path / "o.h5ad", PYTHONPATH=first(tmp_path)
    )
    assert done.returncode == 5
    assert "cellfill[cpu]" in done.stderr
    assert "cellfill[gpu]" in done.stderr


def test_without_anndata_the_extra_is_named(cells, tmp_path):
    (tmp_path / "anndata.py").write_text("raise ImportError('not installed')")
    done = cellfill_command(
        "impute", cells, "--model", MODEL, "--output", tmp_path / "o.zarr", PYTHONPATH=first(tmp_path)
    )
    assert done.returncode == 5
    assert "pip install 'cellfill[zarr]'" in done.stderr


def test_from_h5ad_to_h5ad_neither_anndata_nor_pandas_is_imported(cells, tmp_path):
    for module in ("anndata", "pandas"):
        (tmp_path / f"{module}.py").write_text("raise ImportError('not installed')")
    done = cellfill_command(
        "impute", cells, "--model", MODEL, "--output", tmp_path / "o.h5ad", PYTHONPATH=first(tmp_path)
    )
    assert done.returncode == 0, done.stderr
    assert "imputed" in anndata.read_h5ad(tmp_path / "o.h5ad").layers


def test_the_example_is_shipped_with_its_source():
    assert "CC BY 4.0" in anndata.read_h5ad(EXAMPLE).uns["source"]
    assert Path(EXAMPLE).stat().st_size < 1 << 20
