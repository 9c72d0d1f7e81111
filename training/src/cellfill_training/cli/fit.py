"""``cellfill-train fit``: a model from studies, with its recipe and history beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from cellfill.console import say
from cellfill.console.commands import command_of_changes
from cellfill_training.cli.options import SPECIES, WORDS, Force, Layer, OnDisk, Out, Quiet
from cellfill_training.cli.progress import say_what_is_missing, tell_training
from cellfill_training.fitting.options import FitOptions

NEED, DATA, CARD = "What most need", "Your data", "For the card"


@command_of_changes(FitOptions, "the preset's")
def fit(
    data: Annotated[list[Path], typer.Argument(metavar="DATA.h5ad...", help="Studies with raw counts in X.")],
    out: Out,
    options: dict[str, Any],
    preset: Annotated[
        Literal["default", "paper"],
        typer.Option(help="default: Poisson likelihood. paper: DeepImpute as published.", rich_help_panel=NEED),
    ] = "default",
    start: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="MODEL",
            help="Bundle whose weights the training continues from.",
            rich_help_panel=NEED,
        ),
    ] = None,
    hold_out: Annotated[
        list[str] | None,
        typer.Option(
            "--hold-out-study",
            "--hold-out",
            metavar="NAME|FILE",
            help="Study to judge on, not to train on: one of DATA by its name, or another file. Repeatable.",
            rich_help_panel=DATA,
        ),
    ] = None,
    gene_table: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE", help="Rows of Ensembl id and symbol, csv or tsv. Repeatable.", rich_help_panel=DATA
        ),
    ] = None,
    targets: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Genes to impute, one a line, instead of choosing.", rich_help_panel=DATA
        ),
    ] = None,
    layer: Layer = None,
    by: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            help="Column of obs (donor, sample): each value is a study of its own.",
            rich_help_panel=DATA,
        ),
    ] = None,
    on_disk: OnDisk = None,
    species: Annotated[str, typer.Option(help=SPECIES, show_default=False, rich_help_panel=CARD)] = "",
    tissue: Annotated[str, typer.Option(help="Such as blood.", show_default=False, rich_help_panel=CARD)] = "",
    licence: Annotated[
        str,
        typer.Option(help="Of the model [default: cc-by-4.0].", show_default=False, rich_help_panel=CARD),
    ] = "",
    words: Annotated[Path | None, typer.Option(metavar="FILE.toml", help=WORDS, rich_help_panel=CARD)] = None,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Train a model on one or more studies and write its bundle, with its recipe and history beside it.

    OUT.recipe.toml says what ran, with blanks for what only a person can say; OUT.history.tsv has the losses.
    """
    from cellfill_training import About, options_for, read_gene_table
    from cellfill_training import fit as fit_model
    from cellfill_training.cards.words import Words, read_words
    from cellfill_training.fitting.presets import tuning_options
    from cellfill_training.recipes.writing import check_place, recipe_place, write_recipe
    from cellfill_training.studies.gene_table import read_gene_list
    from cellfill_training.studies.roles import read_roles

    chosen = (options_for if start is None else tuning_options)(preset, **options)
    place = recipe_place(out)
    check_place(place, overwrite=force)
    if words is None and place.exists():
        words = place
        if not quiet:
            say(f"what {place} says of the model is kept; --words names another file")
    said = read_words(words) if words else Words()
    training, held_out = read_roles(data, hold_out or (), layer=layer, by=by, on_disk=on_disk)
    bundle = tell_training(
        lambda on_epoch, on_step: fit_model(
            training,
            out=out,
            preset=preset,
            options=chosen,
            held_out=held_out,
            gene_table=read_gene_table(gene_table) if gene_table else None,
            targets=read_gene_list(targets) if targets else None,
            start=start,
            about=About(species=species, tissue=tissue, licence=licence),
            words=said,
            overwrite=force,
            on_epoch=on_epoch,
            on_step=on_step,
        ),
        out,
        quiet=quiet,
    )
    write_recipe(
        place,
        bundle.manifest,
        folder=out,
        studies=[*training, *held_out],
        options=chosen,
        words=said,
        start=start,
        gene_tables=gene_table or (),
        targets=targets,
    )
    if not quiet:
        say_what_is_missing(bundle, out, place)
