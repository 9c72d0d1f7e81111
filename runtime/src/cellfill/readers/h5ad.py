"""AnnData in HDF5: rows come straight from the file."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

from cellfill.readers.dataset import Dataset
from cellfill.readers.failures import reading
from cellfill.readers.hdf5_file import open_hdf5
from cellfill.readers.legacy import is_old, old_dataset
from cellfill.readers.remote import Source
from cellfill.readers.store import store_dataset


def open_h5ad(path: Path) -> Dataset:
    """Open an ``.h5ad`` file; one of anndata before 0.7 is read into memory.

    Raises
    ------
    DataError
        When it is not an AnnData file, is damaged, or parts of it lie in other files.
    MissingDependencyError
        When h5py is not installed, or anndata, which reads what is old or unusual.
    """
    with reading(path, ".h5ad"), ExitStack() as stack:
        file = stack.enter_context(open_hdf5(path))
        dataset = dataset_in_h5ad(file, path)
        if dataset.format == "h5ad":  # what is old is in memory
            stack.pop_all()
        return dataset


def dataset_in_h5ad(file: Any, path: Source) -> Dataset:
    """Return the dataset of an opened file.

    Raises
    ------
    Exception
        Whatever h5py and anndata raise.
    """
    if is_old(file):
        return old_dataset(file, path=path, kind=".h5ad")
    return store_dataset(file, path=path, form="h5ad", close=file.close)
