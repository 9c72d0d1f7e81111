"""Cell types as a tree: names, what each is a kind of, and their terms of the Cell Ontology."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from cellfill.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ONTOLOGY_ID = re.compile(r"CL:\d{7}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CellClass:
    """A cell type.

    Attributes
    ----------
    name
        Unique in its tree.
    parent
        Name of the type that it is a kind of; empty at the top.
    ontology_id
        Its term of the Cell Ontology, such as ``CL:0000084``; empty where there is none.
    """

    name: str
    parent: str = ""
    ontology_id: str = ""


@dataclass(frozen=True)
class ClassTree:
    """Cell types of which some are kinds of others. What has no kinds is a leaf; leaves are told apart.

    Raises
    ------
    DataError
        When a name comes twice or is empty, a parent is missing, types are kinds of one another, or an id is none.
    """

    classes: tuple[CellClass, ...]

    def __post_init__(self) -> None:
        names = [c.name for c in self.classes]
        if not all(names):
            raise DataError("A cell type has no name: give every row of the table a type.")
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise DataError(f"The cell type {twice[0]!r} is there twice: one parent and one id a type.")
        for c in self.classes:
            if c.parent and c.parent not in names:
                raise DataError(
                    f"{c.name!r} is a kind of {c.parent!r}, which is no type of the table: add its row."
                )
            if c.ontology_id and not _ONTOLOGY_ID.fullmatch(c.ontology_id):
                raise DataError(
                    f"{c.name!r} has the id {c.ontology_id!r}: one of the Cell Ontology is written CL:0000084; "
                    "leave it empty where there is none."
                )
        for c in self.classes:
            self.path(c.name)

    @cached_property
    def leaves(self) -> tuple[str, ...]:
        """Names of the types that have no kinds, in the order of the tree: the columns of the graph."""
        parents = {c.parent for c in self.classes}
        return tuple(c.name for c in self.classes if c.name not in parents)

    def path(self, name: str) -> tuple[str, ...]:
        """Return a type and what it is a kind of, up to the top."""
        parent_of = {c.name: c.parent for c in self.classes}
        found = [name]
        while parent := parent_of[found[-1]]:
            if parent in found:
                raise DataError(f"{name!r} is a kind of itself, by way of {found[-1]!r}: correct its parents.")
            found.append(parent)
        return tuple(found)

    def members(self) -> NDArray[np.float64]:
        """Return which leaf is of which type, classes x leaves, 1 or 0: by it probabilities are summed upwards."""
        kinds = [self.path(leaf) for leaf in self.leaves]
        return np.array([[float(c.name in kind) for kind in kinds] for c in self.classes])

    def only(self, leaves: Sequence[str]) -> ClassTree:
        """Return the tree of some leaves alone: what has none of them goes."""
        kept = {name for leaf in leaves for name in self.path(leaf)}
        return ClassTree(tuple(c for c in self.classes if c.name in kept))
