"""Every option of a training, whatever is trained: what is of another training is refused by its name."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from cellfill.console.help import Shown
from cellfill.errors import UsageError
from cellfill.options.declared import Options, declared_in
from cellfill.options.shared import Task
from cellfill.text.guess import did_you_mean
from cellfill_training.architectures.architecture import Architecture
from cellfill_training.architectures.catalogue import ARCHITECTURES
from cellfill_training.architectures.classifier.options import OF_LAYERS, ClassifierOptions
from cellfill_training.fitting.options import FitOptions
from cellfill_training.fitting.presets import PRESETS, STRUCTURE, Preset, tuning_options
from cellfill_training.parts.options import OF_SETS, NetworkOptions

# What only one kind of training reads, besides options: as a person types it.
IMPUTING = ("--preset", "--from", "--targets", "--on-disk")
_NAMING = ("--labels", "--label-table", "--markers")
_WIRING = ("--gene-sets",)
# What one kind of training calls otherwise than another.
_SAME = {"--max-epochs": "--epochs", "--epochs": "--max-epochs"}


@dataclass(frozen=True, kw_only=True)
class EveryOption(ClassifierOptions, FitOptions, NetworkOptions):
    """The options of every training, for a command that has them all; a training takes those of its own."""


def said_defaults(typed: Mapping[str, Any]) -> dict[str, Shown]:
    """Return what --help says of the options that a training has: what each is where nobody says it.

    Parameters
    ----------
    typed
        What a person typed of ``architecture``, ``task``, ``preset`` and ``start``: it makes another training.
    """
    values = _values(typed)
    return {
        declared.name: Shown(
            text=declared.option.text,
            group=declared.option.group,
            default=_as_typed(declared.name, getattr(values, declared.name)),
        )
        for declared in declared_in(type(values))
        if declared.name in _read(typed, values)
    }


def every_default(name: str) -> str:
    """Return what an option is where nobody says it, in every training that has it."""
    trainings: dict[str, Mapping[str, str]] = {
        "impute": {},
        "--preset paper": {"preset": "paper"},
        "--from": {"start": "MODEL"},
        "annotate and embed": {"task": "annotate"},
        **{architecture: {"architecture": architecture} for architecture in ARCHITECTURES},
    }
    whose: dict[str, list[str]] = {}
    for training, typed in trainings.items():
        values = _values(typed)
        if name in _read(typed, values):
            whose.setdefault(_as_typed(name, getattr(values, name)), []).append(training)
    if len(whose) == 1:
        return next(iter(whose))
    return "; ".join(f"{value} ({', '.join(found)})" for value, found in whose.items())


def _values(typed: Mapping[str, Any]) -> FitOptions | ClassifierOptions | NetworkOptions:
    kind = ARCHITECTURES.get(typed.get("architecture", ""))
    if kind is not None:
        return kind.options()
    if typed.get("task") in ("annotate", "embed"):
        return ClassifierOptions()
    preset: Preset = "paper" if typed.get("preset") == "paper" else "default"
    return tuning_options(preset) if typed.get("start") else PRESETS[preset]


def _read(typed: Mapping[str, Any], values: Options) -> Collection[str]:
    """Return the names of the options that a training has."""
    if isinstance(values, NetworkOptions):
        return ARCHITECTURES[typed["architecture"]].reads
    tuned = isinstance(values, FitOptions) and typed.get("start")
    return _names(type(values)) - set(STRUCTURE if tuned else ())


def _as_typed(name: str, value: Any) -> str:
    """Return a default as a person would type it."""
    if isinstance(value, bool):
        return _flag(name).removeprefix("--") if value else "no-" + _flag(name).removeprefix("--")
    return "none" if value is None or value == "" else f"{value}"


def classifier_options(**changes: Any) -> ClassifierOptions:
    """Return the options of a classifier with some of them changed; a change to None leaves the default.

    Raises
    ------
    UsageError
        When there is no such option, or a value means nothing.
    """
    known = [declared.name for declared in declared_in(ClassifierOptions)]
    if unknown := set(changes) - set(known):
        raise UsageError(f"There is no option {min(unknown)!r}; {did_you_mean(min(unknown), sorted(known))}")
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
        What else a person gave of `IMPUTING`, `_NAMING` and `_WIRING`.

    Raises
    ------
    UsageError
        With the first of them, as it is typed.
    """
    own, other = (FitOptions, ClassifierOptions) if task == "impute" else (ClassifierOptions, FitOptions)
    mine, theirs, published = (_names(kind) for kind in (own, other, NetworkOptions))
    strange = [_flag(name) for name in sorted(set(options) & (theirs - mine))]
    strange += [name for name in (_NAMING if task == "impute" else IMPUTING) if name in typed]
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
        places = " Without any labels --task embed finds principal components." if task == "embed" else ""
        raise UsageError(
            f"--task {task} learns from the types of cells: name their column of obs with --labels.{places}"
        )


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
    others = (*IMPUTING, *(() if kind.labels else _NAMING), *(_WIRING if kind.gene_sets == "never" else ()))
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
