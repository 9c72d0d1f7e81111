"""``cellfill-train recipe``: a model by a committed recipe."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cellfill.console import print_json
from cellfill_training.cli.options import AsJson, Force, OnDisk, Out, Quiet, Verbose
from cellfill_training.cli.progress import Told, say_what_is_missing, tell_training


def recipe(
    file: Annotated[Path, typer.Argument(metavar="RECIPE.toml", help="A committed recipe of a model.")],
    data: Annotated[Path, typer.Option(metavar="FOLDER", help="Where the recipe's files are.")],
    out: Out,
    hold_out: Annotated[
        str | None,
        typer.Option(
            "--hold-out-study",
            metavar="NAME",
            help="Study of the recipe to judge on instead of those that it holds out, which then train.",
        ),
    ] = None,
    on_disk: OnDisk = None,
    force: Force = False,
    as_json: AsJson = False,
    verbose: Verbose = False,
    quiet: Quiet = False,
) -> None:
    """Train a model by a recipe: all of it in one file.

    Its studies, their sources, its options.
    """
    from cellfill_training.recipes.recipe import fit_recipe, read_recipe

    read = read_recipe(file)
    bundle, record = tell_training(
        lambda folder, on_epoch, on_step: fit_recipe(
            read,
            data=data,
            out=folder,
            leave_out=hold_out,
            on_disk=on_disk,
            on_epoch=on_epoch,
            on_step=on_step,
        ),
        out,
        Told(quiet=quiet, verbose=verbose),
        overwrite=force,
        labels=next((study.labels for study in read.studies if study.labels), None),
    )
    if not quiet:
        say_what_is_missing(bundle, out, file)
    if as_json:
        print_json(record | {"recipe": str(file)})
