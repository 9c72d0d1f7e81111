"""AnnData in HDF5: rows come straight from the file."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

from cellfill.dataset import Dataset
from cellfill.readers.failures import reading, require, silence
from cellfill.readers.memory import dataset_of
from cellfill.readers.store import is_group, store_dataset

# Of each compressed array of a file; HDF5's own 1 MiB is less than many a chunk.
CHUNK_CACHE_BYTES = 8 << 20


def open_h5ad(path: Path) -> Dataset:
    """Open an ``.h5ad`` file; one of anndata before 0.7 is read into memory.

    Raises
    ------
    DataError
        When it is not an AnnData file, or damaged.
    MissingDependencyError
        When h5py is not installed, or anndata, which reads what is old or unusual.
    """
    h5py = require("h5py", extra="h5ad", purpose="Reading .h5ad files")
    with reading(path, ".h5ad"), ExitStack() as stack:
        file = stack.enter_context(h5py.File(path, "r", rdcc_nbytes=CHUNK_CACHE_BYTES))
        if _is_old(file):
            anndata = require("anndata", extra="h5ad", purpose="Reading .h5ad files of old versions")
            with silence():
                return dataset_of(anndata.read_h5ad(path), path=path)
        dataset = store_dataset(file, path=path, form="h5ad", close=file.close)
        stack.pop_all()
        return dataset


def _is_old(file: Any) -> bool:
    """Return whether it is of a time before elements said how they are encoded."""
    frames = [file[part] for part in ("obs", "var") if part in file]
    if any(not is_group(frame) or "_index" not in frame.attrs for frame in frames):
        return True
    return "X" in file and is_group(file["X"]) and "encoding-type" not in file["X"].attrs
