"""``cellfill annotate``: name the cells of a dataset."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cellfill.cli.files import Where, Work, run_on_files
from cellfill.cli.options import (
    DATA,
    OutputDir,
    Quiet,
    RecordAsJson,
    SkipExisting,
    Verbose,
    many_data,
    written,
    written_as,
)
from cellfill.console.commands import command
from cellfill.options.running import CellForm
from cellfill.tasks.annotation.options import AnnotateFileOptions

if TYPE_CHECKING:
    from cellfill.calls.on_files import Report
    from cellfill.readers.remote import Source


@command(AnnotateFileOptions)
def annotate(
    data: Annotated[list[Any], many_data(DATA)],
    options: AnnotateFileOptions,
    output: Annotated[
        Path | None, written(".h5ad or .zarr: IN with the types in obs. .csv, .tsv (.gz): a row a cell.")
    ] = None,
    output_dir: OutputDir = None,
    form: Annotated[CellForm | None, written_as()] = None,
    skip_existing: SkipExisting = False,
    as_json: RecordAsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Name the cells of a dataset.

    Writes IN and the types to OUT, and says which cells the model does not know.
    """
    from cellfill.calls.annotating import annotate_file
    from cellfill.cli.summary_of_types import summary, warnings

    def call(data: Source, output: Path, options: AnnotateFileOptions) -> Report:
        return annotate_file(data, output, **options.keywords(AnnotateFileOptions))

    said = partial(summary, verbose=verbose)
    run_on_files(
        Work(task="annotate", doing="naming cells", call=call, summary=said, warnings=warnings),
        Where(data=data, output=output, folder=output_dir, form=form, skip_existing=skip_existing),
        options,
        as_json=as_json,
        quiet=quiet,
    )
