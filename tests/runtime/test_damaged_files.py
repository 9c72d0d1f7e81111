"""A table of damaged files of every format: one kind of error, one line, and the file is named."""

import gzip
import re
import shutil

import anndata
import h5py
import numpy as np
import pytest

from cellfill.errors import DataError, DataNotFoundError
from cellfill.readers import open_dataset
from runtime.one_dataset import FORMATS, forty_cells

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


@pytest.fixture
def cells(example):
    return forty_cells(example)


def made(form, damage):
    """A file of a format, then damaged."""

    def make(cells, folder):
        path = FORMATS[form](cells, folder)
        return damage(path) or path

    return make


def cut(share):
    def damage(path):
        content = path.read_bytes()
        path.write_bytes(content[: int(len(content) * share)])

    return damage


def overwritten(share):
    """Noise in the middle, as a bad disk or a transfer as text leaves it."""

    def damage(path):
        content = bytearray(path.read_bytes())
        start = int(len(content) * share)
        content[start : start + 3000] = np.random.default_rng(0).bytes(3000)
        path.write_bytes(content)

    return damage


def within(*names, cut_name=None, action="remove"):
    """Damage to one file of a folder."""

    def damage(path):
        for name in names:
            file = next(path.glob(name))
            if action == "remove":
                shutil.rmtree(file) if file.is_dir() else file.unlink()
            elif action == "empty":
                file.write_bytes(b"")
            else:
                file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])

    return damage


def hdf5(change):
    def damage(path):
        with h5py.File(path, "r+") as file:
            change(file)

    return damage


def replaced(name, values):
    def change(file):
        attributes = dict(file[name].attrs)
        old = file[name][...]
        del file[name]
        file[name] = values(old)
        for key, value in attributes.items():
            file[name].attrs[key] = value

    return hdf5(change)


def without(name):
    return hdf5(lambda file: file.pop(name))


def attribute(name, key, value):
    return hdf5(lambda file: file[name].attrs.__setitem__(key, value))


def text(content, name="in.csv"):
    def make(_cells, folder):
        path = folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return make


def zipped(content, share=1.0):
    whole = gzip.compress(content.encode())
    return text(whole[: int(len(whole) * share)], "in.csv.gz")


def line(number, change):
    def damage(path):
        lines = path.read_text().splitlines()
        lines[number] = change(lines[number])
        path.write_text("\n".join(lines) + "\n")

    return damage


GOOD = ",CD3D,ACTB,LYZ\n" + "".join(f"cell{i},{i},2,3\n" for i in range(3000))
READ = "cannot be read as"


def other_hdf5(path):
    with h5py.File(path, "w") as file:
        file["x"] = np.ones(3)


DAMAGED = {
    "nothing there": (lambda c, f: f / "absent.h5ad", "there is no such file"),
    "a name with no meaning": (lambda c, f: f / "bad\0name.h5ad", "there is no such file"),
    "a name that is too long": (lambda c, f: f / ("x" * 300), "there is no such file"),
    "an empty folder": (lambda c, f: f, "folder without data"),
    "zero bytes .h5ad": (text("", "in.h5ad"), "empty"),
    "zero bytes .h5": (text("", "in.h5"), "empty"),
    "zero bytes .loom": (text("", "in.loom"), "empty"),
    "zero bytes .csv": (text("", "in.csv"), "empty"),
    "zero bytes .tsv.gz": (text("", "in.tsv.gz"), "empty"),
    "text as .h5ad": (text("gene,cell\n1,2\n", "in.h5ad"), "not an HDF5 file"),
    "HTML as .h5": (text("<!DOCTYPE html><html>404</html>", "in.h5"), "not an HDF5 file"),
    "an R object": (text("RDX3\n", "in.rds"), "writeH5AD"),
    "a Seurat file": (text("x", "in.h5seurat"), "SeuratDisk"),
    "a spreadsheet": (text("PK\x03\x04", "in.xlsx"), "spreadsheet"),
    "an archive": (text("x", "in.tar.gz"), "unpack it"),
    "reads": (text("x", "in.fastq.gz"), "count them first"),
    "a picture": (text(b"\x89PNG\r\n\x1a\n\0\0", "in.png"), "no format that cellfill reads"),
    "another HDF5 file": (made("h5ad", other_hdf5), "neither AnnData nor 10x nor loom"),
    "h5ad cut to 1 %": (made("h5ad", cut(0.01)), READ),
    "h5ad cut to half": (made("h5ad", cut(0.5)), READ),
    "h5ad cut at the end": (made("h5ad", cut(0.999)), READ),
    "h5ad, noise at its start": (made("h5ad", overwritten(0.002)), READ),
    "h5ad, compressed, noise in X": (made("h5ad, compressed", lambda p: noise_in(p, "X/data")), READ),
    "h5ad without obs": (made("h5ad", without("obs")), "no obs"),
    "h5ad without var": (made("h5ad", without("var")), "no var"),
    "h5ad without indptr": (made("h5ad", without("X/indptr")), READ),
    "h5ad without names": (made("h5ad", without("var/_index")), READ),
    "h5ad, indptr too short": (made("h5ad", replaced("X/indptr", lambda v: v[:-1])), "indptr"),
    "h5ad, indptr descends": (made("h5ad", replaced("X/indptr", lambda v: v[::-1])), "indptr"),
    "h5ad, indptr beyond the end": (made("h5ad", replaced("X/indptr", lambda v: v * 2)), "indptr"),
    "h5ad, indices too large": (made("h5ad", replaced("X/indices", lambda v: v + 10000)), "column index"),
    "h5ad, indices negative": (made("h5ad", replaced("X/indices", lambda v: v - 10000)), "column index"),
    "h5ad, indices too few": (made("h5ad", replaced("X/indices", lambda v: v[:-5])), "indices"),
    "h5ad, CSC, indices too large": (made("h5ad, CSC", replaced("X/indices", lambda v: v + 10000)), READ),
    "h5ad, shape too narrow": (made("h5ad", attribute("X", "shape", np.array([40, 7]))), "40 cells and 300 genes"),
    "h5ad, shape of three axes": (made("h5ad", attribute("X", "shape", np.array([40, 7, 2]))), READ),
    "h5ad, X of an unknown kind": (made("h5ad", attribute("X", "encoding-type", "quantum")), "quantum"),
    "h5ad, dense X too short": (made("h5ad, dense", replaced("X", lambda v: v[:-1])), "39 x 300"),
    "h5ad, dense X with one axis": (made("h5ad, dense", replaced("X", np.ravel)), "two axes"),
    "zarr without obs": (made("zarr 2", within("obs")), READ),
    "zarr without X's data": (made("zarr 2", within("X/data")), READ),
    "zarr without a chunk of X": (made("zarr 3", within("X/data/c/0")), "of its 1 chunks"),
    "zarr 2, no metadata of the root": (
        made("zarr 2", within(".zgroup", ".zattrs", ".zmetadata")),
        "folder without",
    ),
    "zarr 2, broken metadata": (made("zarr 2", within(".zgroup", ".zmetadata", action="empty")), READ),
    "zarr 3, broken metadata": (made("zarr 3", within("zarr.json", action="cut")), READ),
    "zarr 2, a chunk cut short": (made("zarr 2", within("X/indptr/0", action="cut")), READ),
    "zarr 3, a chunk cut short": (made("zarr 3", within("X/data/c/0", action="cut")), READ),
    "zarr.zip cut short": (made("zarr.zip", cut(0.5)), READ),
    "10x h5 cut short": (made("10x h5, version 3", cut(0.5)), READ),
    "10x h5 without names": (made("10x h5, version 3", without("matrix/features/name")), None),
    "10x h5 without ids or names": (
        made("10x h5, version 3", hdf5(lambda f: f["matrix/features"].clear())),
        READ,
    ),
    "10x h5 without shape": (made("10x h5, version 3", without("matrix/shape")), READ),
    "10x h5, too few barcodes": (made("10x h5, version 3", replaced("matrix/barcodes", lambda v: v[:-1])), "39"),
    "10x h5, indptr too short": (made("10x h5, version 2", replaced("GRCh38/indptr", lambda v: v[:-1])), "indptr"),
    "10x h5, names not UTF-8": (
        made("10x h5, version 3", replaced("matrix/features/name", lambda v: np.array([b"\xff\xfe"] * len(v)))),
        READ,
    ),
    "10x h5 of two genomes": (
        made("10x h5, version 2", hdf5(lambda f: f.copy("GRCh38", "mm10"))),
        "2 genomes",
    ),
    "mtx without barcodes": (made("10x mtx, version 3", within("barcodes*")), "no barcodes.tsv"),
    "mtx without genes": (made("10x mtx, version 2", within("genes*")), "no features.tsv"),
    "mtx, matrix empty": (made("10x mtx, version 2", within("matrix*", action="empty")), READ),
    "mtx, matrix cut short": (made("10x mtx, version 2", within("matrix*", action="cut")), READ),
    "mtx, gzip cut short": (made("10x mtx, version 3", within("matrix*", action="cut")), READ),
    "mtx, genes cut short": (made("10x mtx, version 2", within("genes*", action="cut")), "different matrices"),
    "mtx, barcodes empty": (made("10x mtx, version 2", within("barcodes*", action="empty")), "different matrices"),
    "two matrices in a folder": (
        made("10x mtx, version 3", lambda p: shutil.copy(p / "matrix.mtx.gz", p / "b_matrix.mtx.gz") and None),
        "several matrices",
    ),
    "loom cut short": (made("loom", cut(0.5)), READ),
    "loom without names of genes": (made("loom", without("row_attrs/Gene")), "does not name its genes"),
    "loom, too few names": (made("loom", replaced("row_attrs/Gene", lambda v: v[:-1])), READ),
    "loom, too few cells": (made("loom", replaced("col_attrs/CellID", lambda v: v[:-1])), READ),
    "loom, a layer of another shape": (made("loom", replaced("layers/spliced", lambda v: v[:-1])), "shape of X"),
    "loom, matrix of one axis": (made("loom", replaced("matrix", np.ravel)), READ),
    "table, header alone": (text(",A,B,C\n"), "no line of numbers"),
    "table of one word": (text("hello\n"), "no line of numbers"),
    "prose": (text("Dear reader,\nthis is\nno matrix at all, sorry\n", "in.txt"), READ),
    "table without names": (text("1.5,2.5,3.5\n4.5,5.5,6.5\n"), "a line of names"),
    "table of text alone": (text(",A,B\nx,a,b\ny,c,d\n"), "a column of numbers"),
    "text among the numbers": (made("csv, cells in rows", line(20, lambda s: s.replace(",0,", ",abc,", 1))), "abc"),
    "a last column of text": (text(",CD3D,ACTB,kind\nc1,1,2,T\nc2,3,4,B\n"), READ),
    "a line too long": (made("csv, cells in rows", line(20, lambda s: s + ",1,2,3")), READ),
    "a line too short": (made("csv, cells in rows", line(20, lambda s: s.rsplit(",", 3)[0])), "fewer than"),
    "header too short": (made("csv, cells in rows", line(0, lambda s: s.rsplit(",", 3)[0])), "first line has"),
    "header too long": (made("csv, cells in rows", line(0, lambda s: s + ",a,b")), "first line has"),
    "table cut short": (made("csv, cells in rows", cut(0.5)), "fewer than"),
    "gzip cut short": (zipped(GOOD, 0.5), READ),
    "gzip cut after its header": (zipped(GOOD, 0.01), READ),
    "not gzip, in spite of its name": (text(b"\x1f\x8bnonsense", "in.csv.gz"), READ),
    "table, not UTF-8": (text(b",CD3D,ACTB\nc\xff1,1,2\nc2,3,4\n"), READ),
    "binary as .csv": (text(bytes(range(256)) * 20), READ),
    "an unclosed quote": (text(',"CD3D,ACTB\nc1,1,2\nc2,3,4\n'), READ),
}


def noise_in(path, name):
    with h5py.File(path) as file:
        chunk = file[name].id.get_chunk_info(0)
    content = bytearray(path.read_bytes())
    content[chunk.byte_offset : chunk.byte_offset + chunk.size] = b"\0" * chunk.size
    path.write_bytes(content)


def read_whole(path):
    dataset = open_dataset(path)
    try:
        for matrix in dataset.matrices:
            for start in range(0, dataset.cells, 16):
                _ = matrix.rows[start : start + 16]
        dataset.cell_names()
        dataset.rest()
    finally:
        dataset.close()


@pytest.mark.parametrize("case", DAMAGED)
def test_a_damaged_file_is_one_line(cells, tmp_path, case):
    make, message = DAMAGED[case]
    path = make(cells, tmp_path)
    before = sorted(tmp_path.rglob("*"))
    if message is None:
        read_whole(path)
        return
    with pytest.raises((DataError, DataNotFoundError)) as caught:
        read_whole(path)
    said = str(caught.value)
    assert "\n" not in said
    assert len(said) < 600
    assert re.search(re.escape(message), said), said
    assert str(path.name) in said
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("form", ["h5ad", "h5ad, compressed", "10x h5, version 3", "loom", "zarr.zip"])
def test_cut_anywhere_a_file_is_an_error_or_whole(cells, tmp_path, form):
    path = FORMATS[form](cells, tmp_path)
    content = path.read_bytes()
    for length in np.random.default_rng(0).integers(1, len(content), 15):
        path.write_bytes(content[:length])
        with pytest.raises(DataError) as caught:
            read_whole(path)
        assert "\n" not in str(caught.value)


def test_a_file_of_an_old_anndata_is_read(cells, tmp_path):
    """As anndata before 0.7 wrote it: tables as one array of records."""
    path = tmp_path / "old.h5ad"
    with h5py.File(path, "w") as file:
        for name, names in (("obs", cells.obs_names), ("var", cells.var_names)):
            file[name] = np.array([(n.encode(),) for n in names], dtype=[("index", "S30")])
        group = file.create_group("X")
        group.attrs["h5sparse_format"], group.attrs["h5sparse_shape"] = "csr", np.array(cells.shape)
        for part in ("data", "indices", "indptr"):
            group[part] = getattr(cells.X, part)
    dataset = open_dataset(path)
    np.testing.assert_array_equal(dataset.matrices[0].rows[0:40].toarray(), cells.X.toarray())
    assert list(dataset.var.index) == list(cells.var_names)
    assert anndata.read_h5ad(path).shape == cells.shape
