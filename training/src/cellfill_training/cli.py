"""The command line of cellfill-training: every command is one call of the library."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from cellfill.cli.options import Layer
from cellfill.console import new_app, nothing_below_home, run, say
from cellfill_training._version import __version__
from cellfill_training.cli_evaluate import evaluate
from cellfill_training.memory import one_heap
from cellfill_training.options import Balance

if TYPE_CHECKING:
    from cellfill.bundle import Bundle
    from cellfill_training.fitting import Epoch

app = new_app(
    "cellfill-train",
    "Train single-cell imputation models and export them as cellfill bundles.",
    __version__,
)

Out = Annotated[Path, typer.Option(metavar="FOLDER", help="Bundle to write; its name is the model's.")]
Force = Annotated[bool, typer.Option("--force", help="Replace the bundle if it exists.")]
OnDisk = Annotated[
    Path | None,
    typer.Option(metavar="FOLDER", help="Keep the counts to train on in this folder, for data beyond the memory."),
]
_SPECIES = (
    "Homo sapiens, say: stands on the card, and the model refuses data of another; with unknown it refuses none "
    "[default: as the genes' names tell]."
)
_WORDS = "What a person says of the model: its recipe, or its tables [about], [card] and [[study]] alone."
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]


def main() -> None:
    """Run the command line; the entry point of the ``cellfill-train`` program."""
    one_heap()
    run(app, within=nothing_below_home())


def _option(help_text: str, **bounds: Any) -> Any:
    return typer.Option(help=help_text + " [default: the preset's]", show_default=False, **bounds)


@app.command()
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
    species: Annotated[str, typer.Option(help=_SPECIES, show_default=False)] = "",
    tissue: Annotated[str, typer.Option(help="For the card.")] = "",
    licence: Annotated[
        str, typer.Option(help="Of the model, for the card [default: cc-by-4.0].", show_default=False)
    ] = "",
    words: Annotated[Path | None, typer.Option(metavar="FILE.toml", help=_WORDS)] = None,
    min_genes: Annotated[int | None, _option("Detected genes a cell must have.")] = None,
    cells_fraction: Annotated[float | None, _option("Share of the cells to train on.")] = None,
    held_out_fraction: Annotated[float | None, _option("Share of cells that stops training.")] = None,
    min_detection: Annotated[float | None, _option("Share of cells that must have a gene.")] = None,
    min_dispersion: Annotated[float | None, _option("Least variance/mean of a target.")] = None,
    max_targets: Annotated[int | None, _option("Most targets, by detection.")] = None,
    group_size: Annotated[int | None, _option("Most targets a sub-network.")] = None,
    even_groups: Annotated[bool | None, _option("Groups of one size, at least four.")] = None,
    predictors_per_target: Annotated[int | None, _option("Predictors each target brings in.")] = None,
    predictor_scale: Annotated[
        Literal["counts", "log-normalised"] | None, _option("What is correlated to find predictors.")
    ] = None,
    max_predictors: Annotated[int | None, _option("Most predictors a sub-network.")] = None,
    hidden: Annotated[int | None, _option("Neurons of the hidden layer.")] = None,
    members: Annotated[int | None, _option("Networks averaged in each sub-network.")] = None,
    dropout: Annotated[float | None, _option("Share of hidden neurons dropped in training.")] = None,
    objective: Annotated[Literal["poisson", "weighted-mse"] | None, _option("What is minimised.")] = None,
    study_levels: Annotated[bool | None, _option("Each study has its own level of a gene.")] = None,
    balance: Annotated[Balance | None, _option("What a study's share of an epoch goes with.")] = None,
    thinning: Annotated[float | None, _option("Share of cells thinned in an epoch.")] = None,
    hide: Annotated[float | None, _option("Largest share of genes hidden in training.")] = None,
    weight_decay: Annotated[float | None, _option("Decoupled weight decay.")] = None,
    learning_rate: Annotated[float | None, _option("Adam's step.")] = None,
    batch_size: Annotated[int | None, _option("Cells a step.")] = None,
    max_epochs: Annotated[int | None, _option("Most passes over the cells.")] = None,
    patience: Annotated[int | None, _option("Epochs without progress before stopping.")] = None,
    keep: Annotated[Literal["best", "last"] | None, _option("Weights to keep.")] = None,
    min_coverage: Annotated[float | None, _option("Least coverage of a dataset to impute.")] = None,
    seed: Annotated[int | None, _option("Seeds everything that is drawn.")] = None,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Train a model on one or more studies and write its bundle, with its recipe and history beside it.

    OUT.recipe.toml says what ran, with blanks for what only a person can say; OUT.history.tsv has the losses.
    """
    changes = {name: value for name, value in locals().items() if name not in _NOT_OPTIONS}
    from cellfill_training import About, options_for, read_gene_table
    from cellfill_training import fit as fit_model
    from cellfill_training.gene_table import read_gene_list
    from cellfill_training.options import tuning_options
    from cellfill_training.recipe_text import check_place, recipe_place, write_recipe
    from cellfill_training.roles import read_roles
    from cellfill_training.words import Words, read_words

    options = (options_for if start is None else tuning_options)(preset, **changes)
    place = recipe_place(out)
    check_place(place, overwrite=force)
    if words is None and place.exists():
        words = place
        if not quiet:
            say(f"what {place} says of the model is kept; --words names another file")
    said = read_words(words) if words else Words()
    training, held_out = read_roles(data, hold_out or (), layer=layer, by=by, on_disk=on_disk)
    bundle = _report(
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
        _say_what_is_missing(bundle, out, place)


_NOT_OPTIONS = {
    *("data", "out", "preset", "start", "hold_out", "gene_table", "targets", "layer", "by", "on_disk"),
    *("species", "tissue", "licence", "words", "force", "quiet"),
}


@app.command()
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
    from cellfill_training.recipe import fit_recipe, read_recipe

    bundle = _report(
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
        _say_what_is_missing(bundle, out, file)


@app.command()
def card(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A bundle.")],
    words: Annotated[Path, typer.Option("--words", metavar="FILE.toml", help=_WORDS)],
) -> None:
    """Write a bundle's card again, after its words or the template changed. Nothing is trained.

    Source and licence of a study, and species, tissue and licence of the model, go into its manifest too. Graph and
    genes stay as they are.
    """
    from cellfill_training.card import rewrite_card
    from cellfill_training.words import read_words

    bundle = rewrite_card(read_words(words), folder)
    say(f"wrote {folder / 'README.md'}, and manifest.json")
    _say_what_is_missing(bundle, folder, words)


app.command()(evaluate)


def _report(
    train: Callable[[Callable[[Epoch], None], Callable[[str], None]], Bundle], out: Path, *, quiet: bool
) -> Bundle:
    """Train, and tell a person how it goes: on stderr, a line an epoch."""
    import time

    from cellfill_training.card import headline
    from cellfill_training.history import history_place, write_history

    started = time.perf_counter()
    history: list[Epoch] = []

    def tell(text: str) -> None:
        if not quiet:
            say(text)

    def on_epoch(epoch: Epoch) -> None:
        history.append(epoch)
        better = "" if epoch.gain != epoch.gain else f" ({epoch.gain:.4f} nats a cell better than the genes' means)"
        tell(
            f"epoch {epoch.number}: loss {epoch.loss:.4f}, held out {epoch.held_out_loss:.4f}{better}, "
            f"{epoch.running} of {epoch.networks} sub-networks still learn, "
            f"{epoch.least_left:.0f} to {epoch.most_left:.0f} s left"
        )

    bundle = train(on_epoch, tell)
    write_history(history_place(out), history)
    for evaluation in bundle.manifest.evaluations:
        tell(headline(evaluation))
    tell(f"wrote {out} in {time.perf_counter() - started:.0f} s; impute with it:")
    tell(f"    cellfill impute cells.h5ad --model {out} --output filled.h5ad")
    return bundle


def _say_what_is_missing(bundle: Bundle, folder: Path, words: Path) -> None:
    """Tell a person how a model comes to the Hub: by what is still to be said of it."""
    from cellfill.hub.publish import missing_of

    missing = missing_of(bundle)
    if not missing:
        say(f"fit to be published: python hub_upload.py {folder} --repo ORG/NAME --tag v1.0.0")
        return
    say(f"to publish, fill in {words}:")
    for line in missing:
        say(f"    {line}")
    say(f"and then, nothing is trained: cellfill-train card {folder} --words {words}")


if __name__ == "__main__":
    main()
