"""How few cells no model is trained on."""

from __future__ import annotations

from collections.abc import Sequence

from cellfill.errors import DataError
from cellfill_training.judging.held_out import LEAST_CELLS
from cellfill_training.studies.study import Study


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
