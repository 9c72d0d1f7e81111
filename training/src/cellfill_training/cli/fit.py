"""``cellfill-train fit``: a model from studies, with its recipe and history beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from cellfill.cli.options import Layer
from cellfill.console import say
from cellfill_training.cli.options import SPECIES, WORDS, Force, OnDisk, Out, Quiet, of_preset
from cellfill_training.cli.progress import say_what_is_missing, tell_training
from cellfill_training.fitting.options import Balance


def fit(
    data: Annotated[list[Path], typer.Argument(metavar="DATA.h5ad...", help="Studies with raw counts in X.")],
    out: Out,
    preset: Annotated[
        Literal["default", "paper"],
        typer.Option(help="default: Poisson likelihood. paper: DeepImpute as published."),
    ] = "default",
    start: Annotated[
        Path | None,
        typer.Option("--from", metavar="MODEL", help="Bundle whose weights the training continues from."),
    ] = None,
    hold_out: Annotated[
        list[str] | None,
        typer.Option(
            "--hold-out-study",
            "--hold-out",
            metavar="NAME|FILE",
            help="Study to judge on, not to train on: one of DATA by its name, or another file. Repeatable.",
        ),
    ] = None,
    gene_table: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Rows of Ensembl id and symbol, csv or tsv. Repeatable."),
    ] = None,
    targets: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Genes to impute, one a line, instead of choosing.")
    ] = None,
    layer: Layer = None,
    by: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="Column of obs (donor, sample): each value is a study of its own."),
    ] = None,
    on_disk: OnDisk = None,
    species: Annotated[str, typer.Option(help=SPECIES, show_default=False)] = "",
    tissue: Annotated[str, typer.Option(help="For the card.")] = "",
    licence: Annotated[
        str, typer.Option(help="Of the model, for the card [default: cc-by-4.0].", show_default=False)
    ] = "",
    words: Annotated[Path | None, typer.Option(metavar="FILE.toml", help=WORDS)] = None,
    min_genes: Annotated[int | None, of_preset("Detected genes a cell must have.")] = None,
    cells_fraction: Annotated[float | None, of_preset("Share of the cells to train on.")] = None,
    held_out_fraction: Annotated[float | None, of_preset("Share of cells that stops training.")] = None,
    min_detection: Annotated[float | None, of_preset("Share of cells that must have a gene.")] = None,
    min_dispersion: Annotated[float | None, of_preset("Least variance/mean of a target.")] = None,
    max_targets: Annotated[int | None, of_preset("Most targets, by detection.")] = None,
    group_size: Annotated[int | None, of_preset("Most targets a sub-network.")] = None,
    even_groups: Annotated[bool | None, of_preset("Groups of one size, at least four.")] = None,
    predictors_per_target: Annotated[int | None, of_preset("Predictors each target brings in.")] = None,
    predictor_scale: Annotated[
        Literal["counts", "log-normalised"] | None, of_preset("What is correlated to find predictors.")
    ] = None,
    max_predictors: Annotated[int | None, of_preset("Most predictors a sub-network.")] = None,
    hidden: Annotated[int | None, of_preset("Neurons of the hidden layer.")] = None,
    members: Annotated[int | None, of_preset("Networks averaged in each sub-network.")] = None,
    dropout: Annotated[float | None, of_preset("Share of hidden neurons dropped in training.")] = None,
    objective: Annotated[Literal["poisson", "weighted-mse"] | None, of_preset("What is minimised.")] = None,
    study_levels: Annotated[bool | None, of_preset("Each study has its own level of a gene.")] = None,
    balance: Annotated[Balance | None, of_preset("What a study's share of an epoch goes with.")] = None,
    thinning: Annotated[float | None, of_preset("Share of cells thinned in an epoch.")] = None,
    hide: Annotated[float | None, of_preset("Largest share of genes hidden in training.")] = None,
    weight_decay: Annotated[float | None, of_preset("Decoupled weight decay.")] = None,
    learning_rate: Annotated[float | None, of_preset("Adam's step.")] = None,
    batch_size: Annotated[int | None, of_preset("Cells a step.")] = None,
    max_epochs: Annotated[int | None, of_preset("Most passes over the cells.")] = None,
    patience: Annotated[int | None, of_preset("Epochs without progress before stopping.")] = None,
    keep: Annotated[Literal["best", "last"] | None, of_preset("Weights to keep.")] = None,
    min_coverage: Annotated[float | None, of_preset("Least coverage of a dataset to impute.")] = None,
    seed: Annotated[int | None, of_preset("Seeds everything that is drawn.")] = None,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Train a model on one or more studies and write its bundle, with its recipe and history beside it.

    OUT.recipe.toml says what ran, with blanks for what only a person can say; OUT.history.tsv has the losses.
    """
    changes = {name: value for name, value in locals().items() if name not in _NOT_OPTIONS}
    from cellfill_training import About, options_for, read_gene_table
    from cellfill_training import fit as fit_model
    from cellfill_training.cards.words import Words, read_words
    from cellfill_training.fitting.options import tuning_options
    from cellfill_training.recipes.writing import check_place, recipe_place, write_recipe
    from cellfill_training.studies.gene_table import read_gene_list
    from cellfill_training.studies.roles import read_roles

    options = (options_for if start is None else tuning_options)(preset, **changes)
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
            options=options,
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
        options=options,
        words=said,
        start=start,
        gene_tables=gene_table or (),
        targets=targets,
    )
    if not quiet:
        say_what_is_missing(bundle, out, place)


_NOT_OPTIONS = {
    *("data", "out", "preset", "start", "hold_out", "gene_table", "targets", "layer", "by", "on_disk"),
    *("species", "tissue", "licence", "words", "force", "quiet"),
}
