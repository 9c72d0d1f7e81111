"""Runs carry any task: one that knows no model, gives no layer, and says something of every cell."""

from dataclasses import dataclass

import anndata
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from cellfill.errors import UsageError
from cellfill.options.running import FileRunOptions, RunOptions
from cellfill.readers import dataset_of, open_dataset
from cellfill.results.named import Block, Layer, Results
from cellfill.results.names import Names
from cellfill.runs.in_memory import add_results
from cellfill.runs.lazily import is_lazy
from cellfill.runs.to_file import to_file

CELLS, GENES = 50, 30
RUN = {"block_size": 7, "threads": 2}


@dataclass(frozen=True)
class Depths:
    """How many molecules a cell has, whether these are many, and their number in two halves of the genes."""

    doubled: bool = False

    @property
    def names(self):
        layers = ("depth",) if self.doubled else ()
        obs = ("depth", "depth_kind")
        return Names(key="depth", layers=layers, obs=obs, obsm=("X_depth",), record="cellfill_depth")

    @property
    def identity(self):
        return {"task": "depths", "doubled": self.doubled}

    def prepare(self, found, *, cells, dense):
        del cells
        return ReadyDepths(layer=Layer(name="depth", dense=dense) if self.doubled else None)


@dataclass(frozen=True)
class ReadyDepths:
    layer: Layer | None

    def apply(self, counts):
        depth = np.asarray(counts.sum(axis=1)).ravel().astype(np.int64)
        halves = np.stack([np.asarray(counts[:, half::2].sum(axis=1)).ravel() for half in (0, 1)], axis=1)
        twice = None if self.layer is None else (2 * counts).tocsr()
        return Block(
            layer=twice.toarray() if twice is not None and self.layer.dense else twice,
            obs={"depth": depth, "depth_kind": np.where(depth > 30, "deep", "shallow")},
            obsm={"X_depth": halves.astype(np.float32)},
            tally={"molecules": int(depth.sum())},
        )

    def describe(self, *, cells, gathered, source, notes):
        del notes
        record = {"cellfill_version": "0", "layer": "depth", "cells": cells, "counts": source.matrix.name}
        if gathered is None:
            return Results(record_name="cellfill_depth", record=record)
        return Results(
            obs=gathered.columns(),
            obsm=gathered.matrices(),
            obsm_columns={"X_depth": ("even", "odd")},
            record_name="cellfill_depth",
            record=record | dict(gathered.tally),
        )


@pytest.fixture
def cells():
    random = np.random.default_rng(0)
    counts = sparse.csr_matrix(random.poisson(1.0, (CELLS, GENES)).astype(np.float32))
    return anndata.AnnData(
        counts,
        obs=pd.DataFrame({"batch": ["a"] * CELLS}, index=[f"cell{i}" for i in range(CELLS)]),
        var=pd.DataFrame(index=[f"GENE{i}" for i in range(GENES)]),
    )


def check(result, cells, *, doubled):
    depth = np.asarray(cells.X.sum(axis=1)).ravel()
    np.testing.assert_array_equal(result.obs["depth"], depth)
    assert list(result.obs["depth_kind"]) == ["deep" if number > 30 else "shallow" for number in depth]
    assert list(result.obs["batch"]) == ["a"] * CELLS
    np.testing.assert_allclose(result.obsm["X_depth"].sum(axis=1), depth)
    assert result.uns["cellfill_depth"]["molecules"] == depth.sum()
    assert ("depth" in result.layers) == doubled
    if doubled:
        np.testing.assert_allclose(result.layers["depth"].toarray(), 2 * cells.X.toarray())


@pytest.mark.parametrize("doubled", [False, True])
def test_in_memory(cells, doubled):
    result = cells.copy()
    add_results(Depths(doubled), result, dataset_of(result), RunOptions(**RUN))
    check(result, cells, doubled=doubled)


@pytest.mark.parametrize("doubled", [False, True])
@pytest.mark.parametrize("form", ["h5ad", "zarr"])
@pytest.mark.parametrize("source", ["h5ad", "zarr"])
def test_file_to_file(cells, tmp_path, source, form, doubled):
    getattr(cells, f"write_{source}")(tmp_path / f"in.{source}")
    run(tmp_path / f"in.{source}", tmp_path / f"out.{form}", doubled=doubled)
    check(getattr(anndata, f"read_{form}")(tmp_path / f"out.{form}"), cells, doubled=doubled)
    run(tmp_path / f"out.{form}", tmp_path / f"again.{form}", doubled=doubled)  # an earlier result is replaced
    check(getattr(anndata, f"read_{form}")(tmp_path / f"again.{form}"), cells, doubled=doubled)


def run(data, output, *, doubled, on_block=None, resume=False):
    dataset = open_dataset(data)
    try:
        to_file(
            Depths(doubled),
            dataset,
            output,
            FileRunOptions(layer="X", resume=resume, on_block=on_block, **RUN),
        )
    finally:
        dataset.close()


@pytest.mark.parametrize("doubled", [False, True])
def test_a_run_that_was_cut_goes_on(cells, tmp_path, doubled):
    cells.write_h5ad(tmp_path / "in.h5ad")
    seen = []

    def stop(done, _):
        seen.append(done)
        if done > 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "in.h5ad", tmp_path / "out.h5ad", doubled=doubled, on_block=stop, resume=True)
    assert not (tmp_path / "out.h5ad").exists()
    assert len(list((tmp_path / "out.h5ad.unfinished").glob("*.npz"))) == len(seen)
    run(tmp_path / "in.h5ad", tmp_path / "out.h5ad", doubled=doubled, resume=True)
    check(anndata.read_h5ad(tmp_path / "out.h5ad"), cells, doubled=doubled)


def test_what_holds_a_matrix_only_is_refused_where_there_is_none(cells, tmp_path):
    cells.write_h5ad(tmp_path / "in.h5ad")
    with pytest.raises(UsageError, match="holds counts only"):
        run(tmp_path / "in.h5ad", tmp_path / "folder", doubled=False)
    assert [path.name for path in tmp_path.iterdir()] == ["in.h5ad"]


@pytest.mark.parametrize("output", ["out.csv", "out.tsv.gz"])
def test_a_table_has_what_is_said_of_cells_where_there_is_no_layer(cells, tmp_path, output):
    cells.write_h5ad(tmp_path / "in.h5ad")
    run(tmp_path / "in.h5ad", tmp_path / output, doubled=False)
    table = pd.read_csv(tmp_path / output, sep="\t" if "tsv" in output else ",", index_col=0)
    assert list(table.index) == list(cells.obs_names)
    assert list(table.columns) == ["depth", "depth_kind", "X_depth:even", "X_depth:odd"]
    depth = np.asarray(cells.X.sum(axis=1)).ravel()
    np.testing.assert_array_equal(table["depth"], depth)
    np.testing.assert_array_equal(table["X_depth:even"] + table["X_depth:odd"], depth)
    assert {path.name for path in tmp_path.iterdir()} == {"in.h5ad", output, f"{output}.cellfill.json"}


def test_what_is_said_of_cells_does_not_wait(cells):
    array = pytest.importorskip("dask.array")
    lazy = cells.copy()
    lazy.X = array.from_array(cells.X.toarray(), chunks=(20, GENES))
    add_results(Depths(), lazy, dataset_of(lazy), RunOptions(**RUN))
    check(lazy, cells, doubled=False)


def test_a_lazy_layer_waits(cells):
    array = pytest.importorskip("dask.array")
    counts = cells.X.toarray()
    cells.X = array.from_array(counts, chunks=(20, GENES))
    add_results(Depths(doubled=True), cells, dataset_of(cells), RunOptions(**RUN))
    assert is_lazy(cells.layers["depth"])
    values = cells.layers["depth"].compute()
    np.testing.assert_allclose(values.toarray() if sparse.issparse(values) else values, 2 * counts)
