"""The same 40 cells in every format that is read."""

import gzip
import shutil
from importlib import metadata

import anndata
import numpy as np
import pandas as pd
import pytest
from scipy import io, sparse

VERSION_2 = {"barcodes": "barcodes", "ids": "genes", "names": "gene_names"}


def forty_cells(example):
    """40 cells and 300 genes; symbols as names, ids beside them."""
    adata = example[:40, :300].copy()
    adata.X = sparse.csr_matrix(adata.X).astype("float32")
    adata.var["gene_ids"] = [f"ENSG{i:011d}" for i in range(adata.n_vars)]
    return adata


def write_h5ad(adata, folder):
    adata.write_h5ad(folder / "in.h5ad")
    return folder / "in.h5ad"


def write_dense(adata, folder):
    dense = adata.copy()
    dense.X = adata.X.toarray()
    return write_h5ad(dense, folder)


def write_chunked(adata, folder):
    dense = adata.copy()
    dense.X = adata.X.toarray()
    dense.write_h5ad(folder / "in.h5ad", compression="gzip")
    return folder / "in.h5ad"


def write_gzip(adata, folder):
    adata.write_h5ad(folder / "in.h5ad", compression="gzip")
    return folder / "in.h5ad"


def write_csc(adata, folder):
    other = adata.copy()
    other.X = sparse.csc_matrix(adata.X)
    return write_h5ad(other, folder)


def write_zarr(version):
    def write(adata, folder):
        if version == 3 and int(metadata.version("zarr").split(".")[0]) < 3:
            pytest.skip("this zarr writes format 2 only")
        with anndata.settings.override(zarr_write_format=version):
            adata.write_zarr(folder / "in.zarr")
        return folder / "in.zarr"

    return write


def write_zarr_zip(adata, folder):
    path = write_zarr(2)(adata, folder)
    shutil.make_archive(str(path), "zip", path)
    shutil.rmtree(path)
    return folder / "in.zarr.zip"


def write_10x_h5(version):
    def write(adata, folder):
        import h5py

        path = folder / "in.h5"
        ids, names = (np.array(list(v), dtype="S") for v in (adata.var["gene_ids"], adata.var_names))
        with h5py.File(path, "w") as file:
            group = file.create_group("matrix" if version == 3 else "GRCh38")
            group["barcodes"] = np.array(list(adata.obs_names), dtype="S")
            group["data"] = adata.X.data.astype("int32")
            group["indices"] = adata.X.indices.astype("int64")
            group["indptr"] = adata.X.indptr.astype("int64")
            group["shape"] = np.array(adata.shape[::-1], dtype="int32")
            if version == 2:
                group["genes"], group["gene_names"] = ids, names
            else:
                features = group.create_group("features")
                features["id"], features["name"] = ids, names
                features["feature_type"] = np.array([b"Gene Expression"] * adata.n_vars)
                features["genome"] = np.array([b"GRCh38"] * adata.n_vars)
        return path

    return write


def write_10x_mtx(version, prefix="", *, zipped=True):
    def write(adata, folder):
        path = folder / "in"
        path.mkdir()
        ending = ".gz" if zipped else ""
        opened = gzip.open if zipped else open
        rows = [[i, n] for i, n in zip(adata.var["gene_ids"], adata.var_names, strict=True)]
        rows = [[*row, "Gene Expression"] for row in rows] if version == 3 else rows
        with opened(path / f"{prefix}{'features' if version == 3 else 'genes'}.tsv{ending}", "wb") as file:
            file.write("".join("\t".join(row) + "\n" for row in rows).encode())
        with opened(path / f"{prefix}barcodes.tsv{ending}", "wb") as file:
            file.write("".join(f"{name}\n" for name in adata.obs_names).encode())
        with opened(path / f"{prefix}matrix.mtx{ending}", "wb") as file:
            io.mmwrite(file, sparse.coo_matrix(adata.X.T.astype("int64")))
        return path

    return write


def write_loom(adata, folder):
    import h5py

    path = folder / "in.loom"
    with h5py.File(path, "w") as file:
        file.create_dataset("matrix", data=adata.X.T.toarray(), chunks=(64, 16), compression="gzip")
        file["layers/spliced"] = adata.X.T.toarray()
        file["row_attrs/Gene"] = np.array(list(adata.var_names), dtype="S")
        file["row_attrs/gene_ids"] = np.array(list(adata.var["gene_ids"]), dtype="S")
        file["col_attrs/CellID"] = np.array(list(adata.obs_names), dtype="S")
        file["col_attrs/depth"] = np.asarray(adata.X.sum(axis=1)).ravel()
        file["col_attrs/umap"] = np.zeros((adata.n_obs, 2))
    return path


def frame(adata):
    return pd.DataFrame(adata.X.toarray().astype(int), index=adata.obs_names, columns=adata.var_names)


def write_table(name, *, transposed, **options):
    def write(adata, folder):
        values = frame(adata)
        (values.T if transposed else values).to_csv(folder / name, **options)
        return folder / name

    return write


def write_r_table(adata, folder):
    """As R's write.table does: names in quotes, and none for the column of row names."""
    text = frame(adata).T.to_csv(sep=" ", quoting=2, quotechar='"')
    (folder / "in.txt").write_text(text.split(" ", 1)[1])
    return folder / "in.txt"


def write_named_table(adata, folder):
    """Genes in rows, with two columns of names."""
    values = frame(adata).T
    values.insert(0, "gene_name", values.index)
    values.index = pd.Index(adata.var["gene_ids"], name="gene_id")
    values.to_csv(folder / "in.tsv", sep="\t")
    return folder / "in.tsv"


FORMATS = {
    "h5ad": write_h5ad,
    "h5ad, dense": write_dense,
    "h5ad, dense in chunks": write_chunked,
    "h5ad, compressed": write_gzip,
    "h5ad, CSC": write_csc,
    "zarr 2": write_zarr(2),
    "zarr 3": write_zarr(3),
    "zarr.zip": write_zarr_zip,
    "10x h5, version 3": write_10x_h5(3),
    "10x h5, version 2": write_10x_h5(2),
    "10x mtx, version 3": write_10x_mtx(3),
    "10x mtx, version 2": write_10x_mtx(2, zipped=False),
    "10x mtx, version 3, not zipped, prefix": write_10x_mtx(3, "sample1_", zipped=False),
    "loom": write_loom,
    "csv, cells in rows": write_table("in.csv", transposed=False),
    "csv, genes in rows": write_table("in.csv", transposed=True),
    "csv.gz, semicolons": write_table("in.csv.gz", transposed=True, sep=";"),
    "tsv, cells in rows": write_table("in.tsv", transposed=False, sep="\t"),
    "tsv.gz, quoted": write_table("in.tsv.gz", transposed=True, sep="\t", quoting=1),
    "R's write.table": write_r_table,
}
