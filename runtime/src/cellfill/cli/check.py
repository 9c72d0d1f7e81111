"""``cellfill check``: whether a model is fit for a dataset."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cellfill.cli.options import (
    MODEL,
    RESULT,
    YOUR_DATA,
    AsJson,
    GeneColumn,
    Layer,
    Model,
    Offline,
    Threads,
    say_folder,
)
from cellfill.console import out, print_json, say

EXIT_CODES = {"fits": 0, "fits with limits": 8, "not tested": 8, "does not fit": 9}


def check(
    data: Annotated[Path, typer.Argument(metavar="IN", help="Cells x genes, in any format that impute reads.")],
    model: Model,
    layer: Layer = None,
    gene_column: GeneColumn = None,
    min_coverage: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Least coverage [default: the model's own].", rich_help_panel=YOUR_DATA),
    ] = None,
    calibrate: Annotated[
        bool, typer.Option(help="Judge the model corrected on these cells.", rich_help_panel=MODEL)
    ] = True,
    genes: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write what was found of every gene here (.tsv).", rich_help_panel=RESULT
        ),
    ] = None,
    threads: Threads = None,
    offline: Offline = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace FILE if it exists.", rich_help_panel=RESULT)
    ] = False,
    *,
    as_json: AsJson = False,
) -> None:
    """Say whether a model is fit for a dataset: hide some of its counts, impute them, compare.

    Looks at 2,000 cells at most. Exits with 0 where the model fits, with 8 where it fits with limits or there are
    too few cells to tell, with 9 where it does not fit.
    """
    from cellfill.fitness.table import write_genes
    from cellfill.loading import load
    from cellfill.writers.check import check_apart
    from cellfill.writers.text_file import check_text_file

    if genes is not None:
        check_text_file(genes, ending=".tsv", overwrite=force)
        check_apart(genes, data)
    say_folder(model)
    loaded = load(model, offline=offline)
    say("checking: some counts of up to 2,000 cells are hidden, imputed and compared ...")
    fitness = loaded.check(
        data,
        layer=layer,
        gene_column=gene_column,
        min_coverage=min_coverage,
        calibrate=calibrate,
        threads=threads,
    )
    if genes is not None:
        write_genes(fitness.genes, genes, overwrite=force)
    if as_json:
        print_json(fitness.to_dict())
    else:
        out(fitness)
    raise typer.Exit(EXIT_CODES[fitness.verdict])
