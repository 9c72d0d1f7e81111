"""Readers: the same cells from every format, and one line for every damaged file."""

import anndata
import numpy as np
import pandas as pd
import pytest
import scanpy
from scipy import sparse

from cellfill.errors import DataError
from cellfill.readers import dataset_of, open_dataset
from runtime.one_dataset import FORMATS, forty_cells, write_loom, write_named_table


@pytest.fixture
def cells(example):
    return forty_cells(example)


def all_of(rows, block=7):
    blocks = [rows[start : start + block] for start in range(0, rows.shape[0], block)]
    return np.vstack([b.toarray() if sparse.issparse(b) else b for b in blocks])


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("block", [1, 7, 64])
def test_every_format_gives_the_same_cells(cells, tmp_path, form, block):
    path = FORMATS[form](cells, tmp_path)
    dataset = open_dataset(path)
    assert dataset.cells == 40
    assert [str(name) for name in dataset.var.index] == list(cells.var_names)
    assert list(dataset.cell_names()) == list(cells.obs_names)
    assert dataset.matrices[0].name == "X"
    assert dataset.matrices[0].rows.shape == cells.shape
    np.testing.assert_array_equal(all_of(dataset.matrices[0].rows, block), cells.X.toarray())
    assert dataset.dense == ("dense" in form)
    rest = dataset.rest()
    assert rest.X is None
    assert list(rest.obs_names) == list(cells.obs_names)
    assert list(rest.var_names) == list(cells.var_names)
    dataset.close()


@pytest.mark.parametrize("form", ["10x h5, version 3", "10x h5, version 2", "10x mtx, version 3"])
def test_genes_are_as_scanpy_reads_them(cells, tmp_path, form):
    path = FORMATS[form](cells, tmp_path)
    read = scanpy.read_10x_h5 if path.is_file() else scanpy.read_10x_mtx
    with pytest.MonkeyPatch.context():
        theirs = read(path)
    ours = open_dataset(path).var.frame()
    for column in ours.columns:
        assert list(ours[column]) == list(theirs.var[column]), column
    assert "gene_ids" in ours


def test_layers_and_raw_are_offered_with_their_own_genes(cells, tmp_path):
    cells.layers["twice"] = sparse.csc_matrix(cells.X * 2)
    cells.raw = cells.copy()
    cells.uns["note"] = "kept"
    fewer = cells[:, :100].copy()
    fewer.write_h5ad(tmp_path / "in.h5ad")
    for dataset in (open_dataset(tmp_path / "in.h5ad"), dataset_of(fewer)):
        assert [m.name for m in dataset.matrices] == ["X", "layers['twice']", "raw.X"]
        x, twice, raw = dataset.matrices
        np.testing.assert_array_equal(all_of(twice.rows), 2 * all_of(x.rows))
        assert len(raw.var) == 300
        np.testing.assert_array_equal(all_of(raw.rows), cells.X.toarray())
        assert dataset.uns("note") == "kept"
        assert dataset.uns("absent") is None
        assert dataset.rest().uns["note"] == "kept"


def test_without_x_there_are_the_layers(cells, tmp_path):
    anndata.AnnData(obs=cells.obs, var=cells.var, layers={"counts": cells.X}).write_h5ad(tmp_path / "in.h5ad")
    assert [m.name for m in open_dataset(tmp_path / "in.h5ad").matrices] == ["layers['counts']"]


@pytest.mark.parametrize(
    "make", [sparse.csr_matrix, sparse.csr_array, sparse.csc_matrix, sparse.csr_matrix.toarray]
)
def test_an_anndata_in_memory(cells, make):
    counts = cells.X.toarray()
    cells.X = make(cells.X)
    np.testing.assert_array_equal(all_of(dataset_of(cells).matrices[0].rows), counts)
    np.testing.assert_array_equal(all_of(dataset_of(cells[5:20]).matrices[0].rows), counts[5:20])


@pytest.mark.parametrize("form", ["h5ad", "h5ad, dense", "h5ad, CSC"])
def test_a_backed_anndata_and_a_view_of_it(cells, tmp_path, form):
    counts = cells.X.toarray()
    backed = anndata.read_h5ad(FORMATS[form](cells, tmp_path), backed="r")
    np.testing.assert_array_equal(all_of(dataset_of(backed).matrices[0].rows), counts)
    np.testing.assert_array_equal(all_of(dataset_of(backed[5:20]).matrices[0].rows), counts[5:20])


def test_other_attributes_of_a_loom_file(cells, tmp_path):
    dataset = open_dataset(write_loom(cells, tmp_path))
    assert [m.name for m in dataset.matrices] == ["X", "layers['spliced']"]
    rest = dataset.rest()
    np.testing.assert_array_equal(rest.obs["depth"], np.asarray(cells.X.sum(axis=1)).ravel())
    assert rest.obsm["umap"].shape == (40, 2)


def test_columns_of_text_before_the_numbers_are_kept(cells, tmp_path):
    dataset = open_dataset(write_named_table(cells, tmp_path))
    assert list(dataset.var.index) == list(cells.var["gene_ids"])
    assert list(dataset.var.frame()["gene_name"]) == list(cells.var_names)
    np.testing.assert_array_equal(all_of(dataset.matrices[0].rows), cells.X.toarray())


def test_what_the_rows_of_a_table_are_can_be_said(cells, tmp_path):
    frame = pd.DataFrame(cells.X.toarray()[:5, :5], index=list("abcde"), columns=list("vwxyz"))
    frame.to_csv(tmp_path / "in.csv")
    for orientation, genes in (("cells-in-rows", "vwxyz"), ("genes-in-rows", "abcde")):
        dataset = open_dataset(tmp_path / "in.csv", orientation=orientation)
        assert "".join(dataset.var.index) == genes


@pytest.mark.parametrize(
    ("genes", "barcodes"),
    [
        ([f"ENSMUSG{i:011d}.2" for i in range(9)], [f"cell{i}" for i in range(50)]),
        (["CD3D", "ACTB", "NKG7", "LYZ", "GNLY", "MS4A1", "PPBP"], [f"S{i}" for i in range(96)]),
        (["Actb", "Sox2", "Pax6", "Cd3d", "mt-Nd1"], ["AAACCTGAGAAACC-1", "AAACCTGAGAAACG-1"] * 20),
        (["Gm1", "Gm2", "Gm3", "Gm15"], ["0", "1", "2", "3", "4", "5", "6"]),
        (["lin-4", "unc-22", "egl-1"], ["A1", "A2", "B1", "B2", "C7"]),
        ([f"gene{i}" for i in range(5)], [f"c{i}" for i in range(40)]),
        ([f"Gene_{i}" for i in range(50)], [f"x{i}" for i in range(4)]),
    ],
)
@pytest.mark.parametrize("transposed", [False, True])
def test_genes_are_found_by_their_names(tmp_path, genes, barcodes, transposed):
    values = np.arange(len(genes) * len(barcodes)).reshape(len(barcodes), len(genes))
    frame = pd.DataFrame(values, index=barcodes, columns=genes)
    (frame.T if transposed else frame).to_csv(tmp_path / "in.csv")
    dataset = open_dataset(tmp_path / "in.csv")
    assert list(dataset.var.index) == genes
    assert list(dataset.cell_names()) == barcodes
    assert ("genes in rows" in dataset.notes[0]) == transposed
    assert ("what comes out has cells in rows" in dataset.notes[0]) == transposed
    np.testing.assert_array_equal(all_of(dataset.matrices[0].rows), values)


def test_names_that_are_not_ascii_or_occur_twice(cells, tmp_path):
    cells.obs_names = ["细胞", "细胞", *cells.obs_names[2:]]
    cells.var_names = ["基因α", *cells.var_names[1:]]
    for number, (form, write) in enumerate(FORMATS.items()):
        if "10x h5" in form or form == "loom":
            continue  # the writers of these tests know ASCII only
        folder = tmp_path / str(number)
        folder.mkdir()
        dataset = open_dataset(write(cells, folder))
        assert dataset.var.index[0] == "基因α", form
        assert list(dataset.cell_names()[:2]) == ["细胞", "细胞"], form


def test_obs_and_uns_are_not_read_until_asked_for(cells, tmp_path, monkeypatch):
    import h5py

    cells.write_h5ad(tmp_path / "in.h5ad")
    read, names = h5py.Dataset.__getitem__, []
    monkeypatch.setattr(h5py.Dataset, "__getitem__", lambda e, *a: names.append(e.name) or read(e, *a))
    dataset = open_dataset(tmp_path / "in.h5ad")
    all_of(dataset.matrices[0].rows)
    assert {name.split("/")[1] for name in names} == {"var", "X"}


@pytest.mark.parametrize(
    ("form", "module", "extra"),
    [
        ("loom", "anndata", "h5ad"),
        ("h5ad", "h5py", "h5ad"),
        ("zarr 2", "zarr", "zarr"),
        ("10x h5, version 3", "h5py", "h5ad"),
        ("10x mtx, version 3", "pandas", "h5ad"),
        ("loom", "h5py", "h5ad"),
        ("csv, genes in rows", "pandas", "h5ad"),
    ],
)
def test_a_missing_extra_is_named(cells, tmp_path, monkeypatch, form, module, extra):
    import sys

    from cellfill.errors import MissingDependencyError

    path = FORMATS[form](cells, tmp_path)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingDependencyError, match=rf"needs {module}: pip install 'cellfill\[{extra}\]'"):
        open_dataset(path)


def test_packages_for_formats_are_imported_when_needed_only():
    import subprocess
    import sys

    heavy = "{'anndata', 'h5py', 'pandas', 'zarr', 'scipy'}"
    code = f"import sys, cellfill.readers, cellfill.writers; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_a_raw_that_is_null_is_no_raw(tmp_path, example):
    """As write_elem stores it."""
    import h5py

    example[:5].copy().write_h5ad(tmp_path / "in.h5ad")
    with h5py.File(tmp_path / "in.h5ad", "r+") as file:
        file.pop("raw", None)
        file.create_dataset("raw", data=h5py.Empty("f4")).attrs["encoding-type"] = "null"
    dataset = open_dataset(tmp_path / "in.h5ad")
    assert [matrix.name for matrix in dataset.matrices] == ["X"]
    dataset.close()


def test_a_field_that_is_no_number_is_named_by_row_and_column(tmp_path):
    (tmp_path / "in.csv").write_text(",CD3D,LYZ,GNLY\n" + "".join(f"cell{n},{n},0,1\n" for n in range(20)))
    path = tmp_path / "in.csv"
    path.write_text(path.read_text().replace("cell17,17,0,1", "cell17,17,abc,1"))
    with pytest.raises(DataError, match=r"table: 'abc' in the row cell17, column LYZ, is no number\. Mend"):
        open_dataset(path)


def test_quotes_that_do_not_end_in_the_line_of_names_are_said(tmp_path):
    (tmp_path / "x.csv").write_text('"cell,G1,G2\nc1,1,2\nc2,3,4\n')
    with pytest.raises(DataError, match=r"quotation mark .* in its first line does not end"):
        open_dataset(tmp_path / "x.csv")
