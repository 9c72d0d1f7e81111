"""Add results to an AnnData in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cellfill.errors import DataError
from cellfill.text.reasons import reason

if TYPE_CHECKING:
    from cellfill.results.named import Results

_ABSENT: Any = object()


def add_to(adata: Any, values: Any | None, added: Results) -> None:
    """Add results to an AnnData, in place, in the manner of scanpy: all of them or nothing.

    Parameters
    ----------
    adata
        What gets them.
    values
        Of the layer that the record names; None where there is no layer.
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
    if values is not None:
        steps.append(("layers", added.record["layer"], values))
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
