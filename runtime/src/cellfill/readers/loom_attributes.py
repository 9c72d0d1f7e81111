"""What a loom file says of its genes or cells: columns, and arrays or frames of several columns.

Before loom 3 texts were ASCII, and other letters written as in XML (``&#252;``); loompy reads both as text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import unescape
from typing import Any

import numpy as np

from cellfill.readers.tenx_h5 import texts

_NUMBERS = "biufc"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attributes:
    """The attributes of one axis, by how many values each holds for a gene or cell.

    Attributes
    ----------
    columns
        Those of one.
    matrices
        Those of several: numbers in a second axis, or the fields of a compound.
    left_out
        Names of those that are neither.
    """

    columns: Mapping[str, Any]
    matrices: Mapping[str, Any]
    left_out: tuple[str, ...]


def sort_attributes(group: Any) -> Attributes:
    """Sort the attributes of an axis; nothing of them is read."""
    found = dict(_flattened(group))
    columns = {name: a for name, a in found.items() if a.ndim == 1 and _is_plain(a.dtype)}
    matrices = {name: a for name, a in found.items() if name not in columns and _is_matrix(a)}
    left_out = tuple(name for name in found if name not in columns and name not in matrices)
    return Attributes(columns=columns, matrices=matrices, left_out=left_out)


def read_column(attribute: Any, length: int) -> Any:
    """Return the values of a column.

    Raises
    ------
    ValueError
        When they are not as many as there are genes or cells.
    """
    _check(attribute, length)
    if attribute.dtype.kind not in "SO":
        return attribute[:]
    return np.array([unescape(text) for text in texts(attribute)], dtype=object)


def read_matrix(attribute: Any, names: Any) -> Any:
    """Return an array, or the fields of a compound as a data frame.

    Raises
    ------
    ValueError
        When its rows are not as many as there are names.
    """
    _check(attribute, len(names))
    if attribute.dtype.names is None:
        return attribute[:]
    import pandas as pd

    values = attribute[:]
    fields = {field: _field(values[field]) for field in attribute.dtype.names}
    return pd.DataFrame(fields, index=pd.Index(names, dtype=object))


def read_graphs(group: Any, length: int) -> dict[str, Any]:
    """Return the graphs of an axis, as square sparse matrices.

    Raises
    ------
    ValueError, KeyError
        When an edge is of none of the genes or cells, or parts are absent.
    """
    from scipy.sparse import coo_matrix

    return {
        name: coo_matrix(
            (group[name]["w"][:], (group[name]["a"][:], group[name]["b"][:])), (length, length)
        ).tocsr()
        for name in group
    }


def read_about(file: Any) -> dict[str, Any]:
    """Return what a loom file says of itself: texts and numbers, in ``attrs`` or, before loom 3, at the root."""
    group = file.get("attrs", {})
    found = dict(file.attrs) | {name: group[name][()] for name in group if group[name].ndim == 0}
    return {name: v.decode() if isinstance(v, bytes) else v for name, v in found.items() if _is_one(v)}


def _is_one(value: Any) -> bool:
    return isinstance(value, str | bytes) or (getattr(value, "shape", None) == () and value.dtype.kind in _NUMBERS)


def _flattened(group: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name in group:
        if hasattr(group[name], "keys"):
            yield from _flattened(group[name], f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", group[name]


def _is_matrix(attribute: Any) -> bool:
    dtype = attribute.dtype
    if dtype.names is None:
        return attribute.ndim == 2 and dtype.kind in _NUMBERS
    return attribute.ndim == 1 and all(dtype[f].shape == () and _is_plain(dtype[f]) for f in dtype.names)


def _is_plain(dtype: Any) -> bool:
    """Return whether values are numbers or text; objects may be references or lists, too."""
    import h5py

    return dtype.kind in _NUMBERS or dtype.kind == "S" or h5py.check_string_dtype(dtype) is not None


def _field(values: Any) -> Any:
    if values.dtype.kind in "SO":
        return [unescape(v.decode() if isinstance(v, bytes) else str(v)) for v in values.tolist()]
    return values


def _check(attribute: Any, length: int) -> None:
    if attribute.shape[0] != length:
        raise ValueError(f"{attribute.name} has {attribute.shape[0]} values, not {length}")
