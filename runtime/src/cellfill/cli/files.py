"""A task with one file or with many, as a command does it: one process, one model, a result each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from warnings import catch_warnings, simplefilter

import typer

from cellfill.cli.options import check_named, say_folder
from cellfill.console import failure_record, print_json, progress, said_of, say, shown_in_line
from cellfill.errors import OutputError, OutputExistsError, UsageError
from cellfill.fitness.heed import FitWarning

if TYPE_CHECKING:
    from cellfill.calls.on_files import Report
    from cellfill.options.running import Form
    from cellfill.options.shared import Task
    from cellfill.readers.remote import Source

Given = TypeVar("Given", bound="Any")

# Of many files the exit code is the first of these that any of them has: what is wrong with this machine or with
# the model before what is wrong with one file, and that before models that do not fit.
WORST_FIRST = (6, 1, 5, 4, 7, 2, 3, 9, 8)


@dataclass(frozen=True, kw_only=True)
class Work(Generic[Given]):
    """What a command does with a file.

    Attributes
    ----------
    task
        Which the model is opened for.
    doing
        What the progress bar says.
    call
        Does it with a file, into another, by these options.
    summary, warnings
        Say what was done: all of it, or what even those must hear who want to hear nothing.
    """

    task: Task
    doing: str
    call: Callable[[Source, Path, Given], Report]
    summary: Callable[[Report], str]
    warnings: Callable[[Report], list[str]]


@dataclass(frozen=True, kw_only=True)
class Where:
    """From where to where, as a person gave it."""

    data: Sequence[Source]
    output: Path | None
    folder: Path | None
    form: Form | None
    skip_existing: bool


def run_on_files(work: Work[Given], where: Where, options: Given, *, as_json: bool, quiet: bool) -> None:
    """Do it with the one file, or with many; say what was done, and exit with the code of the worst."""
    _check(where)
    check_named(options.model, options.lock)
    if not quiet:
        say_folder(options.model)
    if where.folder is not None:
        from cellfill.calls.many_files import kept_if_used

        with kept_if_used(where.folder):
            _many(work, where, options, as_json=as_json, quiet=quiet)
        return
    assert where.output is not None
    report = _one(work, where.data[0], where.output, options, doing=work.doing, quiet=quiet)
    if as_json:
        print_json(_record(report), there=f"{report.output} is written, and whole.")
    for line in work.warnings(report) if quiet else [work.summary(report)]:
        say(line)


def _check(where: Where) -> None:
    if where.output is None and where.folder is None:
        raise UsageError("Nothing says where to write. Give --output, or --output-dir.")
    if where.output is not None and where.folder is not None:
        raise UsageError("--output is for one file, --output-dir for any number: give one of them.")
    if where.folder is None and len(where.data) > 1:
        raise UsageError(f"There are {len(where.data)} files, and one --output. Give --output-dir instead.")
    if where.folder is None and (where.form is not None or where.skip_existing):
        raise UsageError("--format and --skip-existing go with --output-dir: of one file the name of OUT says it.")


def _one(work: Work[Given], data: Source, output: Path, options: Given, *, doing: str, quiet: bool) -> Report:
    with catch_warnings(), progress(doing, quiet=quiet):
        simplefilter("ignore", FitWarning)  # said below, in the command's own way
        if not quiet:
            options = replace(options, on_size=_say_size)
        return work.call(data, output, options)


def _one_unless_there(
    work: Work[Given], where: Where, data: Source, output: Path, options: Given, *, doing: str, quiet: bool
) -> Report | None:
    """Return None where there is a result that is to be left, be it one of another process that was faster."""
    if where.skip_existing and output.exists():
        return None
    try:
        return _one(work, data, output, options, doing=doing, quiet=quiet)
    except OutputExistsError:
        if where.skip_existing and output.exists():
            return None
        raise


def _say_size(expected: int, given: int) -> None:
    from cellfill.cli.summary import size_ahead

    if said := size_ahead(expected, given):
        say(said)


def _record(report: Report) -> dict[str, Any]:
    return dict(report.record) | {
        "output": str(report.output),
        "seconds": report.seconds,
        "bytes": report.bytes,
        "input_bytes": report.input_bytes,
    }


def _many(work: Work[Given], where: Where, options: Given, *, as_json: bool, quiet: bool) -> None:
    from cellfill.calls.many_files import results_of
    from cellfill.loading import loaded
    from cellfill.options.shared import OpenOptions

    assert where.folder is not None
    places = results_of(
        where.data, where.folder, form=where.form or "h5ad", overwrite=options.overwrite, skip=where.skip_existing
    )
    opened = replace(options, model=loaded(options.model, options.narrowed(OpenOptions), task=work.task))
    rows, codes = _Rows(places, quiet=quiet), []
    for number, (data, output) in enumerate(places.items(), start=1):
        doing = f"{work.doing} ({number} of {len(places)})"
        code, told = 0, dict[str, Any]()
        try:
            report = _one_unless_there(work, where, data, output, opened, doing=doing, quiet=quiet)
        except Exception as error:
            text, code = said_of(error)
            told = {"output": None} | failure_record(text, code, error)
            rows.add(data, verdict="", said=f"none: exit code {code}")
            say(text if str(data) in text else said_of(error, where=str(data))[0])
        else:
            if report is None:
                told = {"output": str(output), "skipped": True}
                rows.add(data, verdict="", said=f"{output} (was there)")
            else:
                told = _record(report)
                rows.add_report(data, report)
                for line in work.warnings(report):
                    say(f"{line} ({data})")
        codes.append(code)
        if as_json:
            there = f"{codes.count(0)} of {len(places)} files have a result in {where.folder}."
            print_json({"input": str(data), "exit_code": code, **told}, there=there, in_one_line=True)
    _end(codes, where.folder, quiet=quiet)


def _end(codes: Sequence[int], folder: Path, *, quiet: bool) -> None:
    worst = next((code for code in WORST_FIRST if code in codes), max(codes, default=0))
    failed = sum(code != 0 for code in codes)
    if not failed:
        if not quiet:
            say(f"{len(codes)} of {len(codes)} files have a result in {folder}")
        return
    text = f"{failed} of {len(codes)} files have no result: see above."
    if worst == OutputError.exit_code:
        raise OutputError(text)  # which ends without what may crash where a disk is full
    say(f"Error: {text}")
    raise typer.Exit(worst)


class _Rows:
    """A table of the files, a row as soon as one is done; nothing for those who want to hear nothing."""

    def __init__(self, places: Mapping[Source, Path], *, quiet: bool) -> None:
        self._width = max((len(shown_in_line(str(data))) for data in places), default=0)
        self._quiet = quiet
        self._say(("file", "cells", "the model", "seconds", "result"))

    def add(self, data: Source, *, verdict: str, said: str, cells: str = "", seconds: str = "") -> None:
        """Say a row."""
        self._say((str(data), cells, verdict, seconds, said))

    def add_report(self, data: Source, report: Report) -> None:
        """Say what was done with a file."""
        record = report.record
        cells, seconds = f"{record['cells']:,}", f"{report.seconds:.1f}"
        self.add(data, verdict=record["check"]["verdict"], said=str(report.output), cells=cells, seconds=seconds)

    def _say(self, row: tuple[str, str, str, str, str]) -> None:
        if not self._quiet:
            data, cells, verdict, seconds, result = map(shown_in_line, row)
            say(f"{data:<{self._width}}  {cells:>9}  {verdict:<16}  {seconds:>7}  {result}")
