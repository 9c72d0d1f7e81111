"""``cellfill-train template``: a recipe to fill in."""

from __future__ import annotations

from typing import Annotated

import typer

from cellfill.options.shared import Task


def template(
    task: Annotated[
        Task | None, typer.Option(help="What the model is to do. [default: impute]", show_default=False)
    ] = None,
    architecture: Annotated[
        str | None, typer.Option(metavar="NAME", help="A published network. [default: what measured best]")
    ] = None,
) -> None:
    """Print a recipe to fill in: every key, with what it is.

    Keep it in a file: cellfill-train template > my-model.toml. The recipe that `fit` writes beside a model says
    what ran, and needs less to be filled in.
    """
    from cellfill.console import out
    from cellfill_training.recipes.template import recipe_template

    out(recipe_template(task, architecture).rstrip("\n"))
