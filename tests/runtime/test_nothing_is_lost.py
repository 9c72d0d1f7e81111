"""What a loom file, a 10x file or folder, or a table holds besides counts is found in the result."""

import gzip

import anndata
import h5py
import numpy as np
import pandas as pd
import pytest

import cellfill
from cellfill.readers import open_dataset
from conftest import MODEL
from runtime.one_dataset import write_10x_h5, write_10x_mtx, write_loom, write_named_table


@pytest.fixture
def cells(example):
    some = example[:16].copy()
    some.obs.index.name = None
    some.var["gene_ids"] = [f"my{i}" for i in range(some.n_vars)]
    return some


def result_of(path, folder, output):
    cellfill.impute_file(path, folder / output, model=MODEL, gate=False, calibrate=False)
    return (anndata.read_h5ad if output.endswith("h5ad") else anndata.read_zarr)(folder / output)


@pytest.fixture(params=["out.h5ad", "out.zarr"])
def output(request):
    return request.param


AUC = [("STAT1(+)", "f8"), ("PAX5(+)", "f4"), ("name", "S3")]


def test_loom(cells, tmp_path, output):
    path = write_loom(cells, tmp_path)
    n, g = cells.shape
    auc = np.array([(i, i / 2, f"c{i}".encode()) for i in range(n)], dtype=AUC)
    with h5py.File(path, "a") as file:
        file.attrs["title"] = "a study"
        file["attrs/LOOM_SPEC_VERSION"] = "3.0.0"
        rows, columns = file["row_attrs"], file["col_attrs"]
        rows["PCs"] = np.arange(3.0 * g).reshape(g, 3)
        rows["Regulons"] = np.array([(i % 2, 1) for i in range(g)], dtype=[("STAT1(+)", "i8"), ("PAX5(+)", "u1")])
        rows["Chromosome"] = np.array([f"chr{i % 22}" for i in range(g)], dtype=object)
        rows["length"] = np.arange(g)
        columns["RegulonsAUC"] = auc
        columns["flag"] = np.arange(n) % 3 == 0
        columns["odd"] = np.zeros((n, 2, 2))
        columns.create_dataset("lists", (n,), dtype=h5py.vlen_dtype("i4"))
        for name, values in {"a": [0, 1, 5], "b": [1, 2, 0], "w": [0.5, 0.25, 1.0]}.items():
            file[f"col_graphs/KNN/{name}"] = np.array(values)
    result = result_of(path, tmp_path, output)
    assert set(result.obs) == {"depth", "flag"}
    repr(result.obs), result.obs.to_csv()
    assert result.obs["flag"].astype(bool).tolist() == [i % 3 == 0 for i in range(n)]
    assert result.var["Chromosome"].astype(str).tolist() == [f"chr{i % 22}" for i in range(g)]
    assert result.var["length"].tolist() == list(range(g))
    assert result.var["gene_ids"].tolist() == cells.var["gene_ids"].tolist()
    np.testing.assert_array_equal(result.varm["PCs"], np.arange(3.0 * g).reshape(g, 3))
    np.testing.assert_array_equal(result.varm["Regulons"]["STAT1(+)"], np.arange(g) % 2)
    np.testing.assert_array_equal(result.obsm["RegulonsAUC"]["PAX5(+)"], auc["PAX5(+)"])
    assert result.obsm["RegulonsAUC"]["name"].astype(str).tolist() == [f"c{i}" for i in range(n)]
    assert result.obsm["umap"].shape == (n, 2)
    assert result.obsp["KNN"][1, 2] == 0.25
    assert result.uns["loom"]["title"] == "a study"
    assert result.uns["loom"]["LOOM_SPEC_VERSION"] == "3.0.0"
    assert "left out: lists, odd" in result.uns["cellfill"]["saw"]
    np.testing.assert_array_equal(result.layers["spliced"].toarray(), cells.X.toarray())


def test_10x_h5(cells, tmp_path, output):
    path = write_10x_h5(3)(cells, tmp_path)
    expected = {
        "interval": [f"chr1:{i}-{i + 9}" for i in range(cells.n_vars)],
        "pattern": ["5PNNNNNNNNNN(BC)"] * cells.n_vars,
        "read": ["R2"] * cells.n_vars,
        "sequence": [f"ACGT{i}" for i in range(cells.n_vars)],
    }
    with h5py.File(path, "a") as file:
        for name, values in expected.items():
            file[f"matrix/features/{name}"] = np.array(values, dtype="S")
        file["matrix/features/score"] = np.arange(cells.n_vars) / 2
        file["matrix/features/_all_tag_keys"] = np.array([b"interval", b"genome"])
        file["matrix/features/target_sets/panel"] = np.arange(4)
    var = result_of(path, tmp_path, output).var
    for name, values in expected.items():
        assert var[name].astype(str).tolist() == values, name
    assert var["score"].tolist() == (np.arange(cells.n_vars) / 2).tolist()
    assert [name for name in var if not name.startswith("imputed")] == [
        *("gene_ids", "feature_types", "genome", "interval", "pattern", "read", "score", "sequence")
    ]


def test_10x_mtx(cells, tmp_path, output):
    path = write_10x_mtx(3)(cells, tmp_path)
    rows = "".join(f"id{i}\t{n}\tGene Expression\tchr2\t{i}\t{i + 1}\n" for i, n in enumerate(cells.var_names))
    (path / "features.tsv.gz").write_bytes(gzip.compress(rows.encode()))
    var = result_of(path, tmp_path, output).var
    assert var["interval"].astype(str).tolist() == [f"chr2:{i}-{i + 1}" for i in range(cells.n_vars)]
    assert var["gene_ids"].astype(str).tolist() == [f"id{i}" for i in range(cells.n_vars)]


def test_tables(cells, tmp_path, output):
    names = cells.var_names.tolist()
    var = result_of(write_named_table(cells, tmp_path), tmp_path, output).var
    assert var["gene_name"].astype(str).tolist() == names
    frame = pd.DataFrame(cells.X.toarray().astype(int), index=cells.obs_names, columns=names)
    frame.insert(0, "donor", [f"d{i}" for i in range(cells.n_obs)])
    frame.to_csv(tmp_path / "cells.csv")
    dataset = open_dataset(tmp_path / "cells.csv")
    assert list(dataset.obs()["donor"]) == [f"d{i}" for i in range(cells.n_obs)]
