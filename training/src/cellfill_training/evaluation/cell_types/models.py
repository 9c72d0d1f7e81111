"""Which of the things named on a command line are models of cell types."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cellfill.errors import UsageError
from cellfill_training.evaluation.cell_types.run import CELL_PROTOCOLS

if TYPE_CHECKING:
    from cellfill.bundle import Task
    from cellfill.model import Model


def cell_type_models(names: Sequence[str], protocols: Sequence[str] | None) -> list[Model]:
    """Load the models, where all are judged by protocols of cell types; none where imputation is judged.

    A model that does both is judged by imputation, unless protocols of cell types are asked for.

    Parameters
    ----------
    names
        Folders of models, or presets.
    protocols
        Those asked for; None for all.

    Raises
    ------
    UsageError
        When some are to be judged by the ones and some by the others.
    BundleError, MissingDependencyError
        When a model is damaged or malformed, or nothing is there to run it.
    """
    from cellfill.bundle import read_bundle
    from cellfill.loading import load

    of_cells = protocols is not None and all(name in CELL_PROTOCOLS for name in protocols)
    ours: list[tuple[str, tuple[Task, ...]]] = []
    others: list[str] = []
    for name in names:
        tasks: tuple[Task, ...] = ("impute",)
        if Path(name).is_dir():
            tasks = tuple(read_bundle(name).manifest.tasks)
        fits = set(tasks) != {"impute"} if of_cells else "impute" not in tasks
        if fits:
            ours.append((name, tasks))
        else:
            others.append(name)
    if ours and others:
        raise UsageError(f"{ours[0][0]} names or places cells and {others[0]} imputes: judge them in two commands.")
    return [
        load(name, tasks=tuple(task for task in tasks if task != "impute"), device="cpu") for name, tasks in ours
    ]
