"""``cellfill embed``: place the cells of a dataset among those that a model knows."""

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
from cellfill.tasks.embedding.options import EmbedFileOptions

if TYPE_CHECKING:
    from cellfill.calls.on_files import Report
    from cellfill.readers.remote import Source


@command(EmbedFileOptions)
def embed(
    data: Annotated[list[Any], many_data(DATA)],
    options: EmbedFileOptions,
    output: Annotated[
        Path | None,
        written(".h5ad or .zarr: IN with the embedding in obsm. .csv, .tsv (.gz): a row a cell."),
    ] = None,
    output_dir: OutputDir = None,
    form: Annotated[CellForm | None, written_as()] = None,
    skip_existing: SkipExisting = False,
    as_json: RecordAsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Place the cells of a dataset among known ones.

    Writes IN and the embedding to OUT: where the model has cells like them.
    """
    from cellfill.calls.embedding import embed_file
    from cellfill.cli.summary_of_types import summary_of_places, warnings

    def call(data: Source, output: Path, options: EmbedFileOptions) -> Report:
        return embed_file(data, output, **options.keywords(EmbedFileOptions))

    said = partial(summary_of_places, verbose=verbose)
    run_on_files(
        Work(task="embed", doing="embedding cells", call=call, summary=said, warnings=warnings),
        Where(data=data, output=output, folder=output_dir, form=form, skip_existing=skip_existing),
        options,
        as_json=as_json,
        quiet=quiet,
    )
