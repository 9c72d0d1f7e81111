"""What is refused before a training begins, whatever is trained."""

from __future__ import annotations

from collections.abc import Sequence

from cellfill.errors import UsageError
from cellfill_training.studies.study import Study


def check_names(studies: Sequence[Study], held_out: Sequence[Study]) -> None:
    """Refuse to train on nothing, and studies that cannot be told apart.

    Raises
    ------
    UsageError
        When there is no study, or two have one name.
    """
    names = [study.name for study in (*studies, *held_out)]
    if not studies:
        raise UsageError("There is no study to train on.")
    if len(set(names)) != len(names):
        raise UsageError(f"Two studies have one name, or one is both trained on and held out: {names}.")
