"""The table of types: how many cells, how sure, and whether a type looks off as a whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill.tasks.annotation.columns import NO_COUNTS, NOT_SURE, UNASSIGNED, UNLIKE

if TYPE_CHECKING:
    from numpy.typing import NDArray

# A type of fewer cells is not judged as a whole.
FEW = 10
# Median product of ranks, among known cells, below which a type is probably another one: types of studies that
# trained nothing have .08 and more, thinned to 30 % of their molecules too.
OFF = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeRow:
    """One type in the result.

    Attributes
    ----------
    name
        Of the type, or ``unassigned``.
    cells
        How many have it.
    probability
        Their mean probability.
    typical
        Median of how typical they are of it; NaN where the model cannot say.
    off
        Whether they score badly together, as another type, state or tissue does.
    """

    name: str
    cells: int
    probability: float
    typical: float
    off: bool


def type_rows(
    types: Sequence[str],
    probability: NDArray[np.float32],
    typical: NDArray[np.float32] | None,
    leaves: Sequence[str],
) -> tuple[TypeRow, ...]:
    """Return one row a type, the most frequent first, unassigned cells last.

    Parameters
    ----------
    types
        Of every cell.
    probability, typical
        Of every cell; NaN for cells without counts.
    leaves
        The most detailed types: only they are judged as a whole, since cells of an open type are typical of none.
    """
    named = np.array(types, dtype=str)
    rows = []
    for name in np.unique(named):
        of = named == name
        ranks = typical[of] if typical is not None else np.full(int(of.sum()), np.nan)
        ranks = ranks[np.isfinite(ranks)]
        middle = float(np.median(ranks)) if len(ranks) else float("nan")
        sure = probability[of][np.isfinite(probability[of])]
        rows.append(
            TypeRow(
                name=str(name),
                cells=int(of.sum()),
                probability=float(sure.mean()) if len(sure) else float("nan"),
                typical=middle,
                off=bool(name in leaves and len(ranks) >= FEW and middle < OFF),
            )
        )
    return tuple(sorted(rows, key=lambda row: (row.name == UNASSIGNED, -row.cells, row.name)))


def counts_of_reasons(reasons: Sequence[str]) -> Mapping[str, int]:
    """Return how many cells are unassigned, by why."""
    keys = {"unlike_any_type": UNLIKE, "not_sure": NOT_SURE, "no_counts": NO_COUNTS}
    return {key: list(reasons).count(reason) for key, reason in keys.items()}


def as_columns(rows: Sequence[TypeRow]) -> dict[str, NDArray[Any]]:
    """Return the table for a record: an array a column."""
    return {
        "name": np.array([row.name for row in rows], dtype=object),
        "cells": np.array([row.cells for row in rows], dtype=np.int64),
        "probability": np.array([row.probability for row in rows]),
        "typical": np.array([row.typical for row in rows]),
        "off": np.array([row.off for row in rows]),
    }
