"""Add results to an AnnData in memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cellfill.errors import DataError
from cellfill.text.reasons import reason

if TYPE_CHECKING:
    from cellfill.results.named import Results

_ABSENT: Any = object()


def add_to(adata: Any, layers: Mapping[str, Any], added: Results) -> None:
    """Add results to an AnnData, in place, in the manner of scanpy: all of them or nothing.

    Parameters
    ----------
    adata
        What gets them.
    layers
        Layers by name; none where the task gives none.
    added
        The rest.

    Raises
    ------
    DataError
        When the AnnData takes no part of it; it is as it was then.
    """
    steps = [("var", name, _categories(column)) for name, column in added.var.items()]
    steps += [("obs", name, _categories(column)) for name, column in added.obs.items()]
    steps += [("obsm", name, matrix) for name, matrix in added.obsm.items()]
    steps += [("uns", added.record_name, dict(added.record))]
    steps += [("layers", name, values) for name, values in layers.items()]
    before: list[tuple[str, str, Any]] = []
    try:
        for part, name, value in steps:
            # Asked for anew every time: the first of them makes a view a copy.
            held = getattr(adata, part)
            old = held.get(name, _ABSENT)
            held[name] = value
            before.append((part, name, old))
        for part, name in sorted(added.gone):
            held = getattr(adata, part)
            before.append((part, name, held[name]))
            del held[name]
    except BaseException as error:
        for part, name, value in reversed(before):
            _put_back(getattr(adata, part), name, value)
        if not isinstance(error, Exception) or isinstance(error, MemoryError):
            raise
        raise DataError(
            f"The result cannot be added to this AnnData: {reason(error)}. Nothing was added. Load it first: "
            "adata.to_memory()."
        ) from error


def _put_back(held: Any, name: str, value: Any) -> None:
    if value is not _ABSENT:
        held[name] = value
    elif name in held:
        del held[name]


def _categories(values: Any) -> Any:
    """Return a column as pandas takes it: a list of text as categories."""
    import pandas as pd

    return pd.Categorical(values) if isinstance(values, list) else values
