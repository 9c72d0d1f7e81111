"""``cellfill report``: a page on whether a model is fit for a dataset."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from cellfill.cli.check import short
from cellfill.cli.options import AsJson, Data, Quiet, check_named, say_folder
from cellfill.console import nothing_below_home, print_json, progress, say
from cellfill.console.commands import command
from cellfill.fitness.heed import FitWarning
from cellfill.report.options import ReportOptions


@command(ReportOptions)
def report(
    data: Data,
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="FILE", help="The page, .html.", rich_help_panel="What most need"),
    ],
    options: ReportOptions,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Write a page with pictures on whether a model fits.

    It says what check says of a dataset, and is on one task (--task): by default imputing, else naming cells,
    else embedding them, whichever the model can first. The page needs no network and runs nothing; it looks at
    2,000 cells at most. Exits with 0 when it is written, whatever it says: see cellfill check for a verdict
    that a program can read.
    """
    from cellfill.report import write_report

    check_named(options.model, options.lock)
    if not quiet:
        say_folder(options.model)
        say("checking: the model is tried on up to 2,000 cells ...")
    with nothing_below_home(), _warnings_said(), progress("the report", quiet=quiet):
        fitness = write_report(data, output, **options.keywords(ReportOptions))
    if as_json:
        print_json({"page": str(output), **short(fitness.to_dict())}, there=f"{output} is written, and whole.")
    if not quiet:
        say(f"verdict       {str(fitness).partition(chr(10))[0]}")
        say(f"page          {output}")


@contextmanager
def _warnings_said() -> Iterator[None]:
    """Say what is warned of a model as commands say it; Python would show a line of code."""
    with warnings.catch_warnings():
        of_others = warnings.showwarning

        def show(message: Warning | str, category: type[Warning], *where: Any, **more: Any) -> None:
            if issubclass(category, FitWarning):
                say(f"WARNING       {message}")
            else:
                of_others(message, category, *where, **more)

        warnings.showwarning = show
        warnings.simplefilter("always", FitWarning)
        yield
