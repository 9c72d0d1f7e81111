"""What describes a zarr store at a URL: read once, from the one file in which it was gathered, and checked.

Servers of files list no folders, and a stranger's may say one thing first and another later: what was checked is
what zarr is given.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from cellfill.errors import DataError, DataNotFoundError
from cellfill.readers.remote_files import Place, RemoteIdentity
from cellfill.readers.zarr_files import MOST_METADATA, check_metadata

# Of zarr 3 the root's own file, of zarr 2 one beside it (zarr, consolidated metadata).
_GATHERED = ("zarr.json", ".zmetadata")
_SPARSE = ("csr_matrix", "csc_matrix")


def gathered(place: Place) -> tuple[RemoteIdentity, dict[str, bytes]]:
    """Return what is known of the file in which metadata are gathered, and them as the files that zarr asks for.

    Raises
    ------
    DataNotFoundError
        When there is no store.
    DataError
        When they are not gathered, damaged, larger than those of any data, or name odd codecs.
    """
    for name in _GATHERED:
        try:
            identity, content = RemoteIdentity(place, name), place.read(name, most=MOST_METADATA)
        except DataNotFoundError:
            continue
        if content is None:
            continue
        check_metadata([(name, content)], place.remote)
        files = _parts(name, json.loads(content))
        if files is None:
            raise _scattered(place)
        found = {key: json.dumps(said).encode() for key, said in files.items()}
        check_metadata(found.items(), place.remote)
        return identity, found
    if place.read(".zgroup", most=1) is not None:
        raise _scattered(place)
    raise DataNotFoundError(f"No data at {place.remote}: the server knows no zarr.json or .zmetadata there.")


def _parts(name: str, said: Any) -> dict[str, Any] | None:
    """Return what each file of a store says, by its name; None where it is not there.

    Raises
    ------
    ValueError
        When a name leads out of the store, or is none.
    """
    held = _mapping(said).get("metadata" if name == ".zmetadata" else "consolidated_metadata")
    if not isinstance(held, dict):
        return None
    if name == "zarr.json":
        held = {name: said} | {f"{key}/{name}": of for key, of in _mapping(held.get("metadata")).items()}
    for key in held:
        if any(part in ("", ".", "..") or not part.isprintable() or "\\" in part for part in key.split("/")):
            raise ValueError(f"it has a part of the name {ascii(key)[:60]}, which leads out of it")
    return {key: _alone(of) for key, of in held.items()}


def sparse_arrays(files: Mapping[str, bytes]) -> tuple[str, ...]:
    """Return how the keys of arrays begin of which no chunk is absent: what is not stored in them is no value."""
    found = []
    for key, content in files.items():
        folder, _, name = key.rpartition("/")
        said = _mapping(json.loads(content))
        attributes = _mapping(said.get("attributes")) if name == "zarr.json" else said
        if name in (".zattrs", "zarr.json") and attributes.get("encoding-type") in _SPARSE:
            found.append(f"{folder}/" if folder else "")
    return tuple(found)


def _alone(said: Any) -> Any:
    """Return what describes a group, without what is gathered in it of its parts, which may be nothing."""
    if not isinstance(said, dict):
        return said
    return {key: value for key, value in said.items() if key != "consolidated_metadata"}


def _mapping(said: Any) -> dict[str, Any]:
    return said if isinstance(said, dict) else {}


def _scattered(place: Place) -> DataError:
    return DataError(
        f"{place.remote} is not read from afar: its metadata are not gathered in one file, and a server lists no "
        "folders. Gather them where it is, zarr.consolidate_metadata(PATH), or fetch it first, and give the folder."
    )
