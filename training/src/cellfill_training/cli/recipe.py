"""``cellfill-train recipe``: a model by a committed recipe."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cellfill_training.cli.options import Force, OnDisk, Out, Quiet
from cellfill_training.cli.progress import say_what_is_missing, tell_training


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
    quiet: Quiet = False,
) -> None:
    """Train a model by a recipe: its studies, their sources, its options, all in one file."""
    from cellfill_training.recipes.recipe import fit_recipe, read_recipe

    bundle = tell_training(
        lambda on_epoch, on_step: fit_recipe(
            read_recipe(file),
            data=data,
            out=out,
            overwrite=force,
            leave_out=hold_out,
            on_disk=on_disk,
            on_epoch=on_epoch,
            on_step=on_step,
        ),
        out,
        quiet=quiet,
    )
    if not quiet:
        say_what_is_missing(bundle, out, file)
