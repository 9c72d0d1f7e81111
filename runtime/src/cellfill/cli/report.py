"""``cellfill report``: a page on whether a model is fit for a dataset."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cellfill.cli.options import Data, Quiet, check_named, say_folder
from cellfill.console import nothing_below_home, say
from cellfill.console.commands import command
from cellfill.report.options import ReportOptions


@command(ReportOptions)
def report(
    data: Data,
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="FILE", help="The page, .html.", rich_help_panel="What most need"),
    ],
    options: ReportOptions,
    quiet: Quiet = False,
) -> None:
    """Write one page on whether a model fits a dataset: what check says, with pictures.

    It is on one task (--task): by default imputing, else naming cells, else embedding them, whichever the model
    can first. The page needs no network and runs nothing; it looks at 2,000 cells at most. Exits with 0 when it is
    written, whatever it says: see cellfill check for a verdict that a program can read.
    """
    from cellfill.report import write_report

    check_named(options.model, options.lock)
    if not quiet:
        say_folder(options.model)
        say("checking: the model is tried on up to 2,000 cells ...")
    with nothing_below_home():
        fitness = write_report(data, output, **options.keywords(ReportOptions))
    if not quiet:
        say(f"verdict       {fitness.verdict}: {' '.join(fitness.reasons)}")
        say(f"page          {output}")
