"""How to name cells: every option, said once."""

from dataclasses import dataclass
from typing import Annotated

from cellfill.errors import UsageError
from cellfill.fitness.heed import Require
from cellfill.fitness.options import require_option
from cellfill.options.checks import Share, Whole
from cellfill.options.declared import Options
from cellfill.options.option import Option, Shell
from cellfill.options.running import FileRunOptions, RunOptions
from cellfill.options.shared import LockedModelOption, MinCoverageOption, ModelOption, OpenOptions, ThreadsOption


@dataclass(frozen=True, kw_only=True)
class AnnotateOptions(MinCoverageOption, ThreadsOption):
    """How cells are named, whatever they are in."""

    confidence: Annotated[
        float | None,
        Option(
            "Least probability of an answer: below it the parent in the tree of types is tried, and at last none.",
            "What most need",
            more="By default the model's own.",
            check=Share(),
            shell=Shell(more="[default: the model's own]"),
        ),
    ] = None
    level: Annotated[
        int | None,
        Option(
            "How far down the tree of types an answer may go: 1 for its roots.",
            "What most need",
            more="By default as far as the model is sure.",
            check=Whole(),
            shell=Shell(more="[default: as far as the model is sure]"),
        ),
    ] = None
    unknown: Annotated[
        bool,
        Option(
            "Leave cells unassigned that look like none of the model's types.",
            "Model",
        ),
    ] = True
    shares: Annotated[
        bool,
        Option(
            "Expect the types in the shares that they have in these cells, rather than in the training's.",
            "Model",
            more="Estimated on up to 8,192 cells (label shift, Saerens et al. 2002).",
        ),
    ] = False
    require: Annotated[Require | None, require_option("Name")] = None

    def __post_init__(self) -> None:
        """Refuse values that mean nothing, and such as contradict one another."""
        super().__post_init__()
        if self.require is not None and not self.unknown:
            raise UsageError(
                f"require={self.require!r} asks whether these are cells of the model's types, which unknown=False "
                "(--no-unknown) leaves out: give one of the two."
            )


@dataclass(frozen=True, kw_only=True, init=False, repr=False, eq=False)
class AnnotateKeyOption(Options):
    """What the result is called."""

    key_added: Annotated[
        str,
        Option(
            "Name of the column of obs with the types.",
            "Result",
            more="It is the stem of the other columns and of the matrix of probabilities, too.",
            alters=False,
        ),
    ] = "cell_type"


@dataclass(frozen=True, kw_only=True)
class AnnotateAnnDataOptions(RunOptions, AnnotateOptions, AnnotateKeyOption):
    """How the cells of an AnnData are named."""

    copy: Annotated[
        bool,
        Option("Return an annotated copy and leave ``adata`` alone.", "Result", shell=None, alters=False),
    ] = False


@dataclass(frozen=True, kw_only=True)
class AnnotateWithOptions(AnnotateAnnDataOptions, ModelOption):
    """How the cells of an AnnData are named, with which model."""


@dataclass(frozen=True, kw_only=True)
class AnnotateFileOptions(FileRunOptions, AnnotateOptions, AnnotateKeyOption, LockedModelOption, OpenOptions):
    """How the cells of a file are named, with which model."""
