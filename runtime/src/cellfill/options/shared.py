"""Options that several calls have, of the counts, the model, the machine. Each is a base of the calls' classes.

A base alone is never made: it has no methods of its own, which would cost a millisecond each at every start.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol, get_args

from cellfill.errors import UsageError
from cellfill.options.checks import Share, Whole
from cellfill.options.declared import Options
from cellfill.options.option import Option, Shell

Device = Literal["auto", "cpu", "cuda"]
Orientation = Literal["auto", "cells-in-rows", "genes-in-rows"]
# What a model can be asked to do with cells.
Task = Literal["impute", "annotate", "embed"]
TASKS: tuple[Task, ...] = get_args(Task)


@dataclass(frozen=True, kw_only=True, init=False, repr=False, eq=False)
class LayerOption(Options):
    """Where the counts are."""

    layer: Annotated[
        str | None,
        Option(
            "Layer with the raw counts; raw for raw.X.",
            "Your data",
            more="By default ``X`` where it holds counts, else a layer or ``raw`` that does, else counts that "
            '``X`` gives back exactly (log1p of normalised counts, say). ``"raw"`` is ``raw.X`` where no layer has '
            "that name, with all of its genes.",
            shell=Shell(more="[default: found by itself]"),
            alters=False,  # where the counts were found is said of the input
        ),
    ] = None


@dataclass(frozen=True, kw_only=True, init=False, repr=False, eq=False)
class OrientationOption(Options):
    """Which way round a table is."""

    orientation: Annotated[
        Orientation,
        Option("What the rows of a text table are; auto finds it by the names.", "Your data", alters=False),
    ] = "auto"


@dataclass(frozen=True, kw_only=True, init=False, repr=False, eq=False)
class GeneColumnOption(Options):
    """What the genes are called."""

    gene_column: Annotated[
        str | None,
        Option(
            "Column of var with ids or symbols.",
            "Your data",
            more="Found by itself by default.",
            shell=Shell(more="[default: found by itself]"),
            alters=False,
        ),
    ] = None


@dataclass(frozen=True, kw_only=True, init=False, repr=False, eq=False)
class MinCoverageOption(Options):
    """How many of the model's genes are enough."""

    min_coverage: Annotated[
        float | None,
        Option(
            "Go on even where the data have but this share of what the model reads, by worth.",
            "Your data",
            more="The model's own threshold by default, see `cellfill.Model.align`.",
            check=Share(),
            shell=Shell(more="See cellfill align [default: the model's own]"),
        ),
    ] = None


@dataclass(frozen=True, kw_only=True, init=False, repr=False, eq=False)
class CalibrateOption(Options):
    """Whether the model is corrected."""

    calibrate: Annotated[bool, Option("Correct the model on these cells.", "Model")] = True


@dataclass(frozen=True, kw_only=True, init=False, repr=False, eq=False)
class ThreadsOption(Options):
    """How much is done at once."""

    threads: Annotated[
        int | None,
        Option(
            "Blocks worked on at once.",
            "Machine",
            more="The cores that there are, at most eight, by default.",
            check=Whole(),
            shell=Shell(more="[default: the cores, at most 8]"),
            alters=False,
        ),
    ] = None


@dataclass(frozen=True, kw_only=True, init=False, repr=False, eq=False)
class OfflineOption(Options):
    """Whether the Hub is asked."""

    offline: Annotated[
        bool,
        Option(
            "Ask the Hub nothing.",
            "Model",
            more="So does the environment variable ``HF_HUB_OFFLINE``.",
            alters=False,
        ),
    ] = False


@dataclass(frozen=True, kw_only=True, init=False, repr=False, eq=False)
class DeviceOption(Options):
    """Where the graph runs."""

    device: Annotated[
        Device,
        Option(
            "auto: the GPU where it works, else the CPU. cuda: the GPU, or an error.",
            "Machine",
            more="Of no meaning for a model that is loaded.",
            alters=False,
        ),
    ] = "auto"


@dataclass(frozen=True, kw_only=True, init=False, repr=False, eq=False)
class LockOption(Options):
    """Which bytes the model must be."""

    lock: Annotated[
        str | Path | None,
        Option(
            "The model must be the one that cellfill lock wrote here, to the byte.",
            "Model",
            more="Where it names one model of the Hub alone, that is the model if none is named.",
            shell=Shell(type=Path, metavar="FILE"),
            alters=False,
        ),
    ] = None


def _tasks(_name: str, tasks: Any) -> tuple[Task, ...]:
    listed = tuple(tasks) if isinstance(tasks, list | tuple | set | frozenset) else (tasks,)
    if any(not isinstance(task, str) or task not in TASKS for task in listed) or isinstance(tasks, str):
        raise UsageError(f"tasks is {tasks!r}; it must be a list of {', '.join(TASKS)}.")
    return listed


@dataclass(frozen=True, kw_only=True, init=False, repr=False, eq=False)
class TaskOption(Options):
    """What of a model is looked at."""

    task: Annotated[
        Task | None,
        Option(
            "What a model is to be used for.",
            "What most need",
            more="What None stands for, each call says.",
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class OpenOptions(DeviceOption, OfflineOption, LockOption):
    """How a model is found and opened."""


@dataclass(frozen=True, kw_only=True)
class LoadOptions(OpenOptions):
    """How a model is loaded."""

    tasks: Annotated[
        Sequence[Task],
        Option(
            "What it is to be used for, which it must be able to: its graph is opened for these.",
            "Model",
            more="By default for the first that it can.",
            check=_tasks,
            shell=None,
            alters=False,
        ),
    ] = ()


class LoadedModel(Protocol):
    """A model that is loaded, see `cellfill.load`."""

    @property
    def opened(self) -> Any:
        """The verified files, and the graphs that were opened of them."""


MODEL_TEXT = (
    "A bundle's folder; a name (human-pbmc), looked for in the folders of CELLFILL_MODELS, in model_cards here and "
    "on the Hub; or ORG/NAME of the Hub, with @REVISION or without."
)


@dataclass(frozen=True, kw_only=True, init=False, repr=False, eq=False)
class ModelOption(Options):
    """Which model."""

    model: Annotated[
        str | Path | LoadedModel,
        Option(
            MODEL_TEXT,
            "What most need",
            more="Or a model that is loaded, see `cellfill.load`.",
            shell=Shell(type=str, metavar="MODEL", more="See cellfill list, cellfill search."),
            alters=False,  # a result names the files by their hash
        ),
    ]


@dataclass(frozen=True, kw_only=True, init=False, repr=False, eq=False)
class LockedModelOption(Options):
    """Which model, unless a lock file says it."""

    model: Annotated[
        str | Path | LoadedModel | None,
        Option(
            MODEL_TEXT,
            "What most need",
            more="Or a model that is loaded, see `cellfill.load`. None where ``lock`` names one model of the Hub.",
            shell=Shell(type=str, metavar="MODEL", more="See cellfill list, cellfill search."),
            alters=False,  # a result names the files by their hash
        ),
    ] = None


@dataclass(frozen=True, kw_only=True, init=False, repr=False, eq=False)
class SeedOption(Options):
    """What is drawn."""

    seed: Annotated[int, Option("Of what is hidden.", "Machine", check=Whole(least=0), shell=None)] = 0


@dataclass(frozen=True, kw_only=True, init=False, repr=False, eq=False)
class OverwriteOption(Options):
    """Whether a file may be replaced."""

    overwrite: Annotated[
        bool,
        Option("Replace the output if it exists.", "What most need", shell=Shell(flag="--force"), alters=False),
    ] = False
