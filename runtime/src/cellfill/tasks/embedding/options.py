"""How to embed cells: every option, said once."""

from dataclasses import dataclass
from typing import Annotated

from cellfill.fitness.heed import Require
from cellfill.fitness.options import require_option
from cellfill.options.checks import Text
from cellfill.options.declared import Options
from cellfill.options.option import Option, Shell
from cellfill.options.running import FileRunOptions, RunOptions
from cellfill.options.shared import LockedModelOption, MinCoverageOption, ModelOption, OpenOptions, ThreadsOption


@dataclass(frozen=True, kw_only=True)
class EmbedOptions(MinCoverageOption, ThreadsOption):
    """How cells are embedded, whatever they are in."""

    batch: Annotated[
        str | None,
        Option(
            "Column of obs with the batch of each cell: what batches differ in is taken out, type by type.",
            "What most need",
            more="For models that know cell types, too. Without it a cell's place depends on that cell alone.",
            check=Text(),
            shell=Shell(metavar="COLUMN"),
        ),
    ] = None
    require: Annotated[Require | None, require_option("Place")] = None


@dataclass(frozen=True, kw_only=True, init=False, repr=False, eq=False)
class EmbedKeyOption(Options):
    """What the result is called."""

    key_added: Annotated[
        str | None,
        Option(
            "Name of the matrix of obsm that is added.",
            "Result",
            more="By default the model's own, ``X_`` and its name.",
            shell=Shell(more="[default: X_ and the model's name]"),
            alters=False,
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class EmbedAnnDataOptions(RunOptions, EmbedOptions, EmbedKeyOption):
    """How the cells of an AnnData are embedded."""

    copy: Annotated[
        bool,
        Option("Return an annotated copy and leave ``adata`` alone.", "Result", shell=None, alters=False),
    ] = False


@dataclass(frozen=True, kw_only=True)
class EmbedWithOptions(EmbedAnnDataOptions, ModelOption):
    """How the cells of an AnnData are embedded, with which model."""


@dataclass(frozen=True, kw_only=True)
class EmbedFileOptions(FileRunOptions, EmbedOptions, EmbedKeyOption, LockedModelOption, OpenOptions):
    """How the cells of a file are embedded, with which model."""
