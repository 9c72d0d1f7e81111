"""The cell types of a model, ``classes.tsv``: a tree, whose leaves are columns of the graph."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cellfill.bundle.files import CLASSES
from cellfill.bundle.table import check_name, format_table, formatted, number, parse_table
from cellfill.errors import BundleError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_CLASSES = 5_000
MAX_LEVELS = 40
COLUMNS = (
    "name",
    "parent",
    "ontology_id",
    "prior",
    "cells",
    "judged",
    "precision",
    "recall",
    "f1",
    "baseline_f1",
)
RESERVED = "unassigned"  # what a cell is called of which the type is not known
_MOST = {"cells": 1e9, "judged": 1e9}
_ONTOLOGY_ID = re.compile(r"[A-Za-z]{2,10}:[0-9]{1,10}", re.ASCII)
_SUM_TOLERANCE = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class CellClass:
    """One row of the tree of types; what is not known is NaN or empty.

    Attributes
    ----------
    name, parent
        Of the type, and of the type that it is one of; empty for a root.
    ontology_id
        Of the Cell Ontology, such as ``CL:0000084``.
    prior
        Of a leaf: its share of the training cells as they were drawn, which the probabilities have for prior.
    cells, judged
        How many cells of it trained the model, and how many, of studies that did not, the figures are of.
    precision, recall, f1, baseline_f1
        On those, and F1 of a logistic regression.
    """

    name: str
    parent: str = ""
    ontology_id: str = ""
    prior: float = math.nan
    cells: float = math.nan
    judged: float = math.nan
    precision: float = math.nan
    recall: float = math.nan
    f1: float = math.nan
    baseline_f1: float = math.nan


class Classes:
    """A tree of types, in the order of ``classes.tsv``; there may be several roots.

    Attributes
    ----------
    rows
        The types.
    names
        Of the rows.
    parents
        Row of each row's parent, -1 for a root.
    levels
        How many types each row stands below; 0 for a root.
    leaves
        Rows that are no row's parent: the graph's columns, in their order.
    """

    def __init__(self, rows: Sequence[CellClass]) -> None:
        import numpy as np

        self.rows = tuple(rows)
        self.names = tuple(row.name for row in self.rows)
        parents = _parents(self.rows)
        levels = _levels(self.names, parents)
        inner = set(parents)
        self.parents: NDArray[np.intp] = np.array(parents, dtype=np.intp)
        self.levels: NDArray[np.intp] = np.array(levels, dtype=np.intp)
        self.leaves: NDArray[np.intp] = np.array([r for r in range(len(parents)) if r not in inner], dtype=np.intp)
        _check(self)

    def __len__(self) -> int:
        return len(self.rows)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Classes) and format_classes(self) == format_classes(other)

    def __hash__(self) -> int:
        return hash(self.names)

    @property
    def leaf_names(self) -> tuple[str, ...]:
        """Names of the leaves."""
        return tuple(self.names[row] for row in self.leaves)

    @property
    def priors(self) -> NDArray[np.float64]:
        """The prior of each leaf; NaN where the model does not state them."""
        import numpy as np

        return np.array([self.rows[row].prior for row in self.leaves], dtype=np.float64)

    def ancestors(self, row: int) -> tuple[int, ...]:
        """Return the rows above a row, its parent first and its root last."""
        found = []
        while (row := int(self.parents[row])) >= 0:
            found.append(row)
        return tuple(found)

    def sum_up(self, probabilities: NDArray[np.floating]) -> NDArray[np.float32]:
        """Return the probability of every type: of one with types below it, the sum of its leaves'.

        Parameters
        ----------
        probabilities
            Cells x leaves.

        Returns
        -------
        Cells x rows, float32.
        """
        import numpy as np

        result = np.zeros((len(probabilities), len(self)), dtype=np.float32)
        result[:, self.leaves] = probabilities
        for row in np.argsort(-self.levels, kind="stable"):  # the lowest first, so that what is added is whole
            if self.parents[row] >= 0:
                result[:, self.parents[row]] += result[:, row]
        return result


def parse_classes(text: bytes) -> Classes:
    """Parse and check the bytes of a ``classes.tsv``.

    Raises
    ------
    BundleError
        When it is not exactly of the declared form, or no tree.
    """
    header, rows = parse_table(text, file=CLASSES, most_rows=MAX_CLASSES, most_line=1_000)
    if tuple(header) != COLUMNS:
        raise BundleError(f"{CLASSES} must begin with the columns {', '.join(COLUMNS)}.")
    return Classes([_row(row, f"{CLASSES}, line {place}") for place, row in enumerate(rows, start=2)])


def format_classes(classes: Classes) -> bytes:
    """Return the bytes of ``classes.tsv``; reading and formatting them again gives the same bytes."""
    rows = [
        [row.name, row.parent, row.ontology_id, *(formatted(getattr(row, name)) for name in COLUMNS[3:])]
        for row in classes.rows
    ]
    return format_table(COLUMNS, rows)


def _row(fields: list[str], where: str) -> CellClass:
    name, parent, ontology_id, *numbers = fields
    check_name(name, where, what="a cell type")
    if name.casefold() == RESERVED:
        raise BundleError(f"{where}: no cell type is called {RESERVED!r}, which says that a cell's is not known.")
    if ontology_id and not _ONTOLOGY_ID.fullmatch(ontology_id):
        raise BundleError(f"{where}: {ontology_id[:40]!a} is no id of an ontology, such as CL:0000084.")
    values = {
        column: number(text, where, least=0, most=_MOST.get(column, 1))
        for column, text in zip(COLUMNS[3:], numbers, strict=True)
    }
    return CellClass(name=name, parent=parent, ontology_id=ontology_id, **values)


def _parents(rows: Sequence[CellClass]) -> list[int]:
    """Return the row of each row's parent."""
    if len(rows) > MAX_CLASSES:
        raise BundleError(f"{CLASSES} has {len(rows):,} types, over the bound of {MAX_CLASSES:,}.")
    place: dict[str, int] = {}
    for row, found in enumerate(rows):
        if place.setdefault(found.name, row) != row:
            raise BundleError(f"{CLASSES}: the type {found.name!r} occurs twice.")
    for found in rows:
        if found.parent and found.parent not in place:
            raise BundleError(f"{CLASSES}: {found.name!r} is a {found.parent[:40]!a}, which is no type of it.")
    return [place[row.parent] if row.parent else -1 for row in rows]


def _levels(names: Sequence[str], parents: Sequence[int]) -> list[int]:
    """Return how far each row is from its root; refuse what goes round."""
    levels: list[int] = []
    for row, name in enumerate(names):
        above = row
        for level in range(MAX_LEVELS):
            above = parents[above]
            if above < 0:
                levels.append(level)
                break
        else:
            raise BundleError(f"{CLASSES}: {name!r} is over {MAX_LEVELS} levels below a root, or goes round.")
    return levels


def _check(classes: Classes) -> None:
    import numpy as np

    if len(classes.leaves) < 2:
        raise BundleError(f"{CLASSES}: a model that names cell types has at least two that none is below.")
    leaves = set(classes.leaves.tolist())
    for place, row in enumerate(classes.rows):
        if place not in leaves and not math.isnan(row.prior):
            raise BundleError(f"{CLASSES}: {row.name!r} has types below it: theirs are the priors.")
    priors = classes.priors
    if not np.isnan(priors).all() and not abs(priors.sum() - 1) <= _SUM_TOLERANCE:
        raise BundleError(f"{CLASSES}: the priors of the leaves do not sum to 1.")
