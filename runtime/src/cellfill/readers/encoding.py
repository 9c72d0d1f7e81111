"""What an element of an AnnData file says of itself: attributes, decoded in this one place.

Python writes them as text, Julia and R as bytes of a fixed length or as vectors of one text.
"""

from __future__ import annotations

from collections import Counter
from typing import Any


def is_group(element: Any) -> bool:
    """Return whether it is a group, HDF5 or zarr."""
    return hasattr(element, "keys")


def is_hdf5(element: Any) -> bool:
    """Return whether it is of an HDF5 file rather than a zarr store."""
    return hasattr(element, "id")


def is_zarr_3(group: Any) -> bool:
    """Return whether a group was opened by the third version of the zarr library."""
    return hasattr(group, "_async_group")


def children(group: Any) -> list[str]:
    """Return the names in a group; zarr 3 would open all of them for it, and knows not every form."""
    if not is_zarr_3(group):
        return [str(key) for key in group]
    from zarr.core.sync import sync

    async def names() -> list[str]:
        return [name async for name in group.store.list_dir(group.path)]

    held = (name.rstrip("/") for name in sync(names()))
    return sorted(name for name in held if not name.startswith(".z") and name != "zarr.json")


def text_of(value: Any) -> str:
    """Return a stored text, whatever it is stored as.

    Raises
    ------
    ValueError
        When it is bytes that are not UTF-8, or several texts.
    """
    if isinstance(value, bytes):  # numpy's bytes, too
        return value.decode().rstrip("\0")
    if isinstance(value, str):
        return str(value)
    if hasattr(value, "shape") and value.shape:
        if value.shape != (1,):
            raise ValueError(f"{value.shape} values where one text was expected")
        return text_of(value[0])
    return str(value)


def attribute(element: Any, name: str, default: str = "") -> str:
    """Return an attribute that holds one text.

    Raises
    ------
    ValueError
        When it is no text.
    """
    value = element.attrs.get(name)
    return default if value is None else text_of(value)


def encoding_type(element: Any) -> str:
    """Return how an element is encoded, empty where it does not say."""
    return attribute(element, "encoding-type")


def encoding(element: Any) -> tuple[str, str]:
    """Return how an element is encoded, and the version of that encoding."""
    return encoding_type(element), attribute(element, "encoding-version")


def index_name(frame: Any) -> str:
    """Return which element of a stored data frame holds the names of its rows.

    Raises
    ------
    KeyError
        When it does not say.
    """
    if "_index" not in frame.attrs:
        raise KeyError(f"{frame.name} does not say what holds its names")
    return attribute(frame, "_index")


def element_names(frame: Any) -> list[str]:
    """Return the names of the columns of a stored data frame, and of what lies beside them and is not listed."""
    listed = column_names(frame)
    return [*listed, *(name for name in children(frame) if name not in listed)]


def column_names(frame: Any) -> list[str]:
    """Return the names of the columns of a stored data frame, in order.

    Raises
    ------
    ValueError
        When one occurs twice: a file of a few bytes could ask for the same values without end.
    """
    stored = frame.attrs.get("column-order", ())
    if isinstance(stored, str | bytes):
        stored = [stored]
    names = [text_of(value) for value in (stored if hasattr(stored, "__len__") else ())]  # HDF5 has empty ones
    twice = next((name for name, times in Counter(names).items() if times > 1), None)
    if twice is not None:
        raise ValueError(f"column-order of {frame.name} names {twice!r} more than once")
    return names
