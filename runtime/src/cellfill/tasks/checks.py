"""A model of several tasks, checked on a dataset for each of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from cellfill.fitness.looked import figures_of
from cellfill.readers.remembered import remembered
from cellfill.tasks.annotation.check import check_types
from cellfill.tasks.embedding.check import check_embedding

if TYPE_CHECKING:
    from cellfill.bundle import Task
    from cellfill.fitness.fitness import Fitness
    from cellfill.fitness.options import CheckOptions
    from cellfill.fitness.verdict import Verdict
    from cellfill.network.graphs import Opened
    from cellfill.readers.dataset import Dataset
    from cellfill.tasks.annotation.fitness import TypesFitness
    from cellfill.tasks.embedding.fitness import EmbeddingFitness

    OneTask: TypeAlias = Fitness | TypesFitness | EmbeddingFitness

_WORSE: tuple[Verdict, ...] = ("fits", "fits with limits", "not tested", "does not fit")


@dataclass(frozen=True, slots=True)
class Checks:
    """What was found of each task of a model.

    Attributes
    ----------
    of
        By task, in the order of the model's.
    """

    of: Mapping[Task, OneTask]

    @property
    def verdict(self) -> Verdict:
        """The worst of them."""
        return max((found.verdict for found in self.of.values()), key=_WORSE.index)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Those of each task, which they begin with."""
        return tuple(f"{task}: {found.verdict}. {' '.join(found.reasons)}" for task, found in self.of.items())

    def to_dict(self) -> Mapping[str, Any]:
        """Return plain types, for JSON; what was not measured is None."""
        return {"verdict": self.verdict, "checks": {task: found.to_dict() for task, found in self.of.items()}}

    def __repr__(self) -> str:
        return f"<Checks: {', '.join(f'{task} {found.verdict}' for task, found in self.of.items())}>"

    def describe(self, *, verbose: bool = False) -> str:
        """Say what was found of each task, the verdicts first; with all figures if ``verbose``."""
        said, lines = set[str](), []
        for task, found in self.of.items():
            first, *body = found.describe(verbose=verbose).splitlines()
            lines += [f"{task}: {first}", *(line for line in body if line not in said), ""]
            said |= set(figures_of(found, verbose=verbose))  # what is looked at is the same of each, mostly
        return "\n".join(lines).rstrip("\n")

    def __str__(self) -> str:
        return self.describe()

    def _repr_html_(self) -> str:
        return "".join(f"<h4>{task}</h4>{found._repr_html_()}" for task, found in self.of.items())


def check_tasks(opened: Opened, dataset: Dataset, options: CheckOptions, *, name: str) -> OneTask | Checks:
    """Check whether a model is fit for a dataset; see `cellfill.Model.check`.

    Parameters
    ----------
    opened, dataset, options
        The model, the data, and how.
    name
        What to call the model.

    Returns
    -------
    What was found of the one task; of several of them all.

    Raises
    ------
    TaskError
        When the model lacks the task that was asked for.
    """
    from cellfill.fitness.check import check_dataset

    manifest = opened.bundle.manifest
    if options.task is not None:
        manifest.need(options.task)
    tasks = manifest.tasks if options.task is None else (options.task,)
    found: dict[Task, OneTask] = {}
    dataset = remembered(dataset)  # every task looks at the same cells
    if "impute" in tasks:
        found["impute"] = check_dataset(opened, dataset, options, name=name).fitness
    types = None
    if "annotate" in tasks or ("embed" in tasks and manifest.annotation is not None):
        types = check_types(opened, dataset, options, name=name)
    if types is not None and "annotate" in tasks:
        found["annotate"] = types.fitness
    if "embed" in tasks:
        found["embed"] = check_embedding(opened, dataset, options, name=name, types=types).fitness
    return next(iter(found.values())) if len(found) == 1 else Checks(found)
