"""``cellfill impute``: fill the dropouts of a dataset."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal
from warnings import catch_warnings, simplefilter

import typer

from cellfill.cli.options import (
    MACHINE,
    MODEL,
    MODEL_HELP,
    MOST_NEED,
    RESULT,
    YOUR_DATA,
    GeneColumn,
    Layer,
    Offline,
    Threads,
    say_folder,
)
from cellfill.console import print_json, progress_bar, say
from cellfill.errors import UsageError
from cellfill.fitness.heed import FitWarning


def impute(
    data: Annotated[
        Path,
        typer.Argument(metavar="IN", help="Cells x genes: .h5ad, .zarr, 10x .h5 or mtx folder, .loom, CSV, TSV."),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            metavar="OUT",
            help="What to write. .h5ad or .zarr: IN with the result as a layer. .csv, .tsv (.gz), or a folder "
            "for 10x mtx files: the imputed counts.",
            rich_help_panel=MOST_NEED,
        ),
    ],
    model: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL", help=f"{MODEL_HELP} See cellfill list, cellfill search.", rich_help_panel=MOST_NEED
        ),
    ] = None,
    estimate: Annotated[
        Literal["expected", "expressed", "posterior"] | None,
        typer.Option(
            help="expected: mean count given the cell's other genes. posterior: the same, given this entry's "
            "own count too. expressed: mean count if the transcript was caught, never below 1; for comparing "
            "with the literature, it blurs marker genes. Default: expected, or what the model has.",
            rich_help_panel=MODEL,
        ),
    ] = None,
    policy: Annotated[
        Literal["zeros", "max", "all"],
        typer.Option(
            help="zeros: fill zeros only. max: larger of the two. all: replace every entry.", rich_help_panel=RESULT
        ),
    ] = "zeros",
    genes: Annotated[
        str | None,
        typer.Option(
            metavar="A,B|FILE",
            help="Impute these genes only, and run only what they need.",
            rich_help_panel=MOST_NEED,
        ),
    ] = None,
    calibrate: Annotated[
        bool, typer.Option(help="Correct the model on these cells.", rich_help_panel=MODEL)
    ] = True,
    gate: Annotated[
        bool,
        typer.Option(
            help="Leave genes alone that the model predicts no better than their mean in these cells.",
            rich_help_panel=MODEL,
        ),
    ] = True,
    require: Annotated[
        Literal["fits", "limits"] | None,
        typer.Option(
            help="Write nothing unless the model fits these cells, or fits them at least with limits; exits with 9 "
            "where it does not fit, with 8 where limits or too few cells stand in the way. For pipelines.",
            rich_help_panel=MOST_NEED,
        ),
    ] = None,
    layer: Layer = None,
    gene_column: GeneColumn = None,
    min_coverage: Annotated[
        float | None,
        typer.Option(
            help="Impute even with this share of what the model reads; see cellfill align.",
            rich_help_panel=YOUR_DATA,
        ),
    ] = None,
    key_added: Annotated[
        str, typer.Option(help="Name of the layer that is added.", rich_help_panel=RESULT)
    ] = "imputed",
    drop_below: Annotated[
        float,
        typer.Option(help="Zeros that would get less than this stay zero: a smaller file.", rich_help_panel=RESULT),
    ] = 0.0,
    dtype: Annotated[
        Literal["float32", "float16"],
        typer.Option(
            help="float16: a dense layer of half the size, exact for counts up to 2,048.", rich_help_panel=RESULT
        ),
    ] = "float32",
    orientation: Annotated[
        Literal["auto", "cells-in-rows", "genes-in-rows"],
        typer.Option(help="Of a text table; auto finds it by the names.", rich_help_panel=YOUR_DATA),
    ] = "auto",
    device: Annotated[
        Literal["auto", "cpu", "cuda"],
        typer.Option(
            help="auto: the GPU where it works, else the CPU. cuda: the GPU, or an error.", rich_help_panel=MACHINE
        ),
    ] = "auto",
    offline: Offline = False,
    lock: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The model must be the one that cellfill lock wrote here, to the byte.",
            rich_help_panel=MODEL,
        ),
    ] = None,
    threads: Threads = None,
    block_size: Annotated[
        int,
        typer.Option(
            min=1, help="Cells a block: memory and time; of values the last digits.", rich_help_panel=MACHINE
        ),
    ] = 256,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="Keep finished work beside OUT, and go on from that of a run that was cut.",
            rich_help_panel=MACHINE,
        ),
    ] = False,
    dask: Annotated[
        str | None,
        typer.Option(
            metavar="TCP://HOST:PORT",
            help="Read and fill on the workers of a Dask cluster.",
            rich_help_panel=MACHINE,
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace the output if it exists.", rich_help_panel=MOST_NEED)
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print what was done as JSON on stdout.", rich_help_panel=RESULT)
    ] = False,
    quiet: Annotated[
        bool,
        typer.Option("--quiet", "-q", help="Print nothing but errors and warnings.", rich_help_panel=MOST_NEED),
    ] = False,
) -> None:
    """Fill the dropouts of a dataset: writes IN and its imputed counts to OUT."""
    from cellfill.cli.summary import summary, warnings
    from cellfill.genes.requested import parse_genes
    from cellfill.imputing_files import impute_file

    if model is None and lock is None:
        raise UsageError(
            "No model was named. Give --model, or --lock with a file that names one; see cellfill list."
        )
    if not quiet:
        say_folder(model)
    with catch_warnings(), progress_bar("imputing cells", quiet=quiet) as on_block:
        simplefilter("ignore", FitWarning)  # said below, in the command's own way
        report = impute_file(
            data,
            output,
            model=model,
            estimate=estimate,
            policy=policy,
            calibrate=calibrate,
            gate=gate,
            require=require,
            genes=None if genes is None else parse_genes(genes),
            layer=layer,
            gene_column=gene_column,
            key_added=key_added,
            drop_below=drop_below,
            dtype=dtype,
            min_coverage=min_coverage,
            block_size=block_size,
            threads=threads,
            device=device,
            offline=offline,
            lock=lock,
            orientation=orientation,
            overwrite=force,
            resume=resume,
            dask=dask,
            on_block=on_block,
        )
    if as_json:
        print_json(dict(report.record) | {"output": str(report.output), "seconds": report.seconds})
    for line in warnings(report) if quiet else [summary(report)]:
        say(line)
