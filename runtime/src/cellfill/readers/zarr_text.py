"""Text that zarr 2 kept as JSON, as in stores of anndata 0.6: zarr 3 does not know this form any more."""

from __future__ import annotations

import importlib
import json
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_AT_ITS_END = 2  # dtype and shape, after the values of a chunk


def json_texts(group: Any, name: str) -> NDArray[Any] | str:
    """Return an array of a zarr group that is stored as JSON.

    Parameters
    ----------
    group
        As zarr 3 opened it.
    name
        Of the array, which has one axis or none.

    Raises
    ------
    ValueError
        When it is stored in another way.
    """
    numcodecs: Any = importlib.import_module("numcodecs")
    said = json.loads(_stored(group, f"{name}/.zarray"))
    shape, chunks = said["shape"], said["chunks"]
    if [codec["id"] for codec in said["filters"] or ()] != ["json2"] or len(shape) > 1:
        raise ValueError(f"{name} is not stored as JSON")
    unpack = numcodecs.get_codec(said["compressor"]).decode if said["compressor"] else bytes
    pieces = -(-shape[0] // chunks[0]) if shape else 1
    found: list[Any] = []
    for piece in range(pieces):
        found += json.loads(bytes(unpack(_stored(group, f"{name}/{piece}"))))[:-_AT_ITS_END]
    return np.array(found[: shape[0]], dtype=object) if shape else found[0]


def _stored(group: Any, key: str) -> bytes:
    from zarr.core.buffer import default_buffer_prototype
    from zarr.core.sync import sync

    found = sync(group.store.get(f"{group.path}/{key}".lstrip("/"), prototype=default_buffer_prototype()))
    if found is None:
        raise ValueError(f"{key} is absent")
    return bytes(found.to_bytes())
