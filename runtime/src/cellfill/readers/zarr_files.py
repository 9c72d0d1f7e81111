"""The files of a zarr store, looked at before zarr opens any: a stranger's store is a folder with anything in it.

Refused are links that lead out of it, what is no file, and codecs that do more than change bytes.
"""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from cellfill.errors import DataError
from cellfill.readers.remote import Source

# What describes a group or array; whatever else lies in a store is chunks.
METADATA = (".zarray", ".zgroup", ".zattrs", ".zmetadata", "zarr.json")
_OF_ARRAYS = (".zarray", ".zmetadata", "zarr.json")
_SMALL = (".zarray", ".zgroup")
_MOST_OF_ONE = 1 << 20  # bytes of what describes one group or array, and nothing else
MOST_METADATA = 64 << 20  # bytes of one file with attributes, or of what was gathered
_MOST_TOGETHER = 128 << 20
_MOST_BRACKETS = 2 << 20  # of all together: nothing of so few bytes takes Python as long
# Codecs of zarr 2 and 3 that turn numbers or text into bytes and back. Others may run code (pickle), build any
# object (msgpack2), or come from a package that is found by its name. JSON is how anndata 0.6 stored text.
CODECS = frozenset(
    {
        *("blosc", "bz2", "gzip", "lz4", "lzma", "zlib", "zstd", "pcodec", "zfpy"),
        *("adler32", "crc32", "crc32c", "fletcher32", "jenkins_lookup3"),
        *("astype", "bitround", "delta", "fixedscaleoffset", "packbits", "quantize", "shuffle"),
        *("bytes", "endian", "sharding_indexed", "transpose", "vlen-bytes", "vlen-utf8", "json2"),
        *("cast_value", "scale_offset"),
    }
)
_OF_NUMCODECS = "numcodecs."  # before the names of zarr 2's codecs in zarr 3
_SHOWN = 60  # characters of a name in a message


def check_store(path: Path) -> None:
    """Refuse a store that leads out of itself, or whose codecs may do more than change bytes.

    Parameters
    ----------
    path
        A folder, or a ``.zarr.zip``.

    Raises
    ------
    DataError
        When it does, or its metadata are larger than those of any data.
    """
    check_metadata(_zipped(path) if path.is_file() else _stored(path), path)


def check_metadata(files: Iterable[tuple[str, bytes]], path: Source) -> None:
    """Refuse metadata that are larger than those of any data, damaged, or name odd codecs.

    Parameters
    ----------
    files
        Names and contents.
    path
        Of the store, as messages name it.

    Raises
    ------
    DataError
        When they do.
    """
    read = brackets = 0
    for name, content in files:
        read += len(content)
        brackets += content.count(b"[") + content.count(b"{")
        if len(content) > _most(name) or read > _MOST_TOGETHER or brackets > _MOST_BRACKETS:
            raise DataError(
                f"{path} is not read: its metadata are larger than those of any data (up to {_shown(name)}). Write "
                "it again with anndata where it was made."
            )
        if not name.endswith(_OF_ARRAYS):
            continue
        try:
            said = json.loads(content)
        except (ValueError, RecursionError) as error:
            raise DataError(
                f"{path} cannot be read as .zarr: {_shown(name)} is no JSON that any data need. It is damaged or "
                "cut short: fetch it again."
            ) from error
        odd = next((codec for codec in codecs_of(said) if codec not in CODECS), None)
        if odd is not None:
            raise DataError(
                f"{path} is not read: {_shown(name)} asks for the codec {odd[:_SHOWN]!r}, which is not one of "
                "those that only pack numbers and text. If you trust it, write it again with anndata, with zstd."
            )


def codecs_of(said: Any) -> Iterator[str]:
    """Yield the names of all codecs in the metadata of an array or of a whole store, however deep.

    Parameters
    ----------
    said
        The JSON of a ``.zarray``, ``.zmetadata`` or ``zarr.json``.
    """
    waiting = [said]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += value
        elif isinstance(value, dict):
            for key, part in value.items():
                if key in ("compressor", "filters", "codecs", "index_codecs", "storage_transformers"):
                    yield from map(_name, part if isinstance(part, list) else [part] if part is not None else [])
                if key != "attributes" and not key.endswith(".zattrs"):  # what people wrote themselves
                    waiting.append(part)


def _name(codec: Any) -> str:
    """Return what a codec is called: zarr 2 says ``id``, zarr 3 ``name``, or the name alone."""
    named = codec if isinstance(codec, str) else None
    if isinstance(codec, dict):
        named = codec.get("id", codec.get("name"))
    return str(named).removeprefix(_OF_NUMCODECS)


def _most(name: str) -> int:
    """Return how many bytes a file of metadata may have."""
    return _MOST_OF_ONE if name.endswith(_SMALL) else MOST_METADATA


def _shown(name: str) -> str:
    return ascii(name)[1:-1]


def _stored(root: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the metadata of a folder; refuse what leads out of it. A chunk costs a few microseconds."""
    home = root.resolve()
    folders = [str(home)]
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in entries:
                is_link = entry.is_symlink()
                if not is_link and entry.is_dir():
                    folders.append(entry.path)
                elif is_link or entry.name in METADATA or not entry.is_file():
                    place = Path(entry.path)
                    name = str(place.relative_to(home))
                    if is_link:
                        _check_link(root, home, place, name)
                    elif not entry.is_file():
                        raise DataError(f"{root} is not read: {_shown(name)} is neither a file nor a folder.")
                    if entry.name in METADATA:
                        with place.open("rb") as file:
                            yield name, file.read(_most(name) + 1)


def _check_link(root: Path, home: Path, place: Path, name: str) -> None:
    """Refuse a link unless it names a file of the same store."""
    target = Path(os.path.realpath(place))
    if not (target.is_relative_to(home) and target.is_file()):
        raise DataError(
            f"{root} is not read: {_shown(name)} is a link that leads out of it or round in a circle, and "
            "cellfill reads no file that nobody named. If you trust it, copy it without links: cp -rL."
        )


def _zipped(path: Path) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(path) as archive:
        for name in set(archive.namelist()):
            if name.rsplit("/", 1)[-1] in METADATA:
                with archive.open(name) as file:
                    yield name, file.read(_most(name) + 1)


def zarr_files(array: Any) -> int:
    """Return the number of files that hold an array's chunks."""
    if not hasattr(array, "_async_array"):  # zarr 2 lists them itself
        return int(array.nchunks_initialized)
    from zarr.core.sync import sync

    async def count() -> int:
        keys = [key async for key in array.store.list_prefix(f"{array.path}/")]
        return sum(key.rsplit("/", 1)[-1] not in METADATA for key in keys)

    return int(sync(count()))
