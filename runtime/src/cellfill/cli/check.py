"""``cellfill check``: whether a model is fit for a dataset."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from cellfill.cli.options import Data, Quiet, Verbose, check_named, say_folder
from cellfill.console import out, print_json, progress, say
from cellfill.console.commands import command
from cellfill.errors import UsageError
from cellfill.fitness.options import CheckOptions, CheckWithOptions

EXIT_CODES = {"fits": 0, "fits with limits": 8, "not tested": 8, "does not fit": 9}


_DOING = {
    "impute": "some counts of up to 2,000 cells are hidden, imputed and compared",
    "annotate": "up to 2,000 cells are named, and again with less of them known",
    "embed": "up to 2,000 cells are compared with those that trained the model",
}


@command(CheckWithOptions)
def check(
    data: Data,
    options: CheckWithOptions,
    genes: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write what was found of every gene here (.tsv).", rich_help_panel="Result"
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace FILE if it exists.", rich_help_panel="Result")
    ] = False,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json",
            help="Print it as JSON, all but what was found of every gene (--genes).",
            rich_help_panel="Result",
        ),
    ] = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Say whether a model fits a dataset.

    Tries it on 2,000 cells at most, for each of its tasks. Imputing: some counts are hidden, imputed and
    compared. Naming cells: they are named, whole and with less of them known. Exits with 0 where the model
    fits, with 8 where it fits with limits or there are too few cells to tell, with 9 where it does not fit; of
    several tasks the worst counts (--task).
    """
    from cellfill.fitness.fitness import Fitness
    from cellfill.fitness.table import write_genes
    from cellfill.loading import loaded
    from cellfill.options.shared import OpenOptions
    from cellfill.text.sentences import row, trained_on
    from cellfill.writers.check import check_apart
    from cellfill.writers.text_file import check_text_file

    if genes is not None:
        check_text_file(genes, ending=".tsv", overwrite=force)
        check_apart(genes, data)
    check_named(options.model, options.lock)
    if not quiet:
        say_folder(options.model)
    with progress("checking", quiet=quiet):
        model = loaded(options.model, options.narrowed(OpenOptions), task=options.task)
    tasks = model.manifest.tasks if options.task is None else (options.task,)
    if genes is not None and tasks != ("impute",):
        raise UsageError(
            "--genes writes what was found of each gene that is imputed: "
            + ("give --task impute with it." if "impute" in tasks else f"{model.manifest.name} imputes none.")
        )
    if not quiet:
        say(f"checking: {'; '.join(_DOING[task] for task in tasks)} ...")
    with progress("checking", quiet=quiet):
        fitness = model.check(data, **options.keywords(CheckOptions))
    if genes is not None and isinstance(fitness, Fitness):
        write_genes(fitness.genes, genes, overwrite=force)
    if as_json:
        print_json(short(fitness.to_dict()))
    elif not quiet:
        lines = trained_on([study.name for study in model.manifest.studies if study.role == "training"])
        if genes is not None and isinstance(fitness, Fitness) and fitness.genes is not None:
            trusted, every = int(fitness.genes.trusted.sum()), len(fitness.genes.trusted)
            said = f"{trusted:,} of {every:,} genes are trusted: the model surely predicts them by itself"
            lines.append(row("table", f"{genes}: {said} (column trusted)"))
        out("\n".join([fitness.describe(verbose=verbose), *lines]))
    raise typer.Exit(EXIT_CODES[fitness.verdict])


def short(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a check found without its columns of a value a gene, which are most of it."""
    kept = {name: value for name, value in found.items() if name != "genes"}
    if "checks" in kept:
        kept["checks"] = {task: short(one) for task, one in kept["checks"].items()}
    return kept
