"""Options of every run, whatever the task: which cells, how many at once, from where to where."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

from cellfill.options.checks import Whole
from cellfill.options.option import Option, Shell
from cellfill.options.shared import (
    GeneColumnOption,
    LayerOption,
    OrientationOption,
    OverwriteOption,
    ThreadsOption,
)

# Called with the number of cells done and of all cells.
OnBlock: TypeAlias = Callable[[int, int], None]
# Called with the bytes that the result will have, about, and those of the input.
OnSize: TypeAlias = Callable[[int, int], None]

# What the result of one of many files is, as the ending of a name says it of one; 10x is a folder of 10x mtx files.
# Values a cell have no such folder.
CellForm = Literal["h5ad", "zarr", "csv", "tsv", "csv.gz", "tsv.gz"]
Form = Literal[CellForm, "10x"]

# 64 to 1,024 cells a block run at one speed on a CPU; smaller blocks are slower, larger ones leave the cache.
BLOCK_SIZE = 256


@dataclass(frozen=True, kw_only=True)
class BlockOptions(ThreadsOption):
    """How many cells at once."""

    block_size: Annotated[
        int,
        Option(
            "Cells a block: changes memory and time, and of values the last digits.",
            "Machine",
            more="With human-pbmc at most 3e-6 of a value, between 1 and 4,096 cells, since sums are "
            "taken in another order. The same size gives the same bits, whatever the number of threads.",
            check=Whole("cell"),
        ),
    ] = BLOCK_SIZE
    on_block: Annotated[
        OnBlock | None,
        Option(
            "Called with the number of cells done and of all cells after every block.",
            "Machine",
            shell=None,
            alters=False,
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class RunOptions(GeneColumnOption, LayerOption, BlockOptions):
    """How a task is done with a dataset."""


@dataclass(frozen=True, kw_only=True)
class FileRunOptions(OrientationOption, RunOptions, OverwriteOption):
    """How a task is done from file to file."""

    on_size: Annotated[
        OnSize | None,
        Option(
            "Called after the first block with the bytes that the result will have, about, and those of the input.",
            "Machine",
            more="Where there is no layer it is not called.",
            shell=None,
            alters=False,
        ),
    ] = None
    resume: Annotated[
        bool,
        Option(
            "Keep finished blocks beside the output, and go on from those of a run that was cut.",
            "Machine",
            alters=False,
        ),
    ] = False
    dask: Annotated[
        str | None,
        Option(
            "Read and compute on the workers of a Dask cluster.",
            "Machine",
            more="Address of its scheduler, ``tcp://host:8786``, or its scheduler file: its workers compute, "
            "this process writes. They must see the data under the same path.",
            shell=Shell(metavar="TCP://HOST:PORT"),
            alters=False,
        ),
    ] = None
