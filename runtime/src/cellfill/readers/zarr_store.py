"""AnnData in a zarr store, version 2 or 3, a folder or a ``.zarr.zip``."""

from __future__ import annotations

from pathlib import Path

from cellfill.dataset import Dataset
from cellfill.readers.failures import reading, require, silence
from cellfill.readers.store import store_dataset


def open_zarr(path: Path) -> Dataset:
    """Open a zarr store; rows come straight from it.

    Raises
    ------
    DataError
        When it does not hold an AnnData, or is damaged.
    MissingDependencyError
        When anndata or zarr is not installed.
    """
    zarr = require("zarr", extra="zarr", purpose="Reading .zarr")
    require("anndata", extra="zarr", purpose="Reading .zarr")
    with reading(path, ".zarr"), silence():
        store = zarr.storage.ZipStore(str(path), mode="r") if path.is_file() else None
        root = zarr.open_group(str(path) if store is None else store, mode="r")
        return store_dataset(root, path=path, form="zarr", close=(lambda: None) if store is None else store.close)
