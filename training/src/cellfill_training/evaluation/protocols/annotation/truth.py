"""What labels are in the types of a model, at every level of its tree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from cellfill.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellfill.bundle import Classes

STRANGE = -1  # a type that the model does not know


def types_of(labels: Sequence[str], classes: Classes, meaning: Mapping[str, str]) -> NDArray[np.intp]:
    """Return the row of each cell's type in a model's types, `STRANGE` where the model does not know it.

    Parameters
    ----------
    labels
        (cells,).
    classes
        The model's types.
    meaning
        The type that a label stands for, where it is not the type's name.

    Raises
    ------
    DataError
        When no label is of a type that the model knows.
    """
    rows = {name: row for row, name in enumerate(classes.names)}
    found = np.array([rows.get(meaning.get(label, label), STRANGE) for label in map(str, labels)], dtype=np.intp)
    if (found == STRANGE).all():
        theirs, ours = sorted(set(map(str, labels)))[:4], list(classes.leaf_names)[:4]
        raise DataError(
            f"No label is a type of the model: the labels are {', '.join(theirs)} ..., the types {', '.join(ours)} "
            "... Say by --label-table what each label is."
        )
    return found


def leaves_of(rows: NDArray[np.intp], classes: Classes) -> NDArray[np.intp]:
    """Return the number of each cell's leaf, -1 for types that have kinds or that the model does not know."""
    place = np.full(len(classes) + 1, -1, dtype=np.intp)  # the last one is that of `STRANGE`
    place[classes.leaves] = np.arange(len(classes.leaves))
    return place[rows]


def levels_of(rows: NDArray[np.intp], classes: Classes) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Return for each level of the tree, roots first, which group a leaf belongs to there, and a cell.

    Groups are numbered from 0; a leaf above the level is its own group. A cell has none (-1) where its type lies
    above the level and has kinds.
    """
    levels = []
    for level in range(int(classes.levels.max()) + 1):
        tops = np.array([_at(row, level, classes) for row in range(len(classes))], dtype=np.intp)
        names, groups = np.unique(tops[classes.leaves], return_inverse=True)
        number = np.full(len(classes) + 1, -1, dtype=np.intp)
        number[names] = np.arange(len(names))
        levels.append((groups, np.where(rows == STRANGE, -1, number[tops[rows]])))
    return levels


def above(rows: NDArray[np.intp], answers: NDArray[np.intp], classes: Classes) -> NDArray[np.bool_]:
    """Return whether an answer, a row, is the cell's type or one that this is a kind of."""
    kinds = np.eye(len(classes), dtype=bool)
    for row in range(len(classes)):
        kinds[row, list(classes.ancestors(row))] = True
    return np.asarray((rows != STRANGE) & (answers >= 0) & kinds[rows, answers])


def _at(row: int, level: int, classes: Classes) -> int:
    """Return the row above a row, or itself, that stands at a level; itself where it stands higher."""
    while classes.levels[row] > level:
        row = int(classes.parents[row])
    return row
