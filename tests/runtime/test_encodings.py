"""Whatever form anndata reads is read: names, columns and attributes, in every place of files and stores."""

import anndata
import h5py
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

import cellfill
from cellfill.readers import dataset_of, open_dataset
from cellfill.readers.failures import silence
from cellfill.results.named import Layer, Results
from cellfill.writers import open_sink
from conftest import MODEL
from runtime.one_dataset import forty_cells

pytestmark = pytest.mark.filterwarnings("ignore")

NAMES = {
    "objects": lambda names: pd.Index(names, dtype=object),
    "nullable text": lambda names: pd.Index(names, dtype="string"),
    "categories": pd.CategoricalIndex,
    "Arrow": lambda names: pd.Index(names, dtype="string[pyarrow]"),
}


def fixed_attributes(path):
    """Text attributes as bytes of one length, as Julia and R write them."""

    def fix(_name, element):
        for key, value in list(element.attrs.items()):
            is_list = isinstance(value, np.ndarray) and value.dtype == object
            if isinstance(value, str) or is_list:
                del element.attrs[key]
                element.attrs.create(
                    key, np.char.encode(value.astype(str)) if is_list else np.bytes_(value.encode())
                )

    with h5py.File(path, "r+") as file:
        fix("/", file)
        file.visititems(fix)


def vectors_of_one(path):
    """Text attributes as vectors of one text, as R writes what is no scalar."""

    def fix(_name, element):
        for key, value in list(element.attrs.items()):
            if isinstance(value, str):
                element.attrs[key] = np.array([value], dtype=object)

    with h5py.File(path, "r+") as file:
        file.visititems(fix)


def root(value):
    def change(path):
        with h5py.File(path, "r+") as file:
            del file.attrs["encoding-type"]
            if value is not None:
                file.attrs["encoding-type"] = value

    return change


ATTRIBUTES = {
    "as they are": lambda _path: None,
    "of fixed length": fixed_attributes,
    "vectors of one": vectors_of_one,
    "root AnnData": root("AnnData"),
    "root AnnData, fixed": root(np.bytes_(b"AnnData")),
    "root without": root(None),
}


@pytest.fixture
def cells(example):
    adata = forty_cells(example)
    adata.obs["kind"] = pd.Categorical(["a", "b"] * 20)
    adata.raw = adata.copy()
    return adata[:, :300].copy()


def named(adata, form):
    if form == "Arrow":
        pytest.importorskip("pyarrow")
    for frame in (adata.obs, adata.var, adata.raw.var):
        frame.index = NAMES[form](list(frame.index))
    return adata


def own(adata, path):
    with anndata.settings.override(allow_write_nullable_strings=True), silence():
        (adata.write_h5ad if path.suffix == ".h5ad" else adata.write_zarr)(path)
    return path


def check(dataset, cells):
    assert [m.name for m in dataset.matrices] == ["X", "raw.X"]
    assert dataset.cells == 40
    assert list(dataset.cell_names()) == [str(name) for name in cells.obs_names]
    for matrix in dataset.matrices:
        assert list(matrix.var.index) == [str(name) for name in cells.var_names]
        column = next(column for column in matrix.var.columns if column.label == "gene_ids")
        assert column.is_text
        assert column.texts() == list(cells.var["gene_ids"])
        np.testing.assert_array_equal(matrix.rows[0:40].toarray(), cells.X.toarray())
    assert list(dataset.obs()["kind"]) == ["a", "b"] * 20


def check_result(dataset, cells, output):
    """Write a result and read it with anndata."""
    sink = open_sink(output, dataset=dataset, layer=Layer(name="imputed"), overwrite=False)
    sink.add(sparse.csr_matrix(cells.X))
    sink.finish(Results(var={"q": np.ones(300)}, record_name="cellfill", record={"model": "m"}))
    result = anndata.read_h5ad(output) if output.suffix == ".h5ad" else anndata.io.read_zarr(output)
    assert list(map(str, result.obs_names)) == list(map(str, cells.obs_names))
    assert list(result.var)[-1] == "q"
    assert result.uns["cellfill"]["model"] == "m"
    np.testing.assert_array_equal(result.layers["imputed"].toarray(), cells.X.toarray())
    np.testing.assert_array_equal(result.raw.X.toarray(), cells.X.toarray())


@pytest.mark.parametrize("place", ["memory", "in.h5ad", "in.zarr"])
@pytest.mark.parametrize("form", NAMES)
def test_names_of_any_kind(cells, tmp_path, form, place):
    adata = named(cells.copy(), form)
    dataset = dataset_of(adata) if place == "memory" else open_dataset(own(adata, tmp_path / place))
    check(dataset, cells)
    check_result(dataset, cells, tmp_path / "out.h5ad")


@pytest.mark.parametrize("names", ["objects", "nullable text", "categories"])
@pytest.mark.parametrize("attributes", ATTRIBUTES)
def test_attributes_of_any_kind(cells, tmp_path, attributes, names):
    path = own(named(cells.copy(), names), tmp_path / "in.h5ad")
    ATTRIBUTES[attributes](path)
    dataset = open_dataset(path)
    if attributes == "vectors of one":  # which anndata itself does not read
        assert list(dataset.cell_names()) == [str(name) for name in cells.obs_names]
        assert list(dataset.var.index) == [str(name) for name in cells.var_names]
    else:
        check(dataset, cells)
        check_result(dataset, cells, tmp_path / "out.h5ad")
    dataset.close()


def test_a_root_of_another_name_in_a_store(cells, tmp_path):
    import json

    with anndata.settings.override(zarr_write_format=2):
        path = own(cells, tmp_path / "in.zarr")
    (path / ".zattrs").write_text(json.dumps({"encoding-type": "AnnData"}))
    dataset = open_dataset(path)
    check(dataset, cells)
    check_result(dataset, cells, tmp_path / "out.zarr")


@pytest.mark.parametrize("form", ["nullable text", "categories"])
def test_names_of_any_kind_give_the_usual_values(example, model, tmp_path, form):
    few = example[:20].copy()
    expected = model.impute(few, copy=True).layers["imputed"]
    few.raw = few
    own(named(few, form), tmp_path / "in.h5ad")
    cellfill.impute_file(tmp_path / "in.h5ad", tmp_path / "out.h5ad", model=MODEL)
    found = anndata.read_h5ad(tmp_path / "out.h5ad").layers["imputed"]
    np.testing.assert_allclose(found.toarray(), expected.toarray(), rtol=2e-5, atol=1e-7)


@pytest.mark.parametrize("form", ["h5ad", "zarr"])
@pytest.mark.parametrize("part", ["obs", "var"])
def test_a_column_that_is_named_twice_is_refused(cells, tmp_path, form, part):
    path = own(cells, tmp_path / f"in.{form}")
    if form == "h5ad":
        with h5py.File(path, "r+") as file:
            file[part].attrs["column-order"] = [*file[part].attrs["column-order"]] * 3
    else:
        import zarr

        group = zarr.open_group(str(path), mode="r+")[part]
        group.attrs["column-order"] = [*group.attrs["column-order"]] * 3
    with pytest.raises(cellfill.errors.DataError, match="more than once"):
        open_dataset(path)
