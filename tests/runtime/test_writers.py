"""Writers: what independent readers find in every format, and nothing left behind when it fails."""

import json
import os
import subprocess
import sys

import anndata
import numpy as np
import pandas as pd
import pytest
import scanpy
from scipy import sparse

from cellfill.errors import OutputError, OutputExistsError, UsageError
from cellfill.readers import dataset_of, open_dataset
from cellfill.results.named import Layer, Results
from cellfill.writers import check_output, open_sink
from runtime.one_dataset import FORMATS, forty_cells

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


@pytest.fixture
def cells(example):
    adata = forty_cells(example)
    adata.obs["kind"] = pd.Categorical(["a", "b"] * 20)
    adata.obsm["X_pca"] = np.arange(80.0).reshape(40, 2)
    adata.uns["colours"] = {"a": "red", "nested": {"b": np.arange(3)}}
    return adata


def annotations(genes, **more):
    return Results(
        var={
            "imputed": np.arange(genes) % 2 == 0,
            "imputed_reason": ["imputed", "not in the model"] * (genes // 2),
            "imputed_pearson": np.where(np.arange(genes) % 2 == 0, 0.5, np.nan),
        },
        record_name="cellfill",
        record={"model": "m", "cells": 40, "calibration": {"factor": 1.5}, "calibrated": True} | more,
    )


def result_of(adata):
    """A result that is not whole numbers, with the zeros of every third gene filled."""
    values = sparse.csr_matrix(adata.X).toarray().astype("float32")
    values[:, ::3] += np.float32(1) / 3
    return values


def write(output, dataset, values, *, dense=False, dtype="float32", overwrite=False, block=7, as_dense=False):
    sink = open_sink(
        output, dataset=dataset, layer=Layer(name="imputed", dense=dense, dtype=dtype), overwrite=overwrite
    )
    for start in range(0, len(values), block):
        rows = values[start : start + block]
        sink.add(rows if as_dense else sparse.csr_matrix(rows))
    sink.finish(annotations(len(dataset.var)))
    return output


def check_anndata(result, cells, values, *, rtol=0.0):
    layer = result.layers["imputed"]
    np.testing.assert_allclose(layer.toarray() if sparse.issparse(layer) else layer, values, rtol=rtol)
    np.testing.assert_array_equal(sparse.csr_matrix(result.X).toarray(), sparse.csr_matrix(cells.X).toarray())
    assert list(result.obs_names) == list(cells.obs_names)
    assert list(result.var_names) == list(cells.var_names)
    assert result.var["imputed"].dtype == bool
    assert result.var["imputed"].sum() == 150
    assert result.var["imputed_reason"].dtype == "category"
    assert list(result.var["imputed_reason"][:2]) == ["imputed", "not in the model"]
    assert result.var["imputed_pearson"].isna().sum() == 150
    assert result.uns["cellfill"]["model"] == "m"
    assert result.uns["cellfill"]["calibration"]["factor"] == 1.5
    assert bool(result.uns["cellfill"]["calibrated"]) is True


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("output", ["out.h5ad"])
def test_every_format_becomes_an_anndata_with_a_layer(cells, tmp_path, form, output):
    values = result_of(cells)
    dataset = open_dataset(FORMATS[form](cells, tmp_path))
    write(tmp_path / output, dataset, values)
    dataset.close()
    read = anndata.read_h5ad if output == "out.h5ad" else anndata.read_zarr
    check_anndata(read(tmp_path / output), cells, values)
    assert sparse.issparse(read(tmp_path / output).X) != ("dense" in form)
    assert sorted(p.name for p in tmp_path.iterdir() if p.name.startswith((".", "out"))) == [output]


@pytest.mark.parametrize("output", ["out.h5ad", "out.zarr"])
@pytest.mark.parametrize("form", ["h5ad", "zarr 3", "memory"])
def test_everything_else_that_the_input_holds_is_kept(cells, tmp_path, form, output):
    cells.layers["twice"] = sparse.csr_matrix(cells.X * 2)
    cells.layers["dense"] = cells.X.toarray()
    cells.raw = cells[:, :50].copy()
    dataset = dataset_of(cells) if form == "memory" else open_dataset(FORMATS[form](cells, tmp_path))
    write(tmp_path / output, dataset, result_of(cells))
    result = (anndata.read_h5ad if output == "out.h5ad" else anndata.read_zarr)(tmp_path / output)
    pd.testing.assert_frame_equal(result.obs, cells.obs)
    pd.testing.assert_frame_equal(result.var[cells.var.columns], cells.var)
    np.testing.assert_array_equal(result.obsm["X_pca"], cells.obsm["X_pca"])
    assert result.uns["colours"]["a"] == "red"
    np.testing.assert_array_equal(result.uns["colours"]["nested"]["b"], np.arange(3))
    assert (result.layers["twice"] != cells.layers["twice"]).nnz == 0
    np.testing.assert_array_equal(result.layers["dense"], cells.layers["dense"])
    assert (result.raw.X != cells.raw.X).nnz == 0
    pd.testing.assert_frame_equal(result.raw.var, cells.raw.var)


@pytest.mark.parametrize("output", ["out.h5ad", "out.zarr"])
@pytest.mark.parametrize(("dtype", "rtol"), [("float32", 0), ("float16", 1e-3)])
@pytest.mark.parametrize("as_dense", [False, True])
def test_a_dense_layer(cells, tmp_path, output, dtype, rtol, as_dense):
    values = result_of(cells)
    write(tmp_path / output, dataset_of(cells), values, dense=True, dtype=dtype, as_dense=as_dense)
    result = (anndata.read_h5ad if output == "out.h5ad" else anndata.read_zarr)(tmp_path / output)
    assert result.layers["imputed"].dtype == dtype
    check_anndata(result, cells, values, rtol=rtol)


@pytest.mark.parametrize(
    ("output", "chunk", "block"),
    [("out.h5ad", c, b) for c in (24, 400, 1 << 20) for b in (1, 13, 40)] + [("out.zarr", 2000, 13)],
)
@pytest.mark.parametrize("dense", [False, True])
def test_blocks_and_chunks_of_any_size_give_one_result(cells, tmp_path, monkeypatch, chunk, block, output, dense):
    for name in ("_HDF5_CHUNK_BYTES", "_ZARR_CHUNK_BYTES"):
        monkeypatch.setattr(f"cellfill.writers.stored.{name}", chunk)
    small = cells[:, :30].copy()
    write(tmp_path / output, dataset_of(small), result_of(small), block=block, dense=dense, as_dense=True)
    result = (anndata.read_h5ad if output == "out.h5ad" else anndata.read_zarr)(tmp_path / output)
    layer = result.layers["imputed"]
    np.testing.assert_array_equal(layer if dense else layer.toarray(), result_of(small))


def test_sparse_float16_is_refused(cells, tmp_path):
    with pytest.raises(UsageError, match="float16 is for dense"):
        write(tmp_path / "out.h5ad", dataset_of(cells), result_of(cells), dtype="float16")


@pytest.mark.parametrize("form", ["h5ad", "zarr 3", "10x mtx, version 3", "csv, genes in rows", "loom"])
@pytest.mark.parametrize("as_dense", [False, True])
def test_a_10x_folder_as_scanpy_reads_it(cells, tmp_path, form, as_dense):
    values = result_of(cells)
    dataset = open_dataset(FORMATS[form](cells, tmp_path))
    write(tmp_path / "out", dataset, values, as_dense=as_dense)
    result = scanpy.read_10x_mtx(tmp_path / "out")
    np.testing.assert_array_equal(result.X.toarray().astype("float32"), values)
    assert list(result.obs_names) == list(cells.obs_names)
    assert list(result.var_names) == list(cells.var_names)
    if "csv" not in form:
        assert list(result.var["gene_ids"]) == list(cells.var["gene_ids"])
    assert json.loads((tmp_path / "out" / "cellfill.json").read_text())["model"] == "m"
    genes = pd.read_csv(tmp_path / "out" / "cellfill_genes.tsv", sep="\t", index_col=0)
    assert genes["imputed"].sum() == 150
    assert genes["imputed_pearson"].isna().sum() == 150
    again = open_dataset(tmp_path / "out")
    np.testing.assert_array_equal(again.matrices[0].rows[0:40].toarray().astype("float32"), values)


@pytest.mark.parametrize("name", ["out.csv", "out.tsv", "out.csv.gz", "out.tsv.gz"])
@pytest.mark.parametrize("form", ["h5ad", "csv, genes in rows"])
def test_a_table_as_pandas_reads_it(cells, tmp_path, name, form):
    cells.obs_names = ['a "quoted", name', "a\tb", *cells.obs_names[2:]]
    values = result_of(cells)
    dataset = open_dataset(FORMATS[form](cells, tmp_path))
    write(tmp_path / name, dataset, values)
    table = pd.read_csv(tmp_path / name, sep="," if "csv" in name else "\t", index_col=0)
    np.testing.assert_array_equal(table.to_numpy(dtype="float32"), values)
    assert list(table.index) == list(cells.obs_names)
    assert list(table.columns) == list(cells.var_names)
    assert json.loads((tmp_path / f"{name}.cellfill.json").read_text())["cells"] == 40
    assert len(pd.read_csv(tmp_path / f"{name}.cellfill.tsv", sep="\t")) == 300
    assert list(open_dataset(tmp_path / name).var.index) == list(cells.var_names)


def test_text_keeps_every_float32(tmp_path, cells):
    random = np.random.default_rng(0)
    values = result_of(cells)
    values[:] = random.gamma(0.3, 1, values.shape) * 10.0 ** random.integers(-20, 8, values.shape)
    values[0, :6] = [0, 1, 16777216, 1e-30, 0.1, 123456.789]
    write(tmp_path / "out.csv", dataset_of(cells), values)
    table = pd.read_csv(tmp_path / "out.csv", index_col=0)
    np.testing.assert_array_equal(table.to_numpy(dtype="float64").astype("float32"), values)
    assert (tmp_path / "out.csv").read_text().splitlines()[1].split(",")[1:3] == ["0", "1"]


@pytest.mark.parametrize("name", ["in.h5ad", "in.zarr"])
def test_the_output_may_be_the_input_and_a_result_is_replaced(cells, tmp_path, name):
    path = FORMATS["h5ad" if name == "in.h5ad" else "zarr 3"](cells, tmp_path)
    for factor in (1, 2):
        dataset = open_dataset(path)
        write(path, dataset, result_of(cells) * factor, overwrite=True)
        dataset.close()
    result = (anndata.read_h5ad if name == "in.h5ad" else anndata.read_zarr)(path)
    check_anndata(result, cells, result_of(cells) * 2)
    assert [p.name for p in tmp_path.iterdir()] == [name]


def test_a_replaced_layer_leaves_its_space_to_the_next(cells, tmp_path, monkeypatch):
    path = FORMATS["h5ad"](cells, tmp_path)
    monkeypatch.setattr("cellfill.writers.stored._HDF5_CHUNK_BYTES", 4800)
    values, sizes = result_of(cells), []
    for _ in range(3):
        write(path, open_dataset(path), values, overwrite=True, dense=True)
        sizes.append(path.stat().st_size)
    assert sizes[2] < sizes[0] + values.nbytes / 2


def test_where_the_output_is_a_link_what_it_names_is_replaced(cells, tmp_path):
    for name in ("out.h5ad", "out.zarr"):
        real = tmp_path / f"real-{name}"
        write(real, dataset_of(cells), result_of(cells))
        (tmp_path / name).symlink_to(real)
        write(tmp_path / name, dataset_of(cells), result_of(cells) * 2, overwrite=True)
        assert (tmp_path / name).is_symlink()
        result = (anndata.read_h5ad if name == "out.h5ad" else anndata.read_zarr)(real)
        check_anndata(result, cells, result_of(cells) * 2)


OUTPUTS = ["out.h5ad", "out.zarr", "out", "out.csv", "out.tsv.gz"]


@pytest.mark.parametrize("output", OUTPUTS)
def test_what_exists_is_kept_until_it_is_replaced_whole(cells, tmp_path, output):
    path = tmp_path / output
    write(path, dataset_of(cells), result_of(cells))
    with pytest.raises(OutputExistsError, match="--force"):
        check_output(path, overwrite=False)
    before = contents(tmp_path)
    sink = open_sink(path, dataset=dataset_of(cells), layer=Layer(name="imputed"), overwrite=True)
    sink.add(result_of(cells)[:3])
    sink.abort()
    sink.abort()
    assert contents(tmp_path) == before
    write(path, dataset_of(cells), result_of(cells) * 2, overwrite=True)
    assert contents(tmp_path).keys() == before.keys()
    assert contents(tmp_path) != before


def contents(folder):
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize("output", OUTPUTS)
def test_too_few_cells_are_no_result(cells, tmp_path, output):
    sink = open_sink(
        tmp_path / output,
        dataset=dataset_of(cells),
        layer=Layer(name="imputed"),
        overwrite=False,
    )
    sink.add(result_of(cells)[:39])
    with pytest.raises(OutputError, match="39 of 40 cells"):
        sink.finish(annotations(300))
    sink.abort()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("output", ["out.h5ad", "out.zarr"])
def test_what_cannot_be_stored_leaves_nothing(cells, tmp_path, output):
    sink = open_sink(
        tmp_path / output,
        dataset=dataset_of(cells),
        layer=Layer(name="imputed"),
        overwrite=False,
    )
    sink.add(result_of(cells))
    with pytest.raises(OutputError, match="could not be written"):
        sink.finish(annotations(300, odd=object()))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("output", OUTPUTS)
def test_a_name_that_cannot_be_put_in_place_leaves_nothing(cells, tmp_path, output, monkeypatch):
    from cellfill.writers import place

    def refuse(_source, _target):
        raise PermissionError("not here")

    sink = open_sink(
        tmp_path / output,
        dataset=dataset_of(cells),
        layer=Layer(name="imputed"),
        overwrite=False,
    )
    sink.add(result_of(cells))
    monkeypatch.setattr(place, "put_new", refuse)
    with pytest.raises(OutputError, match="not here"):
        sink.finish(annotations(300))
    assert list(tmp_path.iterdir()) == []


FULL = """
import os, resource, signal, sys
import anndata, numpy as np
from cellfill.errors import OutputError
from cellfill.readers import open_dataset
from cellfill.results.named import Layer, Results
from cellfill.writers import open_sink
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
dataset = open_dataset(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
random = np.random.default_rng(0)
for output in sys.argv[2:]:
    sink = open_sink(output, dataset=dataset, layer=Layer(name="imputed", dense=True), overwrite=False)
    try:
        for _ in range(dataset.cells):
            sink.add(random.random((1, len(dataset.var)), dtype="float32"))
        sink.finish(Results(var={}, record_name="cellfill", record={}))
    except OutputError as error:
        sink.abort()
        print("OutputError:", error, flush=True)
os._exit(6)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs resource limits")
def test_a_file_that_may_not_grow_on_leaves_nothing(tmp_path):
    big = anndata.AnnData(
        sparse.csr_matrix((400, 1000), dtype="float32"),
        obs=pd.DataFrame(index=[f"c{i}" for i in range(400)]),
        var=pd.DataFrame(index=[f"g{i}" for i in range(1000)]),
    )
    big.write_h5ad(tmp_path / "in.h5ad")
    done = subprocess.run(
        [sys.executable, "-c", FULL, tmp_path / "in.h5ad", *(tmp_path / o for o in OUTPUTS)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ,
    )
    assert done.returncode == 6, done.stderr
    said = done.stdout.splitlines()
    assert len(said) == len(OUTPUTS)
    for line, output in zip(said, OUTPUTS, strict=True):
        assert line.startswith(f"OutputError: {tmp_path / output} could not be written: "), line
    assert [p.name for p in tmp_path.iterdir()] == ["in.h5ad"]


@pytest.mark.parametrize("dense", [False, True])
def test_a_disk_that_is_too_small_is_refused(cells, tmp_path, monkeypatch, dense):
    import shutil

    path = FORMATS["h5ad"](cells, tmp_path)
    usage = shutil.disk_usage(tmp_path)
    free = path.stat().st_size + 1000 if dense else path.stat().st_size - 1
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage._replace(free=free))
    with pytest.raises(OutputError, match="MB free; the result needs"):
        open_sink(
            tmp_path / "out.h5ad",
            dataset=open_dataset(path),
            layer=Layer(name="imputed", dense=dense, filled=1000),
            overwrite=False,
        )
    assert [p.name for p in tmp_path.iterdir()] == ["in.h5ad"]


def folder_with_other_things(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.docx").write_text("precious")
    return tmp_path / "out"


def store_with_other_things(tmp_path):
    (tmp_path / "out.zarr").mkdir()
    (tmp_path / "out.zarr" / "thesis.docx").write_text("precious")
    return tmp_path / "out.zarr"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda t: t / "out.xlsx", "must end in .h5ad"),
        (lambda t: t / "out.mtx.gz", "must end in .h5ad"),
        (lambda t: t / "absent" / "out.h5ad", "is not a folder. Make it first"),
        (lambda t: t, "it is not replaced"),
        (folder_with_other_things, "it is not replaced"),
        (store_with_other_things, "it is not replaced"),
        (lambda t: t / ("x" * 300 + ".h5ad"), "could not be written"),
        (lambda t: t / ("x" * 250 + ".csv"), "could not be written"),
        (lambda t: t / "bad\0name.h5ad", "could not be written"),
        (lambda t: (t / "a.h5ad").mkdir() or t / "a.h5ad", "is a folder. Name a file"),
        (lambda t: (t / "a.zarr").write_text("x") and t / "a.zarr", "is a file, and this format is a folder"),
    ],
)
def test_an_output_that_cannot_be_is_refused(tmp_path, make, message):
    folder = tmp_path / "here"
    folder.mkdir()
    (folder / "other").write_text("x")
    path = make(folder)
    before = contents(tmp_path)
    with pytest.raises(OutputError, match=message) as caught:
        check_output(path, overwrite=True)
    assert "\n" not in str(caught.value)
    assert contents(tmp_path) == before


def test_a_folder_that_may_not_be_written_to_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda _path, _mode: False)
    with pytest.raises(OutputError, match="cannot be written to"):
        check_output(tmp_path / "out.h5ad", overwrite=False)


def test_a_folder_that_is_still_written_to_is_removed_all_the_same(tmp_path, monkeypatch):
    """As zarr's threads do for a moment after the work was interrupted."""
    from cellfill.writers import leftovers

    def write(_seconds):
        if len(writes) < 3:
            (tmp_path / "a" / "b").mkdir(parents=True)
            writes.append((tmp_path / "a" / "b" / "c").write_text("x"))

    writes = []
    monkeypatch.setattr(leftovers.time, "sleep", write)
    (tmp_path / "a").mkdir()
    leftovers.remove(tmp_path / "a")
    assert len(writes) == 3
    assert not (tmp_path / "a").exists()
