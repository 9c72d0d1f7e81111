"""Write the cells as Muon.jl lays them out, with h5py: Julia itself was not at hand, so this is an imitation.

HDF5.jl writes text attributes of one value with a fixed length, and text of many values with a variable one.

Usage: python make_imitations.py FOLDER
"""

import sys
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import scipy.sparse
import truth

TEXT = h5py.string_dtype()


def say(element, **words):
    """Set attributes, text of fixed length."""
    for word, value in words.items():
        name = word.replace("_of_", "-").replace("index", "_index")
        raw = value.encode() if isinstance(value, str) else None
        fixed = None if raw is None else h5py.string_dtype("utf-8", len(raw) + 1)
        element.attrs.create(name, value if raw is None else np.array(raw, fixed), dtype=fixed)


def encoded(element, kind, version):
    """Say how an element is encoded."""
    say(element, encoding_of_type=kind, encoding_of_version=version)


def write(place, name, values):
    """Write one column."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        group = place.create_group(name)
        encoded(group, "categorical", "0.2.0")
        group.attrs["ordered"] = False
        encoded(group.create_dataset("codes", data=values.cat.codes.values), "array", "0.2.0")
        names = group.create_dataset("categories", data=list(values.cat.categories), dtype=TEXT)
        encoded(names, "string-array", "0.2.0")
    elif values.dtype.kind in "biuf":
        encoded(place.create_dataset(name, data=values.values), "array", "0.2.0")
    else:
        encoded(place.create_dataset(name, data=list(values), dtype=TEXT), "string-array", "0.2.0")


def frame(file, name, values):
    """Write a data frame."""
    group = file.create_group(name)
    encoded(group, "dataframe", "0.2.0")
    say(group, index="_index")
    group.attrs.create("column-order", list(values.columns), dtype=TEXT)
    write(group, "_index", values.index.to_series())
    for label in values:
        write(group, label, values[label])


def main(folder):
    """Write one file."""
    with h5py.File(Path(folder) / "muon_jl_imitated.h5ad", "w") as file:
        encoded(file, "anndata", "0.1.0")
        group = file.create_group("X")
        encoded(group, "csr_matrix", "0.1.0")
        counts = scipy.sparse.csr_matrix(truth.counts())
        group.attrs["shape"] = np.array(counts.shape)
        for part in ("data", "indices", "indptr"):
            group[part] = getattr(counts, part).astype("int64")
        frame(file, "obs", truth.cells())
        frame(file, "var", truth.genes())
        for name in ("obsm", "varm", "layers", "obsp", "varp", "uns"):
            encoded(file.create_group(name), "dict", "0.1.0")
        encoded(file["obsm"].create_dataset("X_pca", data=truth.coordinates()), "array", "0.2.0")
        encoded(file["varm"].create_dataset("PCs", data=truth.loadings()), "array", "0.2.0")
        encoded(file["uns"].create_dataset("title", data="twelve cells", dtype=TEXT), "string", "0.2.0")


main(*sys.argv[1:])
