"""The same cells in every format, and tables of every kind: what a page reads of them is what Python reads.

Run as a program (PYTHONPATH=tests), it makes the files and what is read of them anew.
"""

import base64
import gzip
import io
import itertools
import json
import shutil
import zipfile

import anndata
import h5py
import numpy as np
import pandas as pd
import pytest
from scipy import io as matrix_market
from scipy import sparse

from cellfill.errors import DataError
from cellfill.readers import open_dataset
from cellfill.readers.failures import silence
from cellfill.readers.orientation import gene_score
from conftest import ROOT

FILE = ROOT / "tests" / "data" / "cases" / "readers.json"
FOLDER = ROOT / "tests" / "data" / "cases" / "readers"
CASES = (
    json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {"formats": [], "tables": [], "names": []}
)


def cells():
    """24 cells of 40 genes, with columns of every kind that names genes or groups cells."""
    rng = np.random.default_rng(3)
    counts = rng.poisson(rng.gamma(0.4, 3, 40) * rng.uniform(0.5, 2, (24, 1))).astype("float32")
    counts[:, 0] += 1
    counts[5] = 0
    obs = pd.DataFrame(index=[f"{''.join(rng.choice(list('ACGT'), 16))}-1" for _ in range(24)])
    obs["kind"] = pd.Categorical.from_codes([i % 4 - 1 for i in range(24)], ["T cell", "B cell", "µ"])
    obs["batch"] = [f"b{i % 2}" for i in range(24)]
    obs["depth"] = counts.sum(1)
    var = pd.DataFrame(index=["CD3D", "MS4A1", "LYZ", "HLA-A", *(f"ZNF{i}" for i in range(36))])
    var["gene_ids"] = [f"ENSG{i:011d}" for i in range(40)]
    var["class"] = pd.Categorical([i % 3 for i in range(40)])
    var["mean"] = counts.mean(0) / 3
    var["kept"] = [i % 5 > 0 for i in range(40)]
    return anndata.AnnData(sparse.csr_matrix(counts), obs=obs, var=var)


def logged(adata):
    sums = np.maximum(np.asarray(adata.X.sum(1)), 1)
    return sparse.csr_matrix(np.log1p(adata.X.toarray() / sums * 1e4).astype("float32"))


def write_h5ad(adata, path, **options):
    """Write a file as small as HDF5 can make it, without parts that are empty."""
    large = path.with_suffix(".large")
    adata.write_h5ad(large, **options)
    with h5py.File(large) as whole, h5py.File(path, "w", libver="latest") as file:
        file.attrs.update(whole.attrs)
        for name in [name for name in whole if len(whole[name])]:
            whole.copy(name, file)
    large.unlink()


def write_layers(adata, path):
    whole = adata.copy()
    whole.layers["counts"], whole.layers["dense"] = adata.X.copy(), adata.X.toarray().astype("int16")
    whole.X = logged(adata)
    whole.raw = adata.copy()
    write_h5ad(whole, path, compression="gzip")


def write_csc(adata, path):
    other = adata.copy()
    other.X = sparse.csc_matrix(adata.X).astype("float64")
    write_h5ad(other, path)


def write_dense(adata, path):
    other = adata.copy()
    other.X = adata.X.toarray().astype("int32")
    write_h5ad(other, path, compression="gzip")


def write_unsorted(adata, path):
    """As other programs may write CSR: columns that descend, big-endian, a zero, one value in two parts."""
    write_h5ad(adata, path)
    with h5py.File(path, "r+") as file:
        data, indices, indptr = (file[f"X/{name}"][:] for name in ("data", "indices", "indptr"))
        rows = [[*zip(indices[a:b][::-1], data[a:b][::-1], strict=True)] for a, b in itertools.pairwise(indptr)]
        rows[0] = [(rows[0][0][0], 1), *rows[0][1:], (rows[0][0][0], rows[0][0][1] - 1), (39 - rows[0][0][0], 0)]
        for name, values in {
            "data": np.array([v for row in rows for _, v in row], dtype=">f4"),
            "indices": np.array([c for row in rows for c, _ in row], dtype=">i8"),
            "indptr": np.cumsum([0, *map(len, rows)]).astype(">i8"),
        }.items():
            del file[f"X/{name}"]
            file[f"X/{name}"] = values


def write_old(adata, path):
    """As anndata 0.6 wrote it: tables as arrays of records, categories beside them."""
    kinds = adata.obs["kind"].cat
    with h5py.File(path, "w", libver="latest") as file:
        names = [name.encode() for name in adata.obs_names]
        file["obs"] = np.array([*zip(names, kinds.codes, strict=True)], dtype=[("index", "S20"), ("kind", "i1")])
        text = h5py.string_dtype()
        file["var"] = np.array(
            [*zip(adata.var_names, adata.var["gene_ids"], strict=True)], dtype=[("index", text), ("gene_ids", text)]
        )
        file["uns/kind_categories"] = np.array(list(kinds.categories), dtype=object)
        for name in ("X", "raw.X"):
            group = file.create_group(name)
            group.attrs["h5sparse_format"], group.attrs["h5sparse_shape"] = "csr", np.array(adata.shape)
            for part in ("data", "indices", "indptr"):
                group[part] = getattr(adata.X, part)
        file["raw.var"] = file["var"][:]


def write_07(adata, path):
    """As anndata 0.7 wrote it: the categories of all columns in one group, and referred to."""
    write_h5ad(adata, path)
    with h5py.File(path, "r+") as file:
        for frame, label in (("obs", "kind"), ("var", "class")):
            group = file[frame]
            codes, names = group[label]["codes"][:], group[label]["categories"][:]
            del group[label]
            group[f"__categories/{label}"] = names
            group[label] = codes
            group[label].attrs["categories"] = group[f"__categories/{label}"].ref
            group.attrs["encoding-version"] = "0.1.0"


def write_nullable(adata, path):
    """With names and columns as newer pandas has them, and text attributes of fixed length, as R writes them."""
    other = adata.copy()
    for frame in (other.obs, other.var):
        frame.index = pd.Index(list(frame.index), dtype="string")
    other.var["gene_ids"] = other.var["gene_ids"].astype("string")
    with anndata.settings.override(allow_write_nullable_strings=True):
        write_h5ad(other, path)
    with h5py.File(path, "r+") as file:
        for element in (file, file["X"], file["var"], file["obs"]):
            for key, value in list(element.attrs.items()):
                if isinstance(value, str):
                    element.attrs.create(key, np.bytes_(value.encode()))


def write_tenx(version):
    def write(adata, path):
        ids, names = (np.array(list(v), dtype="S") for v in (adata.var["gene_ids"], adata.var_names))
        with h5py.File(path, "w", libver="latest") as file:
            group = file.create_group("matrix" if version == 3 else "GRCh38")
            group["barcodes"] = np.array(list(adata.obs_names), dtype="S")
            for part, kind in {"data": "i4", "indices": "i8", "indptr": "i8"}.items():
                group.create_dataset(
                    part, data=getattr(adata.X, part).astype(kind), chunks=(7,), compression="gzip"
                )
            group["shape"] = np.array(adata.shape[::-1], dtype="i4")
            if version == 2:
                group["genes"], group["gene_names"] = ids, names
                return
            group["features/id"], group["features/name"] = ids, names
            group["features/feature_type"] = np.array([b"Gene Expression"] * 39 + [b"Antibody Capture"])
            group["features/genome"] = np.array([b"GRCh38"] * 40)
            group["features/_all_tag_keys"] = np.array([b"genome"])

    return write


def mtx_parts(adata, *, cells_in_rows=False, shuffled=False):
    buffer = io.BytesIO()
    matrix = adata.X if cells_in_rows else adata.X.T
    matrix_market.mmwrite(buffer, sparse.coo_matrix(matrix.astype("int64")))
    head, *lines = buffer.getvalue().decode().split("\n")
    at = next(i for i, line in enumerate(lines) if line and not line.startswith("%"))
    values = [line for line in lines[at + 1 :] if line]
    if shuffled:
        np.random.default_rng(0).shuffle(values)
    genes = [f"{i}\t{n}\tGene Expression\n" for i, n in zip(adata.var["gene_ids"], adata.var_names, strict=True)]
    names = [f"{name}\n" for name in adata.obs_names]
    return (
        "\n".join([head, *lines[: at + 1], *values, ""]).encode(),
        "".join(genes).encode(),
        "".join(names).encode(),
    )


def write_mtx_folder(adata, folder):
    """Cell Ranger's three files; the matrix packed in several parts, as bgzip packs it."""
    matrix, genes, names = mtx_parts(adata)
    folder.mkdir()
    parts = [gzip.compress(matrix[at : at + 1500], mtime=0) for at in range(0, len(matrix), 1500)]
    (folder / "matrix.mtx.gz").write_bytes(b"".join(parts))
    (folder / "features.tsv.gz").write_bytes(gzip.compress(genes, mtime=0))
    (folder / "barcodes.tsv.gz").write_bytes(gzip.compress(names, mtime=0))


def write_alevin_folder(adata, folder):
    """Cells in rows, values in no order."""
    matrix, _, names = mtx_parts(adata, cells_in_rows=True, shuffled=True)
    folder.mkdir()
    (folder / "quants_mat.mtx").write_bytes(matrix)
    (folder / "quants_mat_cols.txt").write_text("".join(f"{name}\n" for name in adata.var_names))
    (folder / "quants_mat_rows.txt").write_bytes(names)


def write_zip(adata, path):
    """The folder as an archive, which a page reads alone."""
    matrix, genes, names = mtx_parts(adata)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("sample/matrix.mtx", matrix)
        archive.writestr("sample/genes.tsv", genes)
        archive.writestr("sample/barcodes.tsv", names)
        archive.writestr("__MACOSX/sample/._matrix.mtx", b"\0")


def write_table(adata, path):
    frame = pd.DataFrame(adata.X.toarray().astype(int), index=adata.obs_names, columns=adata.var_names)
    path.write_bytes(gzip.compress(frame.T.to_csv(sep="\t").encode(), mtime=0))


FORMATS = {
    "layers.h5ad": write_layers,
    "csc.h5ad": write_csc,
    "dense.h5ad": write_dense,
    "unsorted.h5ad": write_unsorted,
    "anndata-0.6.h5ad": write_old,
    "anndata-0.7.h5ad": write_07,
    "nullable.h5ad": write_nullable,
    "cell-ranger-2.h5": write_tenx(2),
    "cell-ranger-3.h5": write_tenx(3),
    "cell-ranger": write_mtx_folder,
    "alevin": write_alevin_folder,
    "folder.zip": write_zip,
    "genes-in-rows.txt.gz": write_table,
}


def described(path):
    """What is read of a dataset."""
    with silence():
        dataset = open_dataset(path)
        try:
            return _described(dataset)
        finally:
            dataset.close()


def _described(dataset):
    matrices = {}
    for matrix in dataset.matrices:
        block = sparse.csr_matrix(matrix.rows[0 : dataset.cells])
        block.sum_duplicates()
        block.eliminate_zeros()
        kept = block.toarray().astype(float)
        matrices[matrix.name] = {"dtype": matrix.rows.dtype.name, "rows": [[exact(v) for v in row] for row in kept]}
    obs = {
        str(label): [str(value) for value in column.tolist()]
        for label, column in dataset.obs().items()
        if column.dtype == "category" or column.dtype.kind not in "biuf"
    }
    columns = [{"label": c.label, "isText": c.is_text, "texts": c.texts()} for c in dataset.var.columns]
    return {
        "cells": [str(name) for name in dataset.cell_names()],
        "genes": list(dataset.var.index),
        "columns": columns,
        "obs": obs,
        "notes": list(dataset.notes),
        "matrices": matrices,
    }


def exact(value):
    """Return a number as JSON has it; text for what it has not."""
    if not np.isfinite(value):
        return str(value)
    return int(value) if value % 1 == 0 else value


TABLES = {
    "commas, cells in rows": ",CD3D,LYZ\nAAACCTGAGTTT-1,1,0\nAAACCTGAGTTC-1,0,2.5\n",
    "genes in rows": "gene\tc1\tc2\nCD3D\t1\t0\nLYZ\t0\t3\n",
    "R's write.table": '"c1" "c2"\n"CD3D" 1 0\n"LYZ" 0 3\n',
    "columns of text": "gene_id,gene_name,c1,c2\nENSG00000167286,CD3D,1,0\nENSG00000090382,LYZ,0,3\n",
    "numbers name the rows": "cell,CD3D,LYZ\n1,4,0\n2,0,5\n",
    "no names of rows": "CD3D,LYZ\n4,0\n0,5\n",
    "a separator at the end": ",A,B,\nx,1,2,\ny,0,2,\n",
    "decimal commas": "g;a;b\nCD3D;1,5;0\nLYZ;0;7,25\n",
    "thousands or fractions": "g;a;b\nCD3D;1,234;2,345\nLYZ;1,000;7\n",
    "lines of # before": "# made by\n# somebody, once\n,A,B\nx,1,2\ny,3,4\n",
    "names in a line of #": "#g,a,b\nCD3D,1,2\nLYZ,3,4\n",
    "GCT": "#1.2\n2\t2\nNAME\tDescription\ta\tb\nCD3D\tna\t1\t2\nLYZ\tna\t0\t4\n",
    "blanks": "g  a b\nCD3D 1   0\nLYZ 0 3\n",
    "quotes": 'g,"a,1","b ""2"""\n"CD3D",1,0\n"LY\nZ",0,"3"\n',
    "Windows": "g,a,b\r\nCD3D,1,2\r\nLYZ,0,4\r\n",
    "old Mac": "g,a,b\rCD3D,1,2\rLYZ,0,4\r",
    "no end of the last line": "g,a,b\nCD3D,1,2\nLYZ,0,4",
    "empty lines": "\n\ng,a,b\n\nCD3D,1,2\n  \nLYZ,0,4\n\n",
    "labels that are not known": "cell,type,donor,CD3D,LYZ\nx,NA,d1,1,0\ny,T cell,,0,3\nz,N/A,d2,2,2\n",
    "a gene called NA": "g,name,a,b\nENSG00000167286,NA,1,0\nENSG00000090382,LYZ,0,3\n",
    "genes that have no name": "g,gene_name,a,b\nENSG00000167286,NA,1,0\nENSG00000090382,NA,0,3\nENSG1,LYZ,2,2\n",
    "missing": "g,a,b\nCD3D,NA,2\nLYZ,,4\n",
    "missing in the last": "g,a,b\nCD3D,1,2\nLYZ,0,NA\n",
    "powers and signs": "g,a,b\nCD3D,1e3,-2\nLYZ,+4.50, 7 \n",
    "infinite": "g,a,b\nCD3D,inf,2\nLYZ,0,-Infinity\n",
    "many digits": "g,a,b\nCD3D,0.1234567890123456789,12345678901234567890\nLYZ,0.30000000000000004,4\n",
    "a text among the numbers": "g,a,b\nCD3D,1,2\nLYZ,0,abc\n",
    "a text, and a short line": "g,a,b\nCD3D,1\nLYZ,0,abc\n",
    "a short line": "g,a,b\nCD3D,1,2\nLYZ,0\n",
    "a first row that is too long": "g,a,b\nCD3D,1,2,3\nLYZ,0,3\nNKG7,1,1\n",
    "a long line": "g,a,b\nCD3D,1,2\nLYZ,0,3,4\n",
    "more behind the last separator": ",A,B,\n" + "x,1,2,\n" * 6 + "z,1,2,3\n",
    "a header that is too short": "a\nCD3D,1,2\nLYZ,0,3\n",
    "one line": "g,a,b\n",
    "one word": "hello\nthere\n",
    "no names": "1.5,2.5\n3.5,4.5\n",
    "text alone": "g,a\nx,y\nz,w\n",
    "the longer axis": "n,a,b,c\nx,1,2,3\ny,1,2,3\n",
    "a byte of 0": "g,a,b\nCD3D,1,\0\nLYZ,0,3\n",
    "semicolons and commas": "g;a,1;b,2\nCD3D;1;2\nLYZ;3;4\n",
    "names of Excel": "g,a,b\n7-Sep,1,2\nCD3D,3,4\n",
}
BYTES = {
    "UTF-16": ("﻿g\ta\tµ\nCD3D\t1\t2\nLYZ\t0\t4\n").encode("utf-16-le"),
    "UTF-16, big-endian": ("﻿g\ta\tµ\nCD3D\t1\t2\nLYZ\t0\t4\n").encode("utf-16-be"),
    "UTF-8 with a mark": "g,a,µ\nCD3D,1,2\nLYZ,0,4\n".encode("utf-8-sig"),
    "gzip": gzip.compress(b"g,a,b\nCD3D,1,2\nLYZ,0,4\n", mtime=0),
    "gzip, cut short": gzip.compress(b"g,a,b\n" + b"CD3D,1,2\nLYZ,0,4\n" * 50, mtime=0)[:-20],
    "bzip2": b"BZh91AY&SY" + bytes(20),
    "empty": b"",
}
AXES = {
    "symbols": ["CD3D", "LYZ", "MS4A1", "HLA-A"],
    "ids": ["ENSG00000167286", "ENSG00000090382.5", "ENSMUSG00000000001"],
    "barcodes": ["AAACCTGAGTTTAGC-1", "AAACCTGAGTTTAGG-1"],
    "a counter": ["cell1", "cell2", "cell3"],
    "a counter of genes": ["gene1", "gene2", "gene3"],
    "another counter": ["donor_1", "donor_2", "donor_3"],
    "wells": ["A1", "A2", "H12"],
    "fly and worm": ["FBgn0000001", "WBGene00000001", "YAL001C", "AT1G01010"],
    "mouse": ["Gm1992", "0610007P14Rik", "Rps3a1", "Xkr4"],
    "nothing": [],
}


@pytest.mark.parametrize("case", CASES["formats"], ids=[case["name"] for case in CASES["formats"]])
def test_python_reads_what_the_case_says(case, tmp_path):
    path = FOLDER / case["name"]
    if path.suffix == ".zip":
        with pytest.raises(DataError, match="is an archive"):
            open_dataset(path)
        return
    if path.suffix in (".h5", ".h5ad"):  # kept packed: HDF5 is mostly zeros where there is little in it
        (tmp_path / path.name).write_bytes(gzip.decompress(path.with_name(f"{path.name}.gz").read_bytes()))
        path = tmp_path / path.name
    assert shortened(described(path)) == case["answer"]


@pytest.mark.parametrize("case", CASES["tables"], ids=[case["name"] for case in CASES["tables"]])
def test_python_reads_the_table_of_the_case(case, tmp_path):
    assert table_answer(base64.b64decode(case["bytes"]), tmp_path) == case["answer"]


@pytest.mark.parametrize("case", CASES["names"], ids=[case["name"] for case in CASES["names"]])
def test_names_look_like_genes_as_in_the_case(case):
    assert gene_score(case["names"]) == pytest.approx(case["score"])


def table_answer(content, folder):
    path = folder / "in.csv"
    path.write_bytes(content)
    try:
        return described(path)
    except DataError as error:
        return {"refused": str(error).replace(str(path), "in.csv")}


def shortened(answer):
    """Say nothing twice: a matrix that is as another is named by it."""
    held = {}
    for name, matrix in answer["matrices"].items():
        rows = json.dumps(matrix["rows"])
        if rows in held:
            matrix["rows"] = held[rows]
        held.setdefault(rows, name)
    return answer


def make(folder):
    """Write the files, and what is read of them."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    adata, formats = cells(), []
    for name, write in FORMATS.items():
        with silence():
            write(adata, FOLDER / name)
        read = folder / "sample" if name.endswith(".zip") else FOLDER / name
        if name.endswith(".zip"):
            shutil.unpack_archive(FOLDER / name, folder)
        formats.append({"name": name, "answer": shortened(described(read))})
        if read.suffix in (".h5", ".h5ad"):
            read.with_name(f"{name}.gz").write_bytes(gzip.compress(read.read_bytes(), mtime=0))
            read.unlink()
    contents = {name: text.encode() for name, text in TABLES.items()} | BYTES
    tables = [
        {"name": name, "bytes": base64.b64encode(content).decode(), "answer": table_answer(content, folder)}
        for name, content in contents.items()
    ]
    names = [{"name": name, "names": axis, "score": gene_score(axis)} for name, axis in AXES.items()]
    whole = {"formats": formats, "tables": tables, "names": names}
    lines = [
        f'"{part}":[\n' + ",\n".join(json.dumps(case, separators=(",", ":")) for case in some) + "\n]"
        for part, some in whole.items()
    ]
    FILE.write_text("{" + ",\n".join(lines) + "}\n", encoding="utf-8")


if __name__ == "__main__":
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as scratch:
        make(Path(scratch))
