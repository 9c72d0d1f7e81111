"""What an AnnData file or store holds beside its matrices: read as far as it can be, and what cannot is said."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from cellfill.readers.encoding import (
    attribute,
    children,
    column_names,
    encoding_type,
    index_name,
    is_group,
    is_zarr_3,
)
from cellfill.readers.failures import silence
from cellfill.readers.hdf5_walk import MOST_DEPTH
from cellfill.readers.zarr_text import json_texts
from cellfill.text.reasons import reason

_MAPPINGS = ("obsm", "varm", "obsp", "varp", "uns")
_LEGACY_CATEGORIES = "__categories"  # of all columns, in one group
_PLAIN = ("", "dict")  # encodings of a group whose members can be read one by one


class Annotation:
    """Reads parts of a store, and remembers what it had to leave out.

    Parameters
    ----------
    root
        The opened file or store.

    Attributes
    ----------
    left_out
        What could not be read, and why, each once.
    """

    def __init__(self, root: Any) -> None:
        self._root = root
        self.left_out: list[str] = []

    def frame(self, part: str) -> Any:
        """Return ``obs`` or ``var``; a column that cannot be read is left out.

        Raises
        ------
        Exception
            Whatever libraries raise, where its names cannot be read or the file is damaged.
        """
        found = self._read(self._root, part, part)
        if found is _NOTHING:
            raise ValueError(f"the names of {part} cannot be read ({self.left_out.pop()})")
        if is_group(self._root[part]):
            self._unlisted(part)
        return as_text(found)

    def _unlisted(self, part: str) -> None:
        """Say what lies in a data frame and is no column, since it is not listed: anndata passes over it."""
        frame = self._root[part]
        known = {*column_names(frame), attribute(frame, "_index"), _LEGACY_CATEGORIES}
        for name in children(frame):
            if name not in known:
                self._leave_out(f"{part}[{name!r}]", "not listed in its column-order")

    def rest(self) -> Any:
        """Return all but the matrices as an AnnData in memory.

        Raises
        ------
        Exception
            Whatever libraries raise for damaged files.
        """
        import anndata

        parts = {part: self.mapping(self._root, part) for part in _MAPPINGS}
        with silence():
            return anndata.AnnData(obs=self.frame("obs"), var=self.frame("var"), **parts)

    def raw_varm(self) -> dict[str, Any]:
        """Return ``raw.varm``."""
        if "raw" not in self._root or not is_group(self._root["raw"]):
            return {}
        return self.mapping(self._root["raw"], "varm", "raw.varm")

    def one_of_uns(self, name: str) -> Any:
        """Return one entry of ``uns``; None where there is none, nothing in a mapping where it cannot be read."""
        if "uns" not in self._root or not is_group(self._root["uns"]) or name not in self._root["uns"]:
            return None
        found = self._read(self._root["uns"], name, f"uns[{name!r}]")
        return {} if found is _NOTHING else as_text(found)

    def one_of(self, part: str, name: str) -> Any:
        """Return a column of obs or a matrix of obsm; None where there is none, or none that can be read."""
        if part not in self._root or not is_group(self._root[part]) or name not in self._root[part]:
            return None
        found = self._read(self._root[part], name, f"{part}[{name!r}]")
        return None if found is _NOTHING else as_text(found)

    def mapping(self, group: Any, part: str, name: str = "") -> dict[str, Any]:
        """Return what a part of a group holds, of a group its members, of records their fields.

        Parameters
        ----------
        group, part
            Which; nothing where there is none.
        name
            As ``left_out`` names it, that of the part by default.
        """
        if part not in children(group):
            return {}
        found = self._read(group, part, name or part)
        fields = getattr(getattr(found, "dtype", None), "names", None) or ()  # anndata 0.6
        return dict(as_text(found)) if isinstance(found, Mapping) else {field: found[field] for field in fields}

    def _read(self, group: Any, key: str, name: str, above: tuple[Any, ...] = ()) -> Any:
        """Return a member of a group, or as much of it as can be read."""
        try:
            with silence():
                opened = group[key]
        except Exception as error:  # anndata, h5py and zarr raise many kinds
            if is_damage(error):
                raise
            if is_zarr_3(group):
                with suppress(Exception):  # of another form; what zarr said tells more
                    return json_texts(group, key)
            return self._leave_out(name, reason(error))
        if any(opened == other for other in above):
            return self._leave_out(name, "a link to what it is in")
        if len(above) > MOST_DEPTH:
            return self._leave_out(f"what is nested more than {MOST_DEPTH} deep", "no data are")
        if is_plain(opened):
            return self._members(opened, children(opened), name, (*above, opened))
        return self._element(opened, name, above)

    def _element(self, opened: Any, name: str, above: tuple[Any, ...]) -> Any:
        """Return an element that means something as a whole; of a data frame what can be read."""
        from anndata.io import read_elem

        is_frame = encoding_type(opened) == "dataframe"
        if is_frame:
            column_names(opened)  # refuses some
        try:
            with silence():
                return read_elem(opened)
        except Exception as error:
            if is_frame and not is_damage(error):
                return self._columns(opened, name, (*above, opened))
            # What anndata knows and cannot read is damaged.
            if type(error).__name__ != _NOT_KNOWN and not isinstance(error, NotImplementedError):
                raise
            return self._leave_out(name, reason(error))

    def _leave_out(self, name: str, why: str) -> Any:
        what = f"{name} ({why})"
        if what not in self.left_out:
            self.left_out.append(what)
        return _NOTHING

    def _columns(self, frame: Any, name: str, above: tuple[Any, ...]) -> Any:
        """Return the columns of a data frame that can be read."""
        import pandas as pd

        key = index_name(frame)
        index = self._read(frame, key, f"{name}[{key!r}]", above)
        if index is _NOTHING:
            return _NOTHING
        columns = self._members(frame, column_names(frame), name, above)
        return pd.DataFrame(columns, index=pd.Index(index, name=None if key == "_index" else key))

    def _members(self, group: Any, names: list[str], name: str, above: tuple[Any, ...]) -> dict[str, Any]:
        held = {key: self._read(group, key, f"{name}[{key!r}]", above) for key in names}
        return {key: value for key, value in held.items() if value is not _NOTHING}


_NOTHING: Any = object()
_NOT_KNOWN = "IORegistryError"  # of anndata, which keeps its class to itself


def is_damage(error: Exception) -> bool:
    """Return whether an error is of the file, not of a form that a library does not know."""
    return isinstance(error, OSError | RuntimeError) and not isinstance(error, NotImplementedError | RecursionError)


def is_plain(element: Any) -> bool:
    """Return whether it is a group of members that mean nothing together."""
    return is_group(element) and encoding_type(element) in _PLAIN and "h5sparse_format" not in element.attrs


def as_text(value: Any) -> Any:
    """Return what was read with bytes as text: R's libraries mark text as ASCII, and anndata leaves it as bytes."""
    import numpy as np
    import pandas as pd

    if isinstance(value, pd.DataFrame):
        for place, column in enumerate(value.columns):
            changed = _column_as_text(value[column])
            if changed is not None:
                value.isetitem(place, changed)
        if any(isinstance(name, bytes) for name in value.index):
            value.index = value.index.map(as_text)
        return value
    if isinstance(value, bytes):
        return value.decode(errors="backslashreplace")
    if isinstance(value, Mapping):
        return {key: as_text(part) for key, part in value.items()}
    if isinstance(value, np.ndarray) and value.dtype == object and any(isinstance(v, bytes) for v in value.flat):
        return np.array([as_text(v) for v in value.flat], dtype=object).reshape(value.shape)
    return value


def _column_as_text(column: Any) -> Any:
    """Return a column of a data frame as text, None where it stays as it is."""
    if column.dtype == "category":
        names = column.cat.categories
        if any(isinstance(name, bytes) for name in names):
            return column.cat.rename_categories([as_text(name) for name in names])
    elif column.dtype == object and any(isinstance(value, bytes) for value in column):
        return column.map(as_text)
    return None
