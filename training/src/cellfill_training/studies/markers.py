"""Labels that a cell's own markers contradict: clusters are named as a whole, and cells in them differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cellfill.errors import DataError, DataNotFoundError
from cellfill_training.studies.columns import read_columns
from cellfill_training.studies.gene_table import GeneTable
from cellfill_training.studies.labels import UNLABELLED, Labelled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellfill_training.studies.cell_classes import ClassTree
    from cellfill_training.studies.study import Study

_COLUMNS = ("type", "needs", "lacks")


@dataclass(frozen=True, slots=True, kw_only=True)
class Markers:
    """What a cell of a type shows.

    Attributes
    ----------
    needs
        Symbols by type: a cell to learn the type from has a molecule of one of them.
    lacks
        Symbols by type: it has a molecule of none of them.
    """

    needs: Mapping[str, tuple[str, ...]]
    lacks: Mapping[str, tuple[str, ...]]


def read_markers(path: str | Path) -> Markers:
    """Read a tab-separated table with the columns type, needs and lacks; symbols are joined by a vertical bar.

    Raises
    ------
    DataNotFoundError
        When there is no such file.
    DataError
        When a column is missing, or a type is there twice.
    """
    source = Path(path)
    if not source.is_file():
        raise DataNotFoundError(f"No table of markers at {source}: there is no such file.")
    rows = read_columns(source, _COLUMNS, "a table of markers")
    types = [row["type"] for row in rows]
    if len(set(types)) < len(types):
        raise DataError(f"{source} has a type twice: give all of its markers in one row.")

    def genes(column: str) -> dict[str, tuple[str, ...]]:
        found = {row["type"]: (part.strip() for part in row[column].split("|")) for row in rows}
        return {name: genes for name, parts in found.items() if (genes := tuple(filter(None, parts)))}

    return Markers(needs=genes("needs"), lacks=genes("lacks"))


def trust_by_markers(
    labelled: Labelled, tree: ClassTree, markers: Markers, table: GeneTable | None = None
) -> Labelled:
    """Take the trust from labels that a cell's markers contradict: such a cell judges, and trains nothing.

    A type's needs are not asked for in a study that measured none of them. Training thins and hides genes, so that
    the types are learnt from cells without a molecule of their markers all the same.

    Raises
    ------
    DataError
        When there are markers of what is no leaf of the tree.
    """
    strange = sorted({*markers.needs, *markers.lacks} - set(tree.leaves))
    if strange:
        raise DataError(
            f"There are markers of {strange[0]!r}, which is no leaf of the types: "
            f"they are {', '.join(tree.leaves)}."
        )
    trusted = labelled.trusted.copy()
    for number, leaf in enumerate(tree.leaves):
        own = labelled.leaves == number
        for genes, wanted in ((markers.needs.get(leaf, ()), True), (markers.lacks.get(leaf, ()), False)):
            columns = _columns(labelled.study, genes, table)
            if len(columns):
                shown = np.asarray(labelled.study.counts[:][:, columns].sum(axis=1)).ravel() > 0
                trusted &= ~own | (shown == wanted)
    return replace(labelled, trusted=trusted & (labelled.leaves != UNLABELLED))


def _columns(study: Study, genes: Sequence[str], table: GeneTable | None) -> NDArray[np.intp]:
    """Return a study's columns that are one of some genes."""
    wanted = set(genes)

    def is_one(names: tuple[str, ...]) -> bool:
        known = table.find(names) if table is not None else None
        return not wanted.isdisjoint(names) or (known is not None and known.symbol in wanted)

    if not wanted:
        return np.array([], dtype=np.intp)
    return np.flatnonzero([is_one(names) for names in zip(*study.gene_names, strict=True)])
