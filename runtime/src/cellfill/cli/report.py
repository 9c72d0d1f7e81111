"""``cellfill report``: a page on whether a model is fit for a dataset."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from cellfill.cli.options import MODEL, RESULT, YOUR_DATA, GeneColumn, Layer, Model, Offline, Threads, say_folder
from cellfill.console import nothing_below_home, say


def report(
    data: Annotated[Path, typer.Argument(metavar="IN", help="Cells x genes, in any format that impute reads.")],
    model: Model,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The page, .html.")],
    labels: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN", help="Column of obs that colours the cells [default: cell_type, leiden ...]."
        ),
    ] = None,
    layer: Layer = None,
    gene_column: GeneColumn = None,
    min_coverage: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Least coverage [default: the model's own].", rich_help_panel=YOUR_DATA),
    ] = None,
    calibrate: Annotated[
        bool, typer.Option(help="Judge the model corrected on these cells.", rich_help_panel=MODEL)
    ] = True,
    embedding: Annotated[
        Literal["auto", "pca", "umap"],
        typer.Option(help="umap: beside principal components. auto: where umap-learn is installed."),
    ] = "auto",
    threads: Threads = None,
    offline: Offline = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace FILE if it exists.", rich_help_panel=RESULT)
    ] = False,
) -> None:
    """Write one page on whether a model fits a dataset: what check says, with pictures.

    The page needs no network and runs nothing; it looks at 2,000 cells at most. Exits with 0 when it is written,
    whatever it says: see cellfill check for a verdict that a program can read.
    """
    from cellfill.report import write_report

    say_folder(model)
    say("checking: some counts of up to 2,000 cells are hidden, imputed and compared ...")
    with nothing_below_home():
        fitness = write_report(
            data,
            output,
            model=model,
            labels=labels,
            layer=layer,
            gene_column=gene_column,
            min_coverage=min_coverage,
            calibrate=calibrate,
            embedding=embedding,
            overwrite=force,
            offline=offline,
            threads=threads,
        )
    say(f"verdict       {fitness.verdict}: {' '.join(fitness.reasons)}")
    say(f"page          {output}")
