"""``cellfill impute``: fill the dropouts of a dataset."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cellfill.cli.files import Where, Work, run_on_files
from cellfill.cli.options import (
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
from cellfill.options.running import Form
from cellfill.tasks.imputation.options import ImputeFileOptions

if TYPE_CHECKING:
    from cellfill.calls.on_files import Report
    from cellfill.readers.remote import Source


@command(ImputeFileOptions)
def impute(
    data: Annotated[
        list[Any],
        many_data("Cells x genes: .h5ad, .zarr, 10x .h5 (or a URL), mtx folder, .loom, CSV, TSV."),
    ],
    options: ImputeFileOptions,
    output: Annotated[
        Path | None,
        written(
            ".h5ad or .zarr: IN with the result as a layer. .csv, .tsv (.gz), or a folder "
            "for 10x mtx files: the imputed counts."
        ),
    ] = None,
    output_dir: OutputDir = None,
    form: Annotated[Form | None, written_as()] = None,
    skip_existing: SkipExisting = False,
    as_json: RecordAsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Fill the dropouts of a dataset.

    Writes IN and its imputed counts to OUT. The model is tried on the cells first: the first line says whether it
    fits.
    """
    from cellfill.calls.imputing import impute_file
    from cellfill.cli.summary import summary, warnings

    def call(data: Source, output: Path, options: ImputeFileOptions) -> Report:
        return impute_file(data, output, **options.keywords(ImputeFileOptions))

    said = partial(summary, verbose=verbose)
    run_on_files(
        Work(task="impute", doing="imputing cells", call=call, summary=said, warnings=warnings),
        Where(data=data, output=output, folder=output_dir, form=form, skip_existing=skip_existing),
        options,
        as_json=as_json,
        quiet=quiet,
    )
