"""Readers: any single-cell format as one kind of dataset, by rows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from cellfill.options.shared import Orientation
from cellfill.readers.dataset import Dataset, Format
from cellfill.readers.detect import detect
from cellfill.readers.failures import reading
from cellfill.readers.identity import Identity
from cellfill.readers.memory import dataset_of
from cellfill.readers.remote import Remote, source_of

__all__ = ["Orientation", "dataset_of", "detect", "open_dataset"]


def open_dataset(path: str | Path | Remote, *, orientation: Orientation = "auto") -> Dataset:
    """Open a dataset of any format that cellfill reads; the format is found by the content.

    ``.h5ad``, ``.zarr``, 10x ``.h5`` and ``.loom`` stay in the file, and rows are read as they are asked for
    (CSC excepted, which is converted in memory); 10x folders and text are read into memory, sparse.
    At a URL ``.h5ad``, ``.zarr`` and 10x ``.h5`` are read the same way.

    Parameters
    ----------
    path
        A file or folder, or the text of a URL: ``http``, ``https``, ``s3``, ``gs``, or ``memory``, fsspec's of
        this process.
    orientation
        What the rows of a text table are; found by the names if not given. Other formats say so themselves.

    Raises
    ------
    DataNotFoundError
        When there is nothing there.
    DataError
        When it is of no known format, or damaged. Reading rows of it may raise it too.
    UsageError
        When it is a URL that is not followed.
    MissingDependencyError
        When the extra for the format is not installed.
    """
    source = source_of(path)
    if isinstance(source, Remote):
        from cellfill.readers.remote_dataset import open_remote

        return open_remote(source)
    form = detect(source)
    with reading(source, "data"):
        identity = Identity(source, form)
    try:
        dataset = _open(source, form, orientation=orientation)
    except BaseException:
        identity.release()
        raise

    def close() -> None:
        dataset.close()
        identity.release()

    return replace(dataset, close=close, unchanged=identity.check)


def _open(source: Path, form: Format, *, orientation: Orientation) -> Dataset:
    match form:
        case "zarr":
            from cellfill.readers.zarr_store import open_zarr

            return open_zarr(source)
        case "10x-h5":
            from cellfill.readers.tenx_h5 import open_10x_h5

            return open_10x_h5(source)
        case "10x-mtx":
            from cellfill.readers.tenx_mtx import open_10x_mtx

            return open_10x_mtx(source)
        case "loom":
            from cellfill.readers.loom import open_loom

            return open_loom(source)
        case "table":
            from cellfill.readers.table import open_table

            return open_table(source, orientation=orientation)
        case _:
            from cellfill.readers.h5ad import open_h5ad

            return open_h5ad(source)
