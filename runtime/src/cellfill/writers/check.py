"""Refuse a result that could not be written, before the work begins."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal

from cellfill.errors import OutputError, OutputExistsError, UsageError
from cellfill.readers.remote import Remote, source_of
from cellfill.writers.genes import is_of_cellfill
from cellfill.writers.leftovers import SIDE_ENDINGS, sweep
from cellfill.writers.place import check_name

OutputFormat = Literal["h5ad", "zarr", "10x-mtx", "table"]

GENES_WITHIN = "cellfill_genes.tsv"  # what is known of the genes, in a 10x folder
RECORD_WITHIN = "cellfill.json"  # what it says of itself
MTX_FILES = ("matrix.mtx.gz", "features.tsv.gz", "barcodes.tsv.gz", RECORD_WITHIN, GENES_WITHIN)
_TABLES = (".csv", ".tsv", ".csv.gz", ".tsv.gz")
_NAMES = ".h5ad, .zarr, .csv, .tsv (or .csv.gz, .tsv.gz), or have no ending, for a 10x matrix folder"


def output_format(path: Path) -> OutputFormat:
    """Return the format that a name asks for; one without an ending asks for a 10x matrix folder.

    Raises
    ------
    UsageError
        When there is no name, or the one that stands for standard output elsewhere.
    OutputError
        When it asks for none that is written.
    """
    check_name(path, example="filled.h5ad")
    name = path.name.lower()
    if name.endswith(".h5ad"):
        return "h5ad"
    if name.endswith(".zarr"):
        return "zarr"
    if name.endswith(_TABLES):
        return "table"
    if name and not path.suffix:
        return "10x-mtx"
    raise OutputError(f"{path} must end in {_NAMES}: these formats are written.")


def check_output(path: str | Path, *, overwrite: bool) -> OutputFormat:
    """Refuse a result that could not be written; return the format that its name asks for.

    What a killed run left beside it is settled first, see `cellfill.writers.leftovers`. Files that belong beside a
    table are replaced with it, and without one they are of no result any more; what cellfill did not write under
    such a name is of somebody else.

    Raises
    ------
    UsageError
        When no file is named.
    OutputExistsError
        When it exists and ``overwrite`` is false, or a file of somebody else's is where one goes beside it.
    OutputError
        When its folder does not exist or cannot be written to, the name asks for no format that is written, or
        a folder is in its place that holds other things.
    """
    target = Path(path)
    form = output_format(target)
    is_folder = form in ("zarr", "10x-mtx")
    _sweep_beside(target)
    mode = _mode(target)
    if mode is not None and not (stat.S_ISDIR(mode) or stat.S_ISREG(mode)):
        raise OutputError(f"{target} is a device or pipe, which cannot be replaced. Name a file.")
    if mode is not None and stat.S_ISDIR(mode) and not is_folder:
        raise OutputError(f"{target} is a folder. Name a file.")
    if mode is not None and not stat.S_ISDIR(mode) and is_folder:
        raise OutputError(f"{target} is a file, and this format is a folder. Choose another name.")
    if mode is not None and not overwrite:
        raise OutputExistsError(f"{target} exists. Choose another name, or replace it with --force.")
    if form == "table":
        _check_beside(target, overwrite=overwrite)
    if mode is not None and is_folder:
        _check_replaceable(target, form)
    if not _is_folder(target.parent):
        raise OutputError(f"{target.parent} is not a folder. Make it first: mkdir -p {target.parent}")
    if not os.access(target.parent, os.W_OK):
        raise OutputError(f"{target.parent} cannot be written to. Choose another folder.")
    return form


def check_apart(output: str | Path, data: str | Path | Remote) -> None:
    """Refuse a result that would change what it is made of: within the store, around it, or in its place.

    A matrix folder may hold results; what is at a URL is in nobody's way.

    Raises
    ------
    OutputError
        When it is within or around.
    UsageError
        When it is in its place, and is no .h5ad or .zarr, which hold the counts, too, and may replace them.
    """
    named = source_of(data)
    if isinstance(named, Remote):
        return
    try:
        target, source = Path(output).resolve(), named.resolve()
    except (OSError, ValueError, RuntimeError):
        return  # refused where it is opened, with the reason
    if source in target.parents and is_store(source):
        raise OutputError(f"{output} lies within {data}, which is read. Choose a place outside of it.")
    if target in source.parents:
        raise OutputError(f"{output} holds {data}, which is read: it is not replaced. Choose another name.")
    if target.suffix not in (".h5ad", ".zarr") and _is_same(target, source):
        raise UsageError(f"{output} holds the counts, and would not hold them any more: choose another output.")


def _is_same(target: Path, source: Path) -> bool:
    try:
        return target.samefile(source)
    except (OSError, ValueError):
        return False  # nothing is there


def is_store(folder: Path) -> bool:
    """Return whether a folder is a Zarr store."""
    try:
        return any((folder / name).is_file() for name in (".zgroup", "zarr.json"))
    except (OSError, ValueError):
        return False


def check_dtype(output: OutputFormat, dtype: str) -> None:
    """Refuse half precision for text, where it makes no file smaller and only rounds the values.

    Raises
    ------
    UsageError
        When the output is text and ``dtype`` is float16.
    """
    if dtype == "float16" and output in ("10x-mtx", "table"):
        raise UsageError(
            "float16 would only round the values of a text file, not make it smaller: use float32, or write .h5ad "
            "or .zarr."
        )


def check_layers(path: Path, names: Sequence[str]) -> None:
    """Refuse several layers where there is room for one matrix.

    Raises
    ------
    UsageError
        When the output is text and there are several layers.
    """
    if len(names) > 1 and output_format(path) in ("10x-mtx", "table"):
        raise UsageError(f"{path} would hold one matrix, and there are {', '.join(names)}: give an .h5ad or .zarr.")


def _sweep_beside(target: Path) -> None:
    with suppress(OSError, ValueError, RuntimeError):  # a name that cannot be had is refused later, with the reason
        sweep(target.resolve().parent)


def _mode(path: Path) -> int | None:
    """Return what kind of thing is there, None for nothing."""
    try:
        return path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:  # a name that is too long, or has no meaning
        raise OutputError(f"{path} could not be written: {error}. Choose another name.") from error


def _check_beside(target: Path, *, overwrite: bool) -> None:
    """Refuse a table whose files beside it would replace what cellfill did not write."""
    for path in (target.with_name(target.name + ending) for ending in SIDE_ENDINGS):
        if _mode(path) is None:
            continue
        if not path.is_file():
            raise OutputError(
                f"{path} is no file, and one of that name belongs beside the table. Choose another name."
            )
        if not overwrite and not is_of_cellfill(path):
            raise OutputExistsError(
                f"{path} exists, is not of cellfill, and would be replaced by what goes beside the table. Choose "
                "another name, or replace it with --force."
            )


def _is_folder(path: Path) -> bool:
    mode = _mode(path)
    return mode is not None and stat.S_ISDIR(mode)


def _check_replaceable(folder: Path, form: OutputFormat) -> None:
    """Refuse to replace a folder that is no earlier result: it would be deleted with all that is in it."""
    held = {entry.name for entry in folder.iterdir()}
    is_store = form == "zarr" and bool(held & {".zgroup", "zarr.json"})
    if not is_store and not held <= set(MTX_FILES if form == "10x-mtx" else ()):
        raise OutputError(
            f"{folder} is a folder that holds other things ({sorted(held)[0]}): it is not replaced. Choose "
            "another name."
        )


def check_space(folder: Path, needed: int, *, about: bool = False, layered: bool = True) -> None:
    """Refuse a disk that a result of at least so many bytes would fill.

    Parameters
    ----------
    folder
        Where it is to be.
    needed
        The bytes.
    about
        Whether they were told from a part of the result.
    layered
        Whether there is a layer, which can be made smaller.

    Raises
    ------
    OutputError
        When less is free.
    """
    import shutil

    free = shutil.disk_usage(folder).free
    if needed > free:
        raise OutputError(
            f"{folder} has {free / 1e6:,.0f} MB free; the result needs {'about' if about else 'at least'} "
            f"{needed / 1e6:,.0f} MB{' more' if about else ''}. Write elsewhere"
            f"{', or see --rounded and --drop-below' if layered else ''}."
        )
