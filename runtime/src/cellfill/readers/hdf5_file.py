"""Open an HDF5 file that keeps to itself: nothing of it lies in another file, and all its filters are there.

A file from a stranger may name others, by links, as raw storage or as sources of a virtual dataset; HDF5 follows
all three without a word, reads what they name as values, and writes into it.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from io import RawIOBase
from pathlib import Path
from typing import Any

from cellfill.errors import DataError, MissingDependencyError
from cellfill.readers.failures import require
from cellfill.readers.hdf5_walk import LinkOutError, objects
from cellfill.readers.remote import Source

# Of each compressed array of a file; HDF5's own 1 MiB is less than many a chunk.
CHUNK_CACHE_BYTES = 8 << 20
HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"
_FIRST_USER_BLOCK = 512  # bytes; HDF5 looks at 0, then here, then at every doubling
_LAST_USER_BLOCK = 1 << 24
_SAME_FILE = "."


def starts_as_hdf5(path: Path) -> bool:
    """Return whether a file is HDF5, also one with a user block before it, as MuData has."""
    size, place = path.stat().st_size, 0
    with path.open("rb") as file:
        while place < size and place <= _LAST_USER_BLOCK:
            file.seek(place)
            if file.read(len(HDF5_MAGIC)) == HDF5_MAGIC:
                return True
            place = place * 2 or _FIRST_USER_BLOCK
    return False


def open_hdf5(path: Source, *, bytes_of: RawIOBase | None = None) -> Any:
    """Open an HDF5 file for reading.

    Parameters
    ----------
    path
        The file; as messages name it, where its bytes are had otherwise.
    bytes_of
        Gives them then.

    Raises
    ------
    DataError
        When parts of it lie in other files, or a filter is unknown.
    MissingDependencyError
        When h5py is not installed, or hdf5plugin, where the file needs it.
    OSError
        When it cannot be opened.
    """
    h5py = require("h5py", extra="h5ad", purpose="Reading HDF5 files (.h5ad, .h5, .loom)")
    file = h5py.File(path if bytes_of is None else bytes_of, "r", rdcc_nbytes=CHUNK_CACHE_BYTES)
    try:
        check_hdf5(file, path)
    except BaseException:
        file.close()
        raise
    return file


def check_hdf5(file: Any, path: Source) -> None:
    """Refuse an opened file of which parts lie elsewhere, or whose filters are unknown; nothing of it is read.

    It costs 2 ms for a usual file, a tenth of one for every object beyond.

    Raises
    ------
    DataError
        When a link, raw storage or a virtual dataset leads to another file, groups are nested deeper than any data,
        or a filter is unknown.
    MissingDependencyError
        When hdf5plugin would know the filter.
    """
    filters: dict[int, str] = {}
    try:
        for name, dataset in objects(file, path):
            layout = dataset.get_create_plist()
            if layout.get_external_count():
                raise _elsewhere(path, name, "stored in another file")
            if any(source != _SAME_FILE for source in _sources(layout)):
                raise _elsewhere(path, name, "made of parts of other files")
            for number in range(layout.get_nfilters()):
                code, _, _, label = layout.get_filter(number)
                filters.setdefault(code, label.decode(errors="replace") or f"number {code}")
    except LinkOutError as error:
        raise _elsewhere(path, str(error), "a link into another file") from None
    _check_filters(filters, path)


def _sources(layout: Any) -> Iterator[str]:
    from h5py import h5d

    if layout.get_layout() == h5d.VIRTUAL:
        yield from (layout.get_virtual_filename(number) for number in range(layout.get_virtual_count()))


def _check_filters(filters: dict[int, str], path: Source) -> None:
    """Refuse filters that are unknown, also to hdf5plugin, which is asked where it is installed."""
    missing = _unknown(filters)
    if not missing:
        return
    names = ", ".join(missing)
    try:
        importlib.import_module("hdf5plugin")  # makes its filters known to HDF5
    except ImportError as error:
        raise MissingDependencyError(
            f"{path} is compressed in a way that HDF5 itself does not know ({names}): pip install hdf5plugin, "
            "then try again."
        ) from error
    if _unknown(filters):
        raise DataError(
            f"{path} is compressed in a way that neither HDF5 nor hdf5plugin knows ({names}): write it again "
            "where it was made, with gzip or uncompressed."
        )


def _unknown(filters: dict[int, str]) -> list[str]:
    from h5py import h5z

    return [name for code, name in filters.items() if not h5z.filter_avail(code)]


def _elsewhere(path: Source, name: str, what: str) -> DataError:
    return DataError(
        f"{path} does not hold all its data: {ascii(name)[1:-1]} is {what}, and cellfill reads and writes no file "
        "that nobody named. If you trust it, read it with anndata and write it again, as one file."
    )
