"""A zarr store as anndata 0.6 wrote it: tables as arrays of records, categories as JSON beside them."""

import json

import anndata
import numpy as np
import pytest
from scipy import sparse

from cellfill.errors import DataError
from cellfill.readers import open_dataset
from cellfill.results.named import Layer, Results
from cellfill.writers import open_sink
from runtime.one_dataset import forty_cells

pytestmark = pytest.mark.filterwarnings("ignore")


def put(folder, values, *, records=False, **more):
    """One array of version 2 in one chunk, not compressed."""
    folder.mkdir(parents=True)
    said = {"zarr_format": 2, "shape": list(values.shape), "chunks": list(values.shape), "order": "C"}
    said |= {"dtype": values.dtype.descr if records else values.dtype.str, "compressor": None, "filters": None}
    (folder / ".zarray").write_text(json.dumps(said | {"fill_value": None} | more))
    (folder / ("0" if values.ndim == 1 else "0.0")).write_bytes(values.tobytes())


def put_texts(folder, texts):
    put(folder, np.array(texts, dtype="U9"), dtype="|O", filters=[{"id": "json2"}])
    (folder / "0").write_text(json.dumps([*texts, "|O", [len(texts)]]))


@pytest.fixture
def store(example, tmp_path):
    cells = forty_cells(example)
    path = tmp_path / "in.zarr"
    obs = [(name.encode(), n % 2, n / 2) for n, name in enumerate(cells.obs_names)]
    put(path / "obs", np.array(obs, dtype=[("index", "S30"), ("kind", "i1"), ("depth", "<f8")]), records=True)
    var = [(name.encode(), gene_id.encode()) for name, gene_id in cells.var["gene_ids"].items()]
    put(path / "var", np.array(var, dtype=[("index", "S30"), ("gene_ids", "S15")]), records=True)
    put(path / "X", cells.X.toarray())
    put_texts(path / "uns" / "kind_categories", ["B cell", "µ"])
    put_texts(path / "uns" / "colours", ["red", "blue"])
    put(path / "obsm" / "X_pca", np.arange(80.0).reshape(40, 2))
    put(path / "layers" / "twice", cells.X.toarray() * 2)
    for folder in (path, path / "uns", path / "obsm", path / "layers"):
        (folder / ".zgroup").write_text('{"zarr_format": 2}')
    return path, cells


@pytest.mark.parametrize("output", [None, "out.h5ad", "out.zarr"])
def test_it_is_read_and_written_whole(store, tmp_path, output):
    path, cells = store
    dataset = open_dataset(path)
    np.testing.assert_array_equal(dataset.matrices[0].rows[0:40], cells.X.toarray())
    assert [matrix.name for matrix in dataset.matrices] == ["X", "layers['twice']"]
    found = dataset.rest()
    if output is not None:
        sink = open_sink(
            tmp_path / output,
            dataset=dataset,
            layer=Layer(name="imputed"),
            overwrite=False,
        )
        sink.add(sparse.csr_matrix(cells.X))
        sink.finish(Results(var={}, record_name="cellfill", record={}))
        assert sink.notes == ()
        found = (anndata.read_h5ad if output == "out.h5ad" else anndata.io.read_zarr)(tmp_path / output)
        np.testing.assert_array_equal(found.layers["twice"], cells.X.toarray() * 2)
    dataset.close()
    assert list(found.obs_names) == list(cells.obs_names)
    assert list(found.var["gene_ids"]) == list(cells.var["gene_ids"])
    assert list(found.obs["kind"]) == ["B cell", "µ"] * 20
    assert list(found.obs["depth"]) == [n / 2 for n in range(40)]
    assert list(found.uns["colours"]) == ["red", "blue"]
    assert "kind_categories" not in found.uns
    np.testing.assert_array_equal(found.obsm["X_pca"], np.arange(80.0).reshape(40, 2))


def test_what_this_zarr_does_not_know_is_left_out(store):
    path, cells = store
    put(path / "uns" / "odd", np.zeros(3), dtype="|Z9")
    dataset = open_dataset(path)
    assert dataset.cells == cells.n_obs
    assert dataset.left_out()[0].startswith("uns['odd'] (")


def test_without_names_it_is_refused(store):
    path, _ = store
    (path / "obs" / "0").write_bytes(b"cut")
    with pytest.raises(DataError, match=r"cannot be read as \.zarr"):
        open_dataset(path)
