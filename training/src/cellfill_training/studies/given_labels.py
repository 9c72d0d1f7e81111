"""The labels of a study's cells: a column of its file, or a table of cells and types beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cellfill.errors import DataError, DataNotFoundError
from cellfill_training.studies.cell_classes import CellClass, ClassTree
from cellfill_training.studies.columns import read_columns
from cellfill_training.studies.donors import read_labels
from cellfill_training.studies.labels import LabelTable, label_study
from cellfill_training.studies.markers import trust_by_markers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellfill_training.studies.gene_table import GeneTable
    from cellfill_training.studies.labels import Labelled
    from cellfill_training.studies.markers import Markers
    from cellfill_training.studies.study import Study

_CELL, _TYPE = "cell", "cell_type"  # columns of a table of labels


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A study, just read and whole, and where its labels are.

    Attributes
    ----------
    study
        Read from a file: its `Place` says from where.
    column
        Of ``obs``, with the labels.
    file
        Or a tab-separated table with the columns cell and cell_type; a cell that is not there has no label.
    """

    study: Study
    column: str = ""
    file: str = ""


def label_studies(
    training: Sequence[Given],
    held_out: Sequence[Given],
    *,
    table: LabelTable | None = None,
    markers: Markers | None = None,
    genes: GeneTable | None = None,
    say: Callable[[str], None] = lambda _text: None,
) -> tuple[list[Labelled], list[Labelled], ClassTree]:
    """Say of every cell of some studies which type it is.

    Parameters
    ----------
    training, held_out
        The studies.
    table
        The type of each label; by default each label of a training study is a type of its own, at the top.
    markers
        What cells of a type show; None trusts every label.
    genes
        Knows other names of the markers.
    say
        Called with what is to be known of the labels.

    Returns
    -------
    The studies of both kinds, and the types.

    Raises
    ------
    DataNotFoundError
        When a file of labels is not there.
    DataError
        When there is no such column, no training study has a label, or a held-out one has none, or a label is not
        in the table.
    """
    given = [[_labels(g) for g in kind] for kind in (training, held_out)]
    without = [one for one, labels in zip(training, given[0], strict=True) if not any(labels)]
    wrong = without if len(without) == len(training) else [one for one in without if one.file]
    wrong += [one for one, labels in zip(held_out, given[1], strict=True) if not any(labels)]
    if wrong:
        where = wrong[0].file or f"the column {wrong[0].column} of obs"
        raise DataError(f"No cell of {wrong[0].study.name} has a label in {where}: are they of other cells?")
    for one in without:
        say(f"no cell of {one.study.name} has a label: it teaches no type")
    known = table or _each_its_own(given[0])
    if table is None and (new := sorted({x for labels in given[1] for x in labels if x} - known.types.keys())):
        say(f"no training study has cells of {', '.join(map(repr, new))}: held out, they judge nothing")
        known = LabelTable(tree=known.tree, types=dict(known.types) | dict.fromkeys(new, ""))

    def labelled(one: Given, labels: Sequence[str]) -> Labelled:
        found = label_study(one.study, labels, known)
        return found if markers is None else trust_by_markers(found, known.tree, markers, genes)

    first, second = (
        [labelled(one, labels) for one, labels in zip(kind, own, strict=True)]
        for kind, own in zip((training, held_out), given, strict=True)
    )
    return first, second, known.tree


def _labels(given: Given) -> list[str]:
    study = given.study
    if study.place is None:
        raise DataError(f"{study.name} was not read from a file: give its labels to label_study.")
    source = study.place.file
    if given.file:
        known = _read_table(Path(given.file))
        labels = np.array([known.get(cell, "") for cell in _cell_names(source)])
    else:
        labels = read_labels(source, given.column)
    if study.place.cells is not None:
        labels = labels[read_labels(source, study.place.cells[0]) == study.place.cells[1]]
    return [str(label).strip() for label in labels]


def _each_its_own(labels: Sequence[Sequence[str]]) -> LabelTable:
    types = sorted({label for own in labels for label in own if label})
    tree = ClassTree(tuple(CellClass(name=name) for name in types))
    return LabelTable(tree=tree, types={name: name for name in types})


def _read_table(path: Path) -> dict[str, str]:
    if not path.is_file():
        raise DataNotFoundError(f"No labels at {path}: there is no such file.")
    rows = read_columns(path, (_CELL, _TYPE), "a table of labels beside a study")
    return {row[_CELL]: row[_TYPE] for row in rows}


def _cell_names(path: str) -> NDArray[np.str_]:
    from cellfill.readers import open_dataset

    dataset = open_dataset(path)
    try:
        names = dataset.rest().obs.index
        dataset.unchanged()
    finally:
        dataset.close()
    return np.array([str(name) for name in names])
