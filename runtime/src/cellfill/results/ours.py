"""Whether what a dataset holds is still what cellfill wrote: a person may have corrected it, or replaced it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from cellfill.results.named import Results

# Columns of obs and matrices of obsm: the part, and the name.
Places: TypeAlias = frozenset[tuple[str, str]]

WRITTEN = "written"  # the entry of a record
_PARTS = ("obs", "obsm")
_ROWS_AT_ONCE = 1 << 16


def with_digests(added: Results) -> Results:
    """Return results whose record says what columns of obs and matrices of obsm were when they were written."""
    written = {
        part: {name: digest(values) for name, values in getattr(added, part).items()}
        for part in _PARTS
        if getattr(added, part)
    }
    return replace(added, record={**added.record, WRITTEN: written}) if written else added


def unchanged(record: Mapping[str, Any], held: Callable[[str, str], Any]) -> Places:
    """Return what a record wrote and a dataset still holds as it was written.

    Parameters
    ----------
    record
        Of an earlier result.
    held
        Returns a column of obs or a matrix of obsm, by part and name; None where there is none.
    """
    same = set()
    for part in _PARTS:
        for name, was in _mapping(_mapping(record.get(WRITTEN)).get(part)).items():
            values = held(part, name)
            if values is not None and digest(values) == str(was):
                same.add((part, name))
    return frozenset(same)


def digest(values: Any) -> str:
    """Return a fingerprint of a column or a matrix, however it is stored: of numbers as float64, else of text."""
    array = np.asarray(values)
    found = hashlib.blake2b(f"{array.shape}".encode(), digest_size=16)
    text = array.dtype.kind not in "biuf"
    for start in range(0, len(array) if array.ndim else 0, _ROWS_AT_ONCE):
        rows = array[start : start + _ROWS_AT_ONCE]
        if text:
            found.update("\0".join(map(str, rows.ravel())).encode(errors="surrogatepass") + b"\0")
        else:
            found.update(np.ascontiguousarray(rows, dtype="<f8").tobytes())
    return found.hexdigest()


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
