"""What is judged: models of the same types, and what is asked of them once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from cellfill.errors import UsageError
from cellfill_training.evaluation.cost import Cost, measured
from cellfill_training.evaluation.protocols.annotation.answers import Answers, answers_of
from cellfill_training.evaluation.protocols.annotation.conditions import CONDITIONS, Condition, changed
from cellfill_training.evaluation.records import Record

if TYPE_CHECKING:
    from cellfill.bundle import Classes
    from cellfill.model import Model
    from cellfill_training.studies.study import Study


@dataclass(frozen=True, slots=True)
class Asked:
    """Models by name, and what they said: the same is asked once.

    Attributes
    ----------
    models
        By name.
    tell
        Called with a word on what runs.
    """

    models: Mapping[str, Model]
    tell: Callable[[str], None]
    _said: dict[tuple[str, int, int, str], tuple[Answers, Cost]] = field(default_factory=dict)

    def answers(self, name: str, study: Study, condition: Condition, *, seed: int) -> tuple[Answers, Cost]:
        """Return what a model says of a study's cells in a condition, and what that cost."""
        key = (study.name, study.counts.shape[0], seed, f"{name}: {condition.name}")
        if key not in self._said:
            self.tell(f"{study.name}, {study.counts.shape[0]:,} cells, {condition.name}, seed {seed}: {name}")
            seen = in_condition(study, condition, seed=seed)
            self._said[key] = measured(lambda: answers_of(self.models[name], seen))
        return self._said[key]

    @property
    def classes(self) -> Classes:
        """The types of the models.

        Raises
        ------
        UsageError
            When they have different ones.
        """
        found = {name: model.opened.bundle.classes for name, model in self.models.items()}
        first = next(iter(found.values()))
        assert first is not None  # of a model that annotates
        for name, other in found.items():
            if other is None or set(zip(other.names, other.parents, strict=True)) != set(
                zip(first.names, first.parents, strict=True)
            ):
                raise UsageError(f"{name} has other types than {next(iter(found))}: judge them one by one.")
        return first


def in_condition(study: Study, condition: Condition, *, seed: int) -> Study:
    """Return a study in a condition; every method is shown the same draw."""
    place = [known.name for known in CONDITIONS].index(condition.name)
    return changed(study, condition, np.random.default_rng([seed, 40, place]))


def record(
    study: Study,
    protocol: str,
    method: str,
    condition: Condition,
    values: Mapping[str, float],
    *,
    seed: int,
    cost: Cost | None = None,
    error: str = "",
) -> Record:
    """Return one record; the condition stands where imputation has its read-out."""
    return Record(
        data=study.name,
        protocol=protocol,
        method=method,
        share=1.0,
        read_out=condition.name,
        cells=study.counts.shape[0],
        seed=seed,
        values=dict(values),
        seconds=float("nan") if cost is None else cost.seconds,
        peak_mb=float("nan") if cost is None else cost.peak_mb,
        error=error,
    )


def names_of(models: Sequence[Model]) -> dict[str, Model]:
    """Return models by name.

    Raises
    ------
    UsageError
        When two have one.
    """
    named = {model.manifest.name: model for model in models}
    if len(named) < len(models):
        raise UsageError("Two models have one name: judge them one by one.")
    return named
