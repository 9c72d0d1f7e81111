"""What a recipe is to train: the task, the network, and the choices that it changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cellfill.errors import UsageError
from cellfill.options.shared import TASKS, Task
from cellfill_training.architectures.catalogue import architecture_of
from cellfill_training.architectures.classifier.options import ClassifierOptions
from cellfill_training.fitting.options import FitOptions
from cellfill_training.fitting.presets import Preset, options_for, tuning_options
from cellfill_training.parts.options import NetworkOptions
from cellfill_training.workflow.options import classifier_options

_TEXTS = ("architecture", "from", "gene_sets", "label_table", "markers", "orthologues", "preset", "targets")


def task_of(raw: Mapping[str, Any]) -> Task:
    """Return what the model is to do; refuse what another task reads.

    Raises
    ------
    UsageError
        When there is no such task or network, a key is of another one, or is no text.
    """
    for key in _TEXTS:
        if not isinstance(raw.get(key, ""), str):
            raise UsageError(f"{key} is {raw[key]!r}; it must be text, between quotes.")
    task: Task = raw.get("task", "impute")
    if task not in TASKS:
        raise UsageError(f"There is no task {task!r}; there are {', '.join(TASKS)}.")
    naming, imputing = ("labels", "label_table", "markers"), ("preset", "from", "targets")
    if raw.get("architecture"):
        kind = architecture_of(raw["architecture"])
        others = (
            *imputing,
            *(() if kind.labels else naming),
            *(() if kind.gene_sets != "never" else ("gene_sets",)),
        )
        if given := [key for key in others if raw.get(key)]:
            raise UsageError(f"{given[0]} does not go with {kind.name}: take it out.")
        return task
    if raw.get("gene_sets"):
        raise UsageError("gene_sets is of a published network: take it out, or name the architecture.")
    strange = naming if task == "impute" else imputing
    if given := [key for key in strange if raw.get(key)]:
        raise UsageError(f"{given[0]} is of another task than {task}: take it out, or name another task.")
    return task


def options_of(
    task: Task, architecture: str, preset: Preset, given: Mapping[str, Any], *, tuned: bool
) -> FitOptions | ClassifierOptions | NetworkOptions:
    """Return the choices of a task, a network or a preset, with some of them changed.

    Raises
    ------
    UsageError
        When there is no such choice, or it means nothing.
    """
    if architecture:
        return architecture_of(architecture).options(**given)
    if task != "impute":
        return classifier_options(**given)
    return (tuning_options if tuned else options_for)(preset, **given)
