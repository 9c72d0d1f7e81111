"""Every option of a training, whatever is trained: what is of another training is refused by its name."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from cellfill.errors import UsageError
from cellfill.options.declared import Options, declared_in
from cellfill.options.shared import Task
from cellfill_training.architectures.architecture import Architecture
from cellfill_training.architectures.classifier.options import OF_LAYERS, ClassifierOptions
from cellfill_training.fitting.options import FitOptions
from cellfill_training.fitting.presets import PRESETS, tuning_options
from cellfill_training.parts.options import OF_SETS, NetworkOptions

# What only one kind of training reads, besides options: as a person types it.
_IMPUTING = ("--preset", "--from", "--targets", "--on-disk")
_NAMING = ("--labels", "--label-table", "--markers")
_WIRING = ("--gene-sets",)
# What one kind of training calls otherwise than another.
_SAME = {"--max-epochs": "--epochs", "--epochs": "--max-epochs"}


@dataclass(frozen=True, kw_only=True)
class EveryOption(ClassifierOptions, FitOptions, NetworkOptions):
    """The options of every training, for a command that has them all; a training takes those of its own."""


def said_default(name: str) -> str:
    """Return what an option is where nobody says it, and where a preset or a task has another value."""
    every: dict[str, Options] = {
        "": PRESETS["default"],
        "preset paper": PRESETS["paper"],
        "--from": tuning_options("default"),
        "annotate and embed": ClassifierOptions(),
    }
    values = {whose: getattr(options, name) for whose, options in every.items() if hasattr(options, name)}
    said = []
    if values:
        first, *others = values.items()
        said = [f"{first[1]}", *(f"{whose}: {value}" for whose, value in others if value != first[1])]
    published = ["--architecture: the paper's"] if name in _names(NetworkOptions) else []
    return "; ".join((*said, *published))


def classifier_options(**changes: Any) -> ClassifierOptions:
    """Return the options of a classifier with some of them changed; a change to None leaves the default.

    Raises
    ------
    UsageError
        When there is no such option, or a value means nothing.
    """
    known = [declared.name for declared in declared_in(ClassifierOptions)]
    if unknown := set(changes) - set(known):
        raise UsageError(f"There is no option {min(unknown)!r}; there are {', '.join(sorted(known))}.")
    given = {name: value for name, value in changes.items() if value is not None}
    if given.keys() & set(OF_LAYERS):  # who chooses of the layers, be it what they have anyway, wants some
        given.setdefault("network", "deep")
    return ClassifierOptions(**given)


def check_of_task(task: Task, options: Mapping[str, Any], typed: Collection[str]) -> None:
    """Refuse what another training reads and this one, of no published network, does not.

    Parameters
    ----------
    task
        What the model is to do.
    options
        Those that a person gave, by name.
    typed
        What else a person gave of `_IMPUTING`, `_NAMING` and `_WIRING`.

    Raises
    ------
    UsageError
        With the first of them, as it is typed.
    """
    own, other = (FitOptions, ClassifierOptions) if task == "impute" else (ClassifierOptions, FitOptions)
    mine, theirs, published = (_names(kind) for kind in (own, other, NetworkOptions))
    strange = [_flag(name) for name in sorted(set(options) & (theirs - mine))]
    strange += [name for name in (_NAMING if task == "impute" else _IMPUTING) if name in typed]
    if strange:
        tasks = "annotate or embed" if task == "impute" else "impute"
        same = _SAME.get(strange[0], "")
        raise UsageError(
            f"{strange[0]} is of --task {tasks}, and the task is {task}: "
            + (f"here it is {same}." if same else "leave it out, or say another --task.")
        )
    if further := [*map(_flag, sorted(set(options) & (published - mine))), *(f for f in _WIRING if f in typed)]:
        raise UsageError(f"{further[0]} is of a published network: leave it out, or name one with --architecture.")
    if task != "impute" and "--labels" not in typed:
        raise UsageError(f"--task {task} learns from the types of cells: name their column of obs with --labels.")


def check_of_architecture(kind: Architecture, task: Task | None, typed: Collection[str]) -> None:
    """Refuse a task that a published network has not, and what it does not read besides options.

    Parameters
    ----------
    kind
        The network.
    task
        That a person asked for, if any.
    typed
        As in `check_of_task`.

    Raises
    ------
    UsageError
        With the first of them.
    """
    if task is not None and task not in kind.tasks:
        raise UsageError(f"{kind.name} does not {task}: it can {' and '.join(kind.tasks)}. Leave out --task.")
    others = (*_IMPUTING, *(() if kind.labels else _NAMING), *(_WIRING if kind.gene_sets == "never" else ()))
    strange = [flag for flag in others if flag in typed]
    if strange:
        raise UsageError(f"{strange[0]} does not go with --architecture {kind.name}: leave one of them out.")
    if kind.labels and "--labels" not in typed:
        raise UsageError(f"{kind.name} learns from the types of cells: name their column of obs with --labels.")
    if kind.gene_sets == "must" and "--gene-sets" not in typed:
        raise UsageError(
            f"{kind.name} is wired by gene sets: give a GMT file with --gene-sets, such as the Gene Ontology's "
            "biological processes of your species."
        )


def check_of_sets(options: Mapping[str, Any], *, there: bool) -> None:
    """Refuse options of gene sets where a network that could have some was given none.

    Raises
    ------
    UsageError
        With the first of them.
    """
    typed = sorted(name for name in OF_SETS & options.keys() if options[name] is not None)
    if typed and not there:
        raise UsageError(f"{_flag(typed[0])} is of gene sets: name their file with --gene-sets, or leave it out.")


def _names(kind: type[Any]) -> set[str]:
    return {declared.name for declared in declared_in(kind)}


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")
