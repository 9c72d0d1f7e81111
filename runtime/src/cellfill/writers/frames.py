"""What readers give, as anndata can store it: names as text, and text as pandas itself keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def storable(value: Any) -> Any:
    """Return a value, and what is in it, in a form that anndata writes.

    Names of columns become text; so does Arrow's text, and Arrow's numbers become nullable numbers of pandas.
    """
    import pandas as pd

    if isinstance(value, Mapping):
        return {str(key): storable(part) for key, part in value.items()}
    if not isinstance(value, pd.DataFrame):
        return value
    frame = value.copy(deep=False)
    frame.columns = pd.Index([str(name) for name in frame.columns], dtype=object)
    for place in range(frame.shape[1]):
        column = frame.iloc[:, place]
        if isinstance(column.dtype, pd.ArrowDtype):
            frame.isetitem(place, column.convert_dtypes(dtype_backend="numpy_nullable"))
    return frame
