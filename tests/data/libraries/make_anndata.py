"""Write the cells with the anndata that is installed: LABEL.h5ad, and LABEL.zarr.zip of each zarr format it writes.

Usage: python make_anndata.py LABEL FOLDER. README.md lists the versions that were installed.
"""

import sys
import tempfile
import warnings
import zipfile
from pathlib import Path

import anndata
import numpy as np
import scipy.sparse
import truth

warnings.simplefilter("ignore")
VERSION = tuple(int(part) for part in anndata.__version__.split(".")[:2])


def whole():
    """Return an AnnData of 20 genes, whose raw has all 30."""
    counts = truth.counts().astype("float32")
    full = anndata.AnnData(scipy.sparse.csr_matrix(counts), truth.cells(nullable=VERSION >= (0, 8)), truth.genes())
    kept = full.var["highly_variable"].values
    full.raw = full
    small = full[:, kept].copy()
    small.raw = full
    small.obsm["X_pca"] = truth.coordinates().astype("float32")
    small.varm["PCs"] = truth.loadings()[kept].astype("float32")
    small.layers["doubled"] = np.asarray(2 * counts[:, kept])
    small.uns["title"] = "twelve cells"
    small.uns["sample_colors"] = np.array(["#1f77b4", "#ff7f0e"], dtype=object)
    small.uns["neighbors"] = {"params": {"n_neighbors": 3, "method": "umap"}}
    if VERSION >= (0, 7):
        small.obsp["distances"] = scipy.sparse.csr_matrix(np.eye(12, k=1))
        small.uns["neighbors"]["distances_key"] = "distances"
    return small


def zipped(adata, path):
    """Write a zarr store as one file, in which nothing is compressed once more."""
    with tempfile.TemporaryDirectory() as folder:
        adata.write_zarr(folder + "/store", **({"chunks": None} if VERSION < (0, 7) else {}))
        files = sorted(file for file in Path(folder, "store").rglob("*") if file.is_file())
        with zipfile.ZipFile(str(path), "w") as archive:
            for file in files:
                name = str(file.relative_to(Path(folder, "store")))
                archive.writestr(zipfile.ZipInfo(name), file.read_bytes())


def main(label, folder):
    """Write the files into a folder."""
    adata, place = whole(), Path(folder)
    (adata.write_h5ad if hasattr(adata, "write_h5ad") else adata.write)(place / f"{label}.h5ad")
    if VERSION < (0, 7):  # its zarr takes no sparse matrices and ASCII only
        del adata.obs["note"]
        adata.X = adata.X.toarray()
        adata.raw = anndata.AnnData(truth.counts().astype("float32"), var=truth.genes())
    if VERSION < (0, 12):
        zipped(adata, place / f"{label}.zarr.zip")
        return
    for form in (2, 3):
        anndata.settings.zarr_write_format = form
        zipped(adata, place / f"{label}_v{form}.zarr.zip")


main(*sys.argv[1:])
