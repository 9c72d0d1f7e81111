"""Files that old and newest libraries of several languages wrote, all of the same cells."""

import gzip
import importlib.util
import shutil
import zipfile
from pathlib import Path

import anndata
import h5py
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from cellfill.readers import open_dataset
from cellfill.results.named import Layer, Results
from cellfill.writers import open_sink
from conftest import DATA
from runtime.test_readers import all_of

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")
HERE = DATA / "libraries"
ANNDATA = sorted(file.name.removesuffix(".gz") for file in HERE.glob("anndata_*.gz"))
LOOM = sorted(file.name.removesuffix(".gz") for file in HERE.glob("*.loom.gz"))
HDF5_OF_OTHERS = ["hdf5r_fixed.h5ad", "hdf5r_mudataseurat.h5ad", "muon_jl_imitated.h5ad", "rhdf5.h5ad"]
OLDEST = "anndata_0.6.zarr.zip"
STORES = [*ANNDATA, *HDF5_OF_OTHERS]
TENX = ["dropletutils_v2", "dropletutils_v2.h5", "dropletutils_v3", "dropletutils_v3.h5"]
TABLES = ["r_check_names.txt", "r_data_frame.csv", "r_write_csv.csv", "r_write_table.txt"]
# Zarr is slow to write: one file of each kind.
AS_ZARR = ["anndata_0.6.h5ad", "anndata_0.7.zarr.zip", "anndata_0.13.h5ad", *HDF5_OF_OTHERS, "loompy_3.loom"]
ALL = [*STORES, *LOOM, *TENX, *TABLES]
# R's hdf5r marked text as ASCII, which anndata gives as bytes; a copy from HDF5 to HDF5 stays as it was.
AS_BYTES = {"hdf5r_fixed.h5ad", "hdf5r_mudataseurat.h5ad"}


def _truth():
    spec = importlib.util.spec_from_file_location("truth", HERE / "truth.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


TRUTH = _truth()
COUNTS = pd.DataFrame(TRUTH.counts(), index=TRUTH.cells().index, columns=TRUTH.genes().index)
IDS = list(TRUTH.genes()["gene_ids"])
VARIABLE = list(COUNTS.columns[TRUTH.genes()["highly_variable"]])


@pytest.fixture
def unpacked(tmp_path):
    """Return where a file of a name is, out of its gzip."""

    def unpack(name):
        path = tmp_path / name
        if (HERE / name).exists():
            (shutil.copytree if (HERE / name).is_dir() else shutil.copy)(HERE / name, path)
        else:
            path.write_bytes(gzip.decompress((HERE / f"{name}.gz").read_bytes()))
        return path

    return unpack


def names_of(name):
    """The names of cells as that library writes them."""
    return [cell.replace("-", ".") for cell in COUNTS.index] if name == "r_check_names.txt" else list(COUNTS.index)


def genes_of(name):
    """The genes of X: the 20 that vary most where there is a raw, which has them all."""
    return VARIABLE if has_raw(name) else list(COUNTS.columns)


def has_raw(name):
    return name.startswith(("anndata", "hdf5r"))


def dense(matrix):
    return matrix.toarray() if sparse.issparse(matrix) else np.asarray(matrix)


def same_columns(found, wanted):
    """Compare columns by their values: categories with their order, absent values, text as text."""
    assert list(found.columns) == list(wanted.columns)
    for label in wanted:
        ours, theirs = found[label], wanted[label]
        assert list(ours.isna()) == list(theirs.isna()), label
        kept = ~theirs.isna().to_numpy()
        assert list(ours[kept].astype(theirs.dtype)) == list(theirs[kept]), label
        if isinstance(theirs.dtype, pd.CategoricalDtype):
            assert list(ours.cat.categories) == list(theirs.cat.categories), label
            assert not ours.cat.ordered, label


def check_oldest(rest):
    """Compare what zarr 3 can read: anndata 0.6 kept categories, and text in uns, as JSON, which it cannot."""
    for found, wanted in ((rest.obs, TRUTH.cells()), (rest.var, TRUTH.genes().loc[VARIABLE])):
        assert list(found.index) == list(wanted.index)
        numbers = wanted.select_dtypes(["number", "bool"])
        same_columns(found[list(numbers)], numbers)
    assert list(rest.var["gene_ids"]) == IDS[:20]
    np.testing.assert_array_equal(rest.obsm["X_pca"], TRUTH.coordinates())
    np.testing.assert_array_equal(rest.varm["PCs"], TRUTH.loadings()[:20])


def check_annotation(rest, name):
    """Compare all that a store of cells and genes holds beside the matrices."""
    nullable = name.startswith("anndata") and not name.startswith(("anndata_0.6", "anndata_0.7"))
    if name == OLDEST:
        return check_oldest(rest)
    assert list(rest.obs_names) == list(COUNTS.index)
    assert list(rest.var_names) == genes_of(name)
    same_columns(rest.obs, TRUTH.cells(nullable=nullable))
    genes = TRUTH.genes().loc[genes_of(name)]
    if name.startswith("anndata"):  # where genes are taken, it keeps the categories that are left; R keeps all
        genes["chromosome"] = genes["chromosome"].cat.remove_unused_categories()
    same_columns(rest.var, genes)
    np.testing.assert_array_equal(rest.obsm["X_pca"], TRUTH.coordinates())
    if not name.startswith(("hdf5r", "rhdf5")):
        np.testing.assert_array_equal(rest.varm["PCs"], TRUTH.loadings()[: len(genes_of(name))])
    assert np.asarray(rest.uns["title"]).item() == "twelve cells"
    if name.startswith("anndata"):
        assert list(rest.uns["sample_colors"]) == ["#1f77b4", "#ff7f0e"]
        assert rest.uns["neighbors"]["params"]["n_neighbors"] == 3
        assert rest.uns["neighbors"]["params"]["method"] == "umap"
    if name.startswith("anndata") and not name.startswith("anndata_0.6"):
        np.testing.assert_array_equal(dense(rest.obsp["distances"]), np.eye(12, k=1))


@pytest.mark.parametrize("name", ALL)
def test_names_and_counts(unpacked, name):
    dataset = open_dataset(unpacked(name))
    assert dataset.cells == 12
    assert list(dataset.cell_names()) == names_of(name)
    assert all(type(cell) is str for cell in dataset.cell_names())
    # Of a 10x folder or file and of a loom either name may be the first.
    assert list(dataset.var.index) in (genes_of(name), IDS)
    held = {matrix.name: matrix for matrix in dataset.matrices}
    assert ("raw.X" in held) == has_raw(name)
    np.testing.assert_array_equal(all_of(held["X"].rows), COUNTS[genes_of(name)])
    if "raw.X" in held:
        assert list(held["raw.X"].var.index) == list(COUNTS.columns)
        assert list(held["raw.X"].var.frame()["gene_ids"]) == IDS
        np.testing.assert_array_equal(all_of(held["raw.X"].rows), COUNTS)
    if name.startswith(("anndata", "loompy")):
        np.testing.assert_array_equal(all_of(held["layers['doubled']"].rows), 2 * COUNTS[genes_of(name)])
    dataset.close()


@pytest.mark.parametrize("name", STORES)
def test_what_is_known_of_cells_and_genes(unpacked, name):
    dataset = open_dataset(unpacked(name))
    check_annotation(dataset.rest(), name)
    same_columns(dataset.obs(), dataset.rest().obs)
    dataset.close()


@pytest.mark.parametrize("name", [name for name in ANNDATA if name.endswith(".zip")])
def test_a_store_is_read_as_a_folder_too(unpacked, name):
    path = unpacked(name)
    with zipfile.ZipFile(path) as archive:
        archive.extractall(path.with_suffix(""))
    dataset = open_dataset(path.with_suffix(""))
    np.testing.assert_array_equal(all_of(dataset.matrices[0].rows), COUNTS[genes_of(name)])
    check_annotation(dataset.rest(), name)


@pytest.mark.parametrize("name", LOOM)
def test_columns_of_a_loom_file(unpacked, name):
    dataset = open_dataset(unpacked(name))
    rest, cells, genes = dataset.rest(), TRUTH.cells(), TRUTH.genes()
    assert list(rest.obs["cell_type"]) == list(cells["cell_type"].astype(object).fillna(""))
    for label in ("sample", "n_counts", "percent_mt", "doublet", "note"):
        assert list(rest.obs[label]) == list(cells[label]), label
    for label, theirs in {"Accession": "gene_ids", "chromosome": "chromosome", "mean": "mean"}.items():
        assert list(rest.var[label]) == list(genes[theirs]), label
    np.testing.assert_array_equal(rest.obsm["X_pca"], TRUTH.coordinates())
    np.testing.assert_array_equal(rest.varm["PCs"], TRUTH.loadings())
    dataset.close()


@pytest.mark.parametrize("name", TENX)
def test_genes_of_10x_files(unpacked, name):
    var = open_dataset(unpacked(name)).var.frame()
    named = {tuple(var.index)} | {tuple(var[label]) for label in var}
    assert {tuple(IDS), tuple(COUNTS.columns)} <= named


@pytest.mark.parametrize(
    ("name", "output"), [*((name, "out.h5ad") for name in ALL), *((name, "out.zarr") for name in AS_ZARR)]
)
def test_what_is_written_of_it_anndata_reads(unpacked, tmp_path, name, output):
    """By the anndata that is installed: the lowest and the newest in turn."""
    dataset = open_dataset(unpacked(name))
    values = COUNTS[genes_of(name)].to_numpy().astype("float32") + np.float32(0.5)
    sink = open_sink(
        tmp_path / output,
        dataset=dataset,
        layer=Layer(name="imputed"),
        overwrite=False,
    )
    sink.add(sparse.csr_matrix(values))
    genes = len(dataset.var)
    sink.finish(Results(var={"imputed": np.arange(genes) < 2}, record_name="cellfill", record={"model": "m"}))
    dataset.close()
    read = anndata.read_h5ad if Path(output).suffix == ".h5ad" else anndata.read_zarr
    result = read(tmp_path / output)
    assert list(result.obs_names) == names_of(name)
    np.testing.assert_array_equal(dense(result.layers["imputed"]), values)
    np.testing.assert_array_equal(dense(result.X), COUNTS[genes_of(name)])
    assert list(result.var["imputed"]) == [True, True] + [False] * (genes - 2)
    assert result.uns["cellfill"]["model"] == "m"
    if name in STORES:
        del result.var["imputed"]
        if name in AS_BYTES and output == "out.h5ad":
            with h5py.File(unpacked(name)) as file:
                same_columns(result.obs, anndata.io.read_elem(file["obs"]))
        else:
            check_annotation(result, name)
    if has_raw(name):
        np.testing.assert_array_equal(dense(result.raw.X), COUNTS)
        assert list(result.raw.var_names) == list(COUNTS.columns)
