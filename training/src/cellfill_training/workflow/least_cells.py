"""How few cells no model is trained on, and which batches have none that are fit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from cellfill.errors import DataError
from cellfill_training.judging.held_out import LEAST_CELLS
from cellfill_training.studies.study import Study

_Given = TypeVar("_Given")


def check_cells(studies: Sequence[Study]) -> None:
    """Refuse to train on fewer cells than a model could be judged on: nobody would know what it learnt.

    Parameters
    ----------
    studies
        To train on, without the cells that are left out.

    Raises
    ------
    DataError
        When they have too few cells in all.
    """
    cells = sum(study.counts.shape[0] for study in studies)
    if cells < LEAST_CELLS:
        raise DataError(
            f"{cells} cell{' is' if cells == 1 else 's are'} too few to train on: below {LEAST_CELLS} nobody could "
            "tell whether anything was learnt. Use a pre-trained model as it is (cellfill recommend CELLS says "
            "which), or give more cells."
        )


def with_cells(
    given: Sequence[_Given], *, keep: Callable[[_Given], _Given], study_of: Callable[[_Given], Study]
) -> tuple[list[_Given], list[str]]:
    """Return studies with the cells that are fit, and a warning of each batch of a file that has none.

    Parameters
    ----------
    given
        Studies, or what has one.
    keep
        Returns one with the cells that are fit, or raises a DataError where it has none.
    study_of
        Returns the study of one.

    Raises
    ------
    DataError
        When a file has no such cell, or no batch has one.
    """
    kept: list[_Given] = []
    empty: list[DataError] = []
    for one in given:
        try:
            kept.append(keep(one))
        except DataError as error:
            place = study_of(one).place
            if place is None or place.cells is None:
                raise
            empty.append(error)
    if empty and not kept:
        raise empty[0]
    return kept, [f"A batch is left out. {why}" for why in empty]
