"""``cellfill embed``: place the cells of a dataset among those that a model knows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

from cellfill.cli.options import Data, Quiet, RecordAsJson, check_named, say_folder, written
from cellfill.console import print_json, progress_bar, say
from cellfill.console.commands import command
from cellfill.tasks.embedding.options import EmbedFileOptions


@command(EmbedFileOptions)
def embed(
    data: Data,
    output: Annotated[
        Path, written(".h5ad or .zarr: IN with the embedding in obsm. .csv, .tsv (.gz): a row a cell.")
    ],
    options: EmbedFileOptions,
    as_json: RecordAsJson = False,
    quiet: Quiet = False,
) -> None:
    """Place the cells of a dataset where a model has cells like them: writes IN and the embedding to OUT."""
    from cellfill.bundle.naming import model_line
    from cellfill.calls.embedding import embed_file
    from cellfill.cli.summary_of_types import checked, warnings_of

    check_named(options.model, options.lock)
    if not quiet:
        say_folder(options.model)
    with progress_bar("embedding cells", quiet=quiet) as on_block:
        report = embed_file(data, output, **replace(options, on_block=on_block).keywords(EmbedFileOptions))
    record = report.record
    if as_json:
        print_json(dict(record) | {"output": str(report.output), "seconds": report.seconds})
    if quiet:
        for line in warnings_of(record["check"]):
            say(line)
        return
    batches = f", without what {record['batches']} batches differ in" if record["batches"] else ""
    empty = f" ({record['empty_cells']:,} without any model gene: no place)" if record["empty_cells"] else ""
    say(f"model         {model_line(record)}")
    say(f"cells         {record['cells']:,}{empty}")
    say(f"counts        {record['saw']}")
    say(f"predictors    {record['predictors_found']:,} of the {record['predictors_needed']:,} genes that it reads")
    say(f"embedding     obsm[{record['key']!r}], {len(record['dimensions'])} dimensions{batches}")
    for line in checked(record["check"]):
        say(line)
    say(f"seconds       {report.seconds:.1f} on the {record['device']}")
    say(f"result        {report.output}")
