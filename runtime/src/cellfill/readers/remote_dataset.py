"""A dataset at a URL, by the readers of its format."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace

from cellfill.readers.dataset import Dataset
from cellfill.readers.failures import reading, require, silence
from cellfill.readers.remote import Remote
from cellfill.readers.remote_files import Place, RemoteIdentity


def open_remote(remote: Remote) -> Dataset:
    """Open a dataset at a URL; rows are asked for as they are needed.

    Whether it was changed meanwhile is told by what its server says of the file: size, version, time. Of a zarr
    store that is the file of its metadata alone.

    Raises
    ------
    DataNotFoundError
        When there is nothing there.
    DataError
        When it cannot be read, or not from afar.
    MissingDependencyError
        When fsspec, the package of the protocol or that of the format is not installed.
    """
    with reading(remote, f".{remote.format}"), silence(), ExitStack() as stack:
        dataset, identity = _open_zarr(remote, stack) if remote.format == "zarr" else _open_hdf5(remote, stack)
        close = stack.pop_all().close
        return replace(dataset, close=close, unchanged=identity.check, remote=remote)


def _open_hdf5(remote: Remote, stack: ExitStack) -> tuple[Dataset, RemoteIdentity]:
    from cellfill.readers.h5ad import dataset_in_h5ad
    from cellfill.readers.hdf5_file import open_hdf5
    from cellfill.readers.tenx_h5 import dataset_in_10x_h5

    place = Place(remote)
    stack.callback(place.close)
    identity = RemoteIdentity(place)
    held = stack.enter_context(place.file())
    file = stack.enter_context(open_hdf5(remote, bytes_of=held))
    read = dataset_in_h5ad if remote.format == "h5ad" else dataset_in_10x_h5
    return read(file, remote), identity


def _open_zarr(remote: Remote, stack: ExitStack) -> tuple[Dataset, RemoteIdentity]:
    require("zarr", extra="zarr", purpose="Reading .zarr")
    require("anndata", extra="zarr", purpose="Reading .zarr")
    from cellfill.readers.remote_metadata import gathered
    from cellfill.readers.remote_store import remote_store
    from cellfill.readers.zarr_store import dataset_in_zarr, open_group

    place = Place(remote)
    stack.callback(place.close)
    identity, files = gathered(place)
    store = remote_store(place, files)
    stack.callback(store.close)
    return dataset_in_zarr(open_group(store, mode="r"), remote), identity
