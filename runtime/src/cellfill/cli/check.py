"""``cellfill check``: whether a model is fit for a dataset."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from cellfill.cli.options import AsJson, Data, say_folder
from cellfill.console import out, print_json, say
from cellfill.console.commands import command
from cellfill.fitness.options import CheckOptions
from cellfill.options.shared import ModelOption, OfflineOption, OpenOptions

EXIT_CODES = {"fits": 0, "fits with limits": 8, "not tested": 8, "does not fit": 9}


@dataclass(frozen=True, kw_only=True)
class Options(CheckOptions, ModelOption, OfflineOption):
    """Those of the command."""


@command(Options)
def check(
    data: Data,
    options: Options,
    genes: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write what was found of every gene here (.tsv).", rich_help_panel="Result"
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace FILE if it exists.", rich_help_panel="Result")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Say whether a model is fit for a dataset: hide some of its counts, impute them, compare.

    Looks at 2,000 cells at most. Exits with 0 where the model fits, with 8 where it fits with limits or there are
    too few cells to tell, with 9 where it does not fit.
    """
    from cellfill.fitness.table import write_genes
    from cellfill.loading import loaded
    from cellfill.writers.check import check_apart
    from cellfill.writers.text_file import check_text_file

    if genes is not None:
        check_text_file(genes, ending=".tsv", overwrite=force)
        check_apart(genes, data)
    say_folder(options.model)
    model = loaded(options.model, OpenOptions(offline=options.offline), task="impute")
    say("checking: some counts of up to 2,000 cells are hidden, imputed and compared ...")
    fitness = model.check(data, **options.keywords(CheckOptions))
    if genes is not None:
        write_genes(fitness.genes, genes, overwrite=force)
    if as_json:
        print_json(fitness.to_dict())
    else:
        out(fitness)
    raise typer.Exit(EXIT_CODES[fitness.verdict])
