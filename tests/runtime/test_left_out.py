"""A part that is not needed and cannot be read: the rest is, a copy keeps it, another form says so."""

import json

import anndata
import h5py
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

import cellfill
from cellfill.errors import DataError
from cellfill.readers import open_dataset
from cellfill.readers.failures import silence
from cellfill.readers.zarr_store import open_group
from cellfill.results.named import Layer, Results
from cellfill.writers import open_sink
from conftest import MODEL
from runtime.one_dataset import forty_cells, write_zarr

pytestmark = pytest.mark.filterwarnings("ignore")

ODD = {
    "uns/odd": "uns['odd']",
    "uns/deep/odd": "uns['deep']['odd']",
    "obs/odd": "obs['odd']",
    "var/odd": "var['odd']",
    "obsm/odd": "obsm['odd']",
    "obsp/odd": "obsp['odd']",
    "obsm/frame/odd": "obsm['frame']['odd']",
    "layers/odd": "layers['odd']",
}


@pytest.fixture
def cells(example):
    adata = forty_cells(example)
    adata.obs["kind"] = pd.Categorical(["a", "b"] * 20)
    adata.obsm["X_pca"] = np.arange(80.0).reshape(40, 2)
    adata.obsm["frame"] = pd.DataFrame({"kept": range(40)}, index=adata.obs_names)
    adata.uns["deep"] = {"kept": 1}
    return adata


def odd_file(cells, folder, place):
    """One element of a form that no library knows."""
    path = folder / "in.h5ad"
    cells.write_h5ad(path)
    with h5py.File(path, "r+") as file:
        file[place] = np.zeros((40, 3, 2))
        file[place].attrs.update({"encoding-type": "of tomorrow", "encoding-version": "9"})
        listed_in(file[place].parent)
    return path


def odd_store(version):
    def make(cells, folder, place):
        """One array of a type that this zarr does not know."""
        path = folder / "in.zarr"
        with silence():
            write_zarr(version)(cells, folder)
        (path / place).mkdir()
        if version == 2:
            said = {"zarr_format": 2, "dtype": "|Z9", "shape": [40], "chunks": [40]}
            said |= {"compressor": None, "filters": None, "fill_value": None, "order": "C"}
            (path / place / ".zarray").write_text(json.dumps(said))
        else:
            said = {"zarr_format": 3, "node_type": "array", "data_type": "of tomorrow", "shape": [40]}
            said |= {"chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [40]}}}
            said |= {
                "chunk_key_encoding": {"name": "default"},
                "codecs": ["bytes"],
                "fill_value": 0,
                "attributes": {},
            }
            (path / place / "zarr.json").write_text(json.dumps(said))
        listed_in(open_group(str(path), mode="r+")[place.rsplit("/", 1)[0]])
        return path

    return make


def listed_in(frame):
    if "column-order" in frame.attrs:
        frame.attrs["column-order"] = [*frame.attrs["column-order"], "odd"]


MAKE = {"h5ad": odd_file, "zarr 2": odd_store(2), "zarr 3": odd_store(3)}


@pytest.mark.parametrize("place", ODD)
@pytest.mark.parametrize("form", MAKE)
def test_the_rest_is_read_and_what_is_left_out_is_named(cells, tmp_path, form, place):
    dataset = open_dataset(MAKE[form](cells, tmp_path, place))
    np.testing.assert_array_equal(dataset.matrices[0].rows[0:40].toarray(), cells.X.toarray())
    rest = dataset.rest()
    assert list(rest.obs["kind"]) == ["a", "b"] * 20
    assert list(rest.var["gene_ids"]) == list(cells.var["gene_ids"])
    np.testing.assert_array_equal(rest.obsm["X_pca"], cells.obsm["X_pca"])
    assert list(rest.obsm["frame"]["kept"]) == list(range(40))
    assert rest.uns["deep"]["kept"] == 1
    (left_out,) = dataset.left_out()
    assert left_out.startswith(f"{ODD[place]} (")
    dataset.close()


@pytest.mark.parametrize("output", ["out.h5ad", "out.zarr"])
@pytest.mark.parametrize("form", MAKE)
def test_a_copy_keeps_it_and_another_form_says_so(cells, tmp_path, form, output):
    dataset = open_dataset(MAKE[form](cells, tmp_path, "uns/deep/odd"))
    sink = open_sink(
        tmp_path / output,
        dataset=dataset,
        layer=Layer(name="imputed"),
        overwrite=False,
    )
    sink.add(sparse.csr_matrix(cells.X))
    sink.finish(Results(var={"q": np.ones(300)}, record_name="cellfill", record={"model": "m"}))
    dataset.close()
    if form.startswith(output.removeprefix("out.")):
        assert sink.notes == ()
        if output == "out.zarr":
            assert (tmp_path / output / "uns" / "deep" / "odd").is_dir()
        else:
            with h5py.File(tmp_path / output) as file:
                assert file["uns/deep/odd"].attrs["encoding-type"] == "of tomorrow"
    else:
        assert "uns['deep']['odd']" in sink.notes[0]
        result = (anndata.read_h5ad if output == "out.h5ad" else anndata.io.read_zarr)(tmp_path / output)
        assert result.uns["deep"] == {"kept": 1}
        assert result.uns["cellfill"]["model"] == "m"
    again = open_dataset(tmp_path / output)
    assert [matrix.name for matrix in again.matrices] == ["X", "layers['imputed']"]
    again.close()


def test_the_record_of_a_run_says_what_was_left_out(example, tmp_path):
    path = tmp_path / "in.h5ad"
    example[:20].copy().write_h5ad(path)
    with h5py.File(path, "r+") as file:
        file["uns/odd"] = 1
        file["uns/odd"].attrs.update({"encoding-type": "of tomorrow", "encoding-version": "9"})
    report = cellfill.impute_file(path, tmp_path / "out.zarr", model=MODEL)
    assert "left out: uns['odd']" in report.record["saw"]


@pytest.mark.parametrize("form", MAKE)
def test_damage_is_not_left_out(cells, tmp_path, form):
    """What a library knows and cannot decode is an error, as before."""
    path = MAKE[form](cells, tmp_path, "uns/odd")
    if form == "h5ad":
        with h5py.File(path, "r+") as file:
            del file["obsm/X_pca"]
            element = file.create_dataset("obsm/X_pca", data=np.ones((40, 2)), chunks=(40, 2), compression="gzip")
            element.attrs.update({"encoding-type": "array", "encoding-version": "0.2.0"})
            place = element.id.get_chunk_info(0)
        content = bytearray(path.read_bytes())
        content[place.byte_offset : place.byte_offset + place.size] = b"\0" * place.size
        path.write_bytes(content)
    else:
        files = [file for file in (path / "obsm" / "X_pca").rglob("*") if file.is_file()]
        chunk = next(file for file in files if not file.name.startswith((".z", "zarr")))
        chunk.write_bytes(chunk.read_bytes()[:8])
    with pytest.raises(DataError, match="cannot be read as"):
        open_dataset(path).rest()
