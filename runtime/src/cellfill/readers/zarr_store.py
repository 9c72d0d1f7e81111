"""AnnData in a zarr store, version 2 or 3, a folder or a ``.zarr.zip``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from cellfill.readers.dataset import Dataset
from cellfill.readers.failures import reading, require, silence
from cellfill.readers.legacy import is_old, old_dataset
from cellfill.readers.remote import Source
from cellfill.readers.store import store_dataset
from cellfill.readers.zarr_files import check_store


def open_zarr(path: Path) -> Dataset:
    """Open a zarr store; rows come straight from it. One of anndata before 0.7 is read into memory.

    Raises
    ------
    DataError
        When it does not hold an AnnData, is damaged, or leads out of itself.
    MissingDependencyError
        When anndata or zarr is not installed.
    """
    zarr = require("zarr", extra="zarr", purpose="Reading .zarr")
    require("anndata", extra="zarr", purpose="Reading .zarr")
    with reading(path, ".zarr"), silence():
        check_store(path)
        store = zarr.storage.ZipStore(str(path), mode="r") if path.is_file() else None
        root = open_group(str(path) if store is None else store, mode="r")
        return dataset_in_zarr(root, path, close=(lambda: None) if store is None else store.close)


def dataset_in_zarr(root: Any, path: Source, *, close: Callable[[], None] = lambda: None) -> Dataset:
    """Return the dataset of an opened store.

    Raises
    ------
    Exception
        Whatever zarr and anndata raise.
    """
    if is_old(root):
        return old_dataset(root, path=path, kind=".zarr")
    return store_dataset(root, path=path, form="zarr", close=close)


def open_group(store: Any, *, mode: str) -> Any:
    """Open a zarr group by its own files: metadata that were gathered once may hide, or belie, what they say."""
    import zarr

    options: dict[str, Any] = {"use_consolidated": False} if hasattr(zarr, "AsyncGroup") else {}
    return zarr.open_group(store, mode=mode, **options)
