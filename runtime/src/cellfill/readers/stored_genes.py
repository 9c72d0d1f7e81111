"""The genes of an AnnData file as HDF5 holds them, without pandas or anndata; these read what is unusual.

https://anndata.readthedocs.io/en/stable/fileformat-prose.html describes the encodings.
"""

from __future__ import annotations

import math
from typing import Any

from cellfill.gene_table import GeneColumn, GeneTable, gene_table, is_text
from cellfill.readers.failures import silence

Encoding = tuple[str, str]
_FRAME, _ARRAY, _STRINGS, _CATEGORIES = (
    ("dataframe", "0.2.0"),
    ("array", "0.2.0"),
    ("string-array", "0.2.0"),
    ("categorical", "0.2.0"),
)


class UnusualError(Exception):
    """An encoding that is left to anndata."""


def stored_genes(frame: Any) -> GeneTable:
    """Return the genes of a stored data frame, HDF5 or zarr.

    Raises
    ------
    ValueError, KeyError
        When it is damaged; HDF5, zarr and anndata may raise others.
    """
    if hasattr(frame, "id"):  # HDF5
        try:
            return _genes(frame)
        except UnusualError:
            pass
    return gene_table(_read(frame))


def stored_texts(element: Any) -> list[str]:
    """Return a stored vector of names as text."""
    if hasattr(element, "id"):
        try:
            return [str(value) for value in _values(element)[0]]
        except UnusualError:
            pass
    with silence():
        from anndata.io import read_elem

        return [str(value) for value in read_elem(element).tolist()]


def _read(frame: Any) -> Any:
    from anndata.io import read_elem

    with silence():
        return read_elem(frame)


def _genes(frame: Any) -> GeneTable:
    if _encoding(frame) != _FRAME:
        raise UnusualError
    key = str(frame.attrs["_index"])
    names, _ = _values(frame[key])
    columns = []
    for label in frame.attrs["column-order"]:
        if not isinstance(label, str):
            raise UnusualError
        values, text = _values(frame[label])
        if len(values) != len(names):
            raise ValueError(f"{frame[label].name} has {len(values)} values for {len(names)} genes")
        columns.append(GeneColumn(label, values, text))
    return GeneTable(
        index=[str(name) for name in names],
        index_name="" if key == "_index" else key,
        columns=tuple(columns),
        frame=lambda: _read(frame),
    )


def _values(element: Any) -> tuple[list[Any], bool]:
    """Return the values of a stored column, and whether they are text or categories."""
    encoding = _encoding(element)
    if encoding == _CATEGORIES:
        return _of_categories(element), True
    if encoding not in (_ARRAY, _STRINGS) or (encoding == _ARRAY and element.dtype.kind not in "biuf"):
        raise UnusualError
    if element.ndim != 1:
        raise ValueError(f"{element.name} has {element.ndim} axes, not one")
    if encoding == _ARRAY:
        return element[:].tolist(), is_text(element.dtype.kind)
    return [value.decode() if isinstance(value, bytes) else value for value in element[:].tolist()], True


def _of_categories(element: Any) -> list[Any]:
    codes, (categories, _) = element["codes"][:], _values(element["categories"])
    if codes.ndim != 1 or codes.dtype.kind not in "iu":
        raise UnusualError
    if codes.size and (codes.min() < -1 or codes.max() >= len(categories)):
        raise ValueError(f"{element.name} has a code beyond its {len(categories)} categories")
    named = [*categories, math.nan]  # -1 stands for no category
    return [named[code] for code in codes.tolist()]


def _encoding(element: Any) -> Encoding:
    return str(element.attrs.get("encoding-type", "")), str(element.attrs.get("encoding-version", ""))
