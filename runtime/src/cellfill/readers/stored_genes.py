"""The genes of an AnnData file as HDF5 holds them, without pandas or anndata; these read what is unusual.

https://anndata.readthedocs.io/en/stable/fileformat-prose.html describes the encodings.
"""

from __future__ import annotations

import math
from typing import Any

from cellfill.genes.table import GeneColumn, GeneTable, gene_table, is_text
from cellfill.readers.annotation import Annotation
from cellfill.readers.encoding import column_names, encoding, index_name, is_group, is_hdf5, text_of
from cellfill.readers.failures import silence

_FRAME, _ARRAY, _STRINGS, _CATEGORIES = (
    ("dataframe", "0.2.0"),
    ("array", "0.2.0"),
    ("string-array", "0.2.0"),
    ("categorical", "0.2.0"),
)
_MASKED = "nullable-string-array"  # values, and a mask of those that are absent


class UnusualError(Exception):
    """An encoding that is left to anndata."""


def stored_genes(frame: Any) -> GeneTable:
    """Return the genes of a stored data frame, HDF5 or zarr.

    Raises
    ------
    ValueError, KeyError
        When it is damaged; HDF5, zarr and anndata may raise others.
    """
    column_names(frame)  # refuses some
    if is_hdf5(frame):
        try:
            return _genes(frame)
        except UnusualError:
            pass
    return gene_table(_read(frame))


def length_of(element: Any) -> int:
    """Return the number of values of a stored vector, which is not read."""
    if is_group(element):
        part = next((name for name in ("codes", "values") if name in element), None)
        if part is None:
            return len(stored_texts(element))
        element = element[part]
    if len(element.shape) != 1:
        raise ValueError(f"{element.name} has {len(element.shape)} axes, not one")
    return int(element.shape[0])


def stored_texts(element: Any) -> list[str]:
    """Return a stored vector of names as text."""
    if is_hdf5(element):
        try:
            return [str(value) for value in _values(element)[0]]
        except UnusualError:
            pass
    with silence():
        from anndata.io import read_elem

        return [text_of(value) for value in read_elem(element).tolist()]


def _read(frame: Any) -> Any:
    return Annotation({"var": frame}).frame("var")


def _genes(frame: Any) -> GeneTable:
    if encoding(frame) != _FRAME:
        raise UnusualError
    key = index_name(frame)
    names, _ = _values(frame[key])
    columns = []
    for label in column_names(frame):
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
    form = encoding(element)
    if form == _CATEGORIES:
        return _of_categories(element), True
    if form[0] == _MASKED:
        return _of_masked(element), True
    if form not in (_ARRAY, _STRINGS) or (form == _ARRAY and element.dtype.kind not in "biuf"):
        raise UnusualError
    if element.ndim != 1:
        raise ValueError(f"{element.name} has {element.ndim} axes, not one")
    if form == _ARRAY:
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


def _of_masked(element: Any) -> list[Any]:
    if element["mask"].shape != element["values"].shape or element["mask"][:].any():
        raise UnusualError  # what stands for an absent text depends on pandas
    return _values(element["values"])[0]
