"""Write small elements of an AnnData file in HDF5, encoded as anndata does, without importing it.

https://anndata.readthedocs.io/en/stable/fileformat-prose.html describes the encodings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np


def write_element(group: Any, name: str, value: Any) -> None:
    """Write one element into an HDF5 group.

    Parameters
    ----------
    group, name
        Where to; there is nothing of that name.
    value
        A mapping, a text, a number or truth value, an array of these or of texts, or a list of text, which becomes
        categories.

    Raises
    ------
    TypeError
        When it is none of these.
    """
    element: Any
    if isinstance(value, Mapping):
        element = group.create_group(name)
        mark(element, "dict", "0.1.0")
        for key, part in value.items():
            write_element(element, key, part)
    elif isinstance(value, str):
        mark(group.create_dataset(name, data=value, dtype=_text()), "string", "0.2.0")
    elif isinstance(value, bool | int | float | np.bool_ | np.number):
        mark(group.create_dataset(name, data=value), "numeric-scalar", "0.2.0")
    elif isinstance(value, np.ndarray) and value.dtype.kind in "biuf":
        mark(group.create_dataset(name, data=value), "array", "0.2.0")
    elif isinstance(value, np.ndarray) and value.dtype.kind in "OU":
        texts = group.create_dataset(name, data=value.astype(object), dtype=_text())
        mark(texts, "string-array", "0.2.0")
    elif isinstance(value, list):
        _write_categories(group, name, value)
    else:
        raise TypeError(f"a {type(value).__name__} has no encoding in an AnnData file")


def _write_categories(group: Any, name: str, values: Sequence[str]) -> None:
    categories = sorted(set(values))
    place = {category: code for code, category in enumerate(categories)}
    element = group.create_group(name)
    mark(element, "categorical", "0.2.0")
    element.attrs["ordered"] = False
    codes = np.array([place[value] for value in values], dtype=np.min_scalar_type(-max(len(categories), 1)))
    write_element(element, "codes", codes)
    texts = element.create_dataset("categories", data=np.array(categories, dtype=object), dtype=_text())
    mark(texts, "string-array", "0.2.0")


def _text() -> Any:
    import h5py

    return h5py.string_dtype()


def mark(element: Any, kind: str, version: str) -> None:
    """Say how an element is encoded."""
    element.attrs["encoding-type"], element.attrs["encoding-version"] = kind, version
