"""Labels of several studies, brought together by a table of what each label is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cellfill.errors import DataError, DataNotFoundError
from cellfill_training.studies.blocks import detected_genes
from cellfill_training.studies.cell_classes import CellClass, ClassTree
from cellfill_training.studies.columns import read_columns
from cellfill_training.studies.study import Study, filter_cells

if TYPE_CHECKING:
    from numpy.typing import NDArray

_COLUMNS = ("label", "type", "parent", "ontology_id")
UNLABELLED = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelTable:
    """What the labels of studies mean.

    Attributes
    ----------
    tree
        The cell types.
    types
        The type that a label stands for.
    """

    tree: ClassTree
    types: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A study and the types of its cells.

    Attributes
    ----------
    study
        Counts and genes.
    leaves
        (cells,) number of the leaf of the tree, `UNLABELLED` where it is not known.
    trusted
        (cells,) whether the label is fit to learn from; what is not still judges.
    """

    study: Study
    leaves: NDArray[np.intp]
    trusted: NDArray[np.bool_]


def read_label_table(path: str | Path) -> LabelTable:
    """Read a tab-separated table with the columns label, type, parent and ontology_id, a row a label.

    A type may have several labels: its parent and id then stand in any row of it. A type that no study names has an
    empty label. A parent that has no row of its own is at the top. A label without a type, such as doublets', means
    that the type is not known.

    Raises
    ------
    DataNotFoundError
        When there is no such file.
    DataError
        When a column is missing, a label is there twice, or the types are no tree.
    """
    source = Path(path)
    if not source.is_file():
        raise DataNotFoundError(f"No table of labels at {source}: there is no such file.")
    rows = read_columns(source, _COLUMNS, "a table of labels")
    types: dict[str, str] = {}
    classes: dict[str, CellClass] = {}
    for number, row in enumerate(rows, start=2):
        if row["label"] in types:
            raise DataError(f"{source}, line {number}: the label {row['label']!r} is there twice.")
        if row["label"]:
            types[row["label"]] = row["type"]
        if row["label"] and not any((row["type"], row["parent"], row["ontology_id"])):
            continue
        classes[row["type"]] = _joined(classes.get(row["type"]), row, f"{source}, line {number}")
    for parent in [c.parent for c in classes.values() if c.parent not in classes and c.parent]:
        classes[parent] = CellClass(name=parent)
    return LabelTable(tree=ClassTree(tuple(classes.values())), types=types)


def label_study(study: Study, labels: Sequence[str], table: LabelTable) -> Labelled:
    """Say of every cell which leaf it is; empty labels, and those of a type that has kinds, are not known.

    Raises
    ------
    DataError
        When there are more or fewer labels than cells, or the table lacks one.
    """
    if len(labels) != study.counts.shape[0]:
        raise DataError(f"{study.name} has {study.counts.shape[0]:,} cells and {len(labels):,} labels.")
    unknown = sorted({str(label) for label in labels if label and str(label) not in table.types})
    if unknown:
        raise DataError(
            f"The table of labels lacks {', '.join(map(repr, unknown))}, of {study.name}: add a row for each, "
            "without a type where it is not known."
        )
    place = {name: number for number, name in enumerate(table.tree.leaves)}
    leaves = [place.get(table.types[str(label)], UNLABELLED) if label else UNLABELLED for label in labels]
    found = np.array(leaves, dtype=np.intp)
    return Labelled(study=study, leaves=found, trusted=found != UNLABELLED)


def filter_labelled(labelled: Labelled, *, min_genes: int) -> Labelled:
    """Leave out cells with fewer detected genes, and their labels; see `filter_cells`."""
    kept = detected_genes(labelled.study.counts) >= min_genes
    study = filter_cells(labelled.study, min_genes=min_genes)
    return Labelled(study=study, leaves=labelled.leaves[kept], trusted=labelled.trusted[kept])


def _joined(known: CellClass | None, row: Mapping[str, str], where: str) -> CellClass:
    """Return a type as its rows together say it."""
    if known is None:
        return CellClass(name=row["type"], parent=row["parent"], ontology_id=row["ontology_id"])
    for said, now in ((known.parent, row["parent"]), (known.ontology_id, row["ontology_id"])):
        if said and now and said != now:
            raise DataError(f"{where}: the type {known.name!r} is {said} in one row and {now} in another.")
    return CellClass(
        name=known.name,
        parent=known.parent or row["parent"],
        ontology_id=known.ontology_id or row["ontology_id"],
    )
