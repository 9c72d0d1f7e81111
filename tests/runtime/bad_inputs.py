"""Makers of data that cannot be imputed: from 20 good cells, in any format, to a file in a folder."""

import os
import shutil

import h5py
import numpy as np
import pandas as pd
from scipy import sparse

from runtime.one_dataset import FORMATS

MOUSE = ["Cd3d", "Cd79a", "Lyz2", "Nkg7", "Ms4a1", "Gnly", "Actb", "Gapdh", "Malat1", "Ptprc"]


def good(cells, folder):
    """The cells as they are."""
    cells.write_h5ad(folder / "in.h5ad")
    return folder / "in.h5ad"


def changed(change):
    """The cells, changed in place."""

    def make(cells, folder):
        change(cells)
        return good(cells, folder)

    return make


def matrix(change):
    """The cells with another X."""

    def make(cells, folder):
        cells.X = change(cells.X.copy())
        return good(cells, folder)

    return make


def one_value(value, *, dtype="float32", dense=False):
    """One value among the counts is another."""

    def change(x):
        x = x.astype(dtype)
        x.data[100] = value
        return x.toarray() if dense else x

    return matrix(change)


def only_part(cells=slice(None), genes=slice(None)):
    return lambda a, folder: good(a[cells, genes].copy(), folder)


def renamed(name):
    """Genes have other names, ``name(i)``."""
    return changed(lambda a: setattr(a, "var_names", pd.Index([name(i) for i in range(a.n_vars)], dtype=object)))


def with_ids(a):
    """The genes as `one_dataset` wants them: a column of ids."""
    a.X = sparse.csr_matrix(a.X).astype("float32")
    a.var["gene_ids"] = [f"ENSG{i:011d}" for i in range(a.n_vars)]
    return a


def written(form, damage=lambda _path: None, *, change=lambda _cells: None):
    """The cells in another format; then damaged."""

    def make(cells, folder):
        change(cells)
        path = FORMATS[form](with_ids(cells[:, :400].copy()), folder)
        damage(path)
        return path

    return make


def cut(share):
    return lambda path: path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])


def emptied(path):
    path.write_bytes(b"")


def within(name, action):
    """Damage to a file of a folder."""
    return lambda path: action(next(path.glob(name)))


def delete(path):
    shutil.rmtree(path) if path.is_dir() else path.unlink()


def hdf5(change):
    def damage(path):
        with h5py.File(path, "r+") as file:
            change(file)

    return damage


def replaced(name, value):
    """A part of an HDF5 file has other values."""

    def change(file):
        values, attributes = value(file[name][...]), dict(file[name].attrs)
        del file[name]
        file[name] = values
        file[name].attrs.update(attributes)

    return hdf5(change)


def content(data, name):
    """A file of some bytes."""

    def make(_cells, folder):
        (folder / name).write_bytes(data if isinstance(data, bytes) else data.encode())
        return folder / name

    return make


def table(change=lambda frame: frame, name="in.csv", **options):
    """The cells as text, changed."""

    def make(cells, folder):
        frame = pd.DataFrame(cells.X.toarray(), index=cells.obs_names, columns=cells.var_names)
        change(frame).to_csv(folder / name, **options)
        return folder / name

    return make


def set_value(value):
    def change(frame):
        frame = frame.astype(object)
        frame.iloc[3, 7] = value
        return frame

    return change


def link(to):
    def make(_cells, folder):
        (folder / "in.h5ad").symlink_to(to)
        return folder / "in.h5ad"

    return make


def pipe(_cells, folder):
    os.mkfifo(folder / "in.h5ad")
    return folder / "in.h5ad"


def roots_at_the_end(a):
    """Counts in most cells, their square roots in the last ones."""
    x = a.X.toarray()
    x[15:] = np.sqrt(x[15:])
    a.X = sparse.csr_matrix(x)
