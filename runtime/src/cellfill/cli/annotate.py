"""``cellfill annotate``: name the cells of a dataset."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

from cellfill.cli.options import Data, Quiet, RecordAsJson, check_named, say_folder, written
from cellfill.console import print_json, progress_bar, say
from cellfill.console.commands import command
from cellfill.tasks.annotation.options import AnnotateFileOptions


@command(AnnotateFileOptions)
def annotate(
    data: Data,
    output: Annotated[Path, written(".h5ad or .zarr: IN with the types in obs. .csv, .tsv (.gz): a row a cell.")],
    options: AnnotateFileOptions,
    as_json: RecordAsJson = False,
    quiet: Quiet = False,
) -> None:
    """Name the cells of a dataset, and say which the model does not know: writes IN and the types to OUT."""
    from cellfill.calls.annotating import annotate_file
    from cellfill.cli.summary_of_types import summary, warnings

    check_named(options.model, options.lock)
    if not quiet:
        say_folder(options.model)
    with progress_bar("naming cells", quiet=quiet) as on_block:
        report = annotate_file(data, output, **replace(options, on_block=on_block).keywords(AnnotateFileOptions))
    if as_json:
        print_json(dict(report.record) | {"output": str(report.output), "seconds": report.seconds})
    for line in warnings(report) if quiet else [summary(report)]:
        say(line)
