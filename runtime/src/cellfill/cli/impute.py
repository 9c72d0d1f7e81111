"""``cellfill impute``: fill the dropouts of a dataset."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated
from warnings import catch_warnings, simplefilter

import typer

from cellfill.cli.options import Quiet, RecordAsJson, check_named, say_folder, written
from cellfill.console import print_json, progress_bar, say
from cellfill.console.commands import command
from cellfill.fitness.heed import FitWarning
from cellfill.tasks.imputation.options import ImputeFileOptions


@command(ImputeFileOptions)
def impute(
    data: Annotated[
        Path,
        typer.Argument(metavar="IN", help="Cells x genes: .h5ad, .zarr, 10x .h5 or mtx folder, .loom, CSV, TSV."),
    ],
    output: Annotated[
        Path,
        written(
            ".h5ad or .zarr: IN with the result as a layer. .csv, .tsv (.gz), or a folder "
            "for 10x mtx files: the imputed counts."
        ),
    ],
    options: ImputeFileOptions,
    as_json: RecordAsJson = False,
    quiet: Quiet = False,
) -> None:
    """Fill the dropouts of a dataset: writes IN and its imputed counts to OUT."""
    from cellfill.calls.imputing import impute_file
    from cellfill.cli.summary import summary, warnings

    check_named(options.model, options.lock)
    if not quiet:
        say_folder(options.model)
    with catch_warnings(), progress_bar("imputing cells", quiet=quiet) as on_block:
        simplefilter("ignore", FitWarning)  # said below, in the command's own way
        report = impute_file(data, output, **replace(options, on_block=on_block).keywords(ImputeFileOptions))
    if as_json:
        print_json(dict(report.record) | {"output": str(report.output), "seconds": report.seconds})
    for line in warnings(report) if quiet else [summary(report)]:
        say(line)
