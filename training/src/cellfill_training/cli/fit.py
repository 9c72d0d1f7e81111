"""``cellfill-train fit``: a model from studies, with its recipe and history beside it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from cellfill.console import print_json, say
from cellfill.console.commands import command_of_changes
from cellfill.options.shared import Task
from cellfill_training.architectures.catalogue import ARCHITECTURES
from cellfill_training.cli.options import SPECIES, WORDS, AsJson, Force, Layer, OnDisk, Out, Quiet, Verbose
from cellfill_training.cli.progress import Told, say_what_is_missing, tell_training
from cellfill_training.workflow.options import EveryOption, every_default, said_defaults

if TYPE_CHECKING:
    from cellfill.bundle import Bundle

NEED, DATA, MODEL, CARD = "What most need", "Your data", "Model", "For the card"


@command_of_changes(EveryOption, said_defaults, every_default)
def fit(
    data: Annotated[
        list[Path],
        typer.Argument(
            metavar="DATA...",
            help="Raw counts, in X, a layer or raw: .h5ad, .zarr, 10x .h5 or mtx folder, .loom, CSV, TSV.",
            show_default=False,
        ),
    ],
    out: Out,
    options: dict[str, Any],
    hold_out: Annotated[
        list[str] | None,
        typer.Option(
            "--hold-out-study",
            "--hold-out",
            metavar="NAME|FILE",
            help="Study to judge on, not to train on: one of DATA by its name, or another file. Repeatable.",
            rich_help_panel=NEED,
        ),
    ] = None,
    task: Annotated[
        Task | None,
        typer.Option(
            help="What the model is to do. annotate: name cells and place them. embed: place them only, without "
            "--labels by principal components. [default: impute]",
            rich_help_panel=NEED,
        ),
    ] = None,
    architecture: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help=f"A published network, as published: {', '.join(sorted(ARCHITECTURES))}. "
            "[default: what measured best]",
            rich_help_panel=MODEL,
        ),
    ] = None,
    labels: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN", help="Column of obs with the cells' types, which are learnt.", rich_help_panel=NEED
        ),
    ] = None,
    label_table: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.tsv",
            help="Which type a label is, and of which it is one: label, type, parent, ontology_id. "
            "[default: each label is a type]",
            rich_help_panel=DATA,
        ),
    ] = None,
    markers: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.tsv",
            help="Genes that cells of a type show (type, needs, lacks): others do not train it.",
            rich_help_panel=DATA,
        ),
    ] = None,
    gene_sets: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.gmt",
            help="Gene sets, such as the Gene Ontology's terms, by which a published network's first layer is "
            "wired; may be packed by gzip.",
            rich_help_panel=DATA,
        ),
    ] = None,
    preset: Annotated[
        Literal["default", "paper"],
        typer.Option(help="default: Poisson likelihood. paper: DeepImpute as published.", rich_help_panel=MODEL),
    ] = "default",
    start: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="MODEL",
            help="Model whose weights the training continues from: a folder, or a name as cellfill show takes it.",
            rich_help_panel=NEED,
        ),
    ] = None,
    gene_table: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="Rows of Ensembl id and symbol, csv or tsv; or NCBI Gene, with aliases (.gz, too). Repeatable.",
            rich_help_panel=DATA,
        ),
    ] = None,
    orthologues: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Rows of two genes, of --species and another: studies of the other are brought into its genes.",
            rich_help_panel=DATA,
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
            "--by",
            "--batch",
            metavar="COLUMN",
            help="Column of obs (donor, sample, batch): each value is a study of its own.",
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
    as_json: AsJson = False,
    verbose: Verbose = False,
    quiet: Quiet = False,
) -> None:
    """Train a model on one or more studies.

    Writes its bundle, with its recipe and history beside it. OUT.recipe.toml says what ran, with blanks for
    what only a person can say; OUT.history.svg and .tsv say how it went.

    The options and defaults below are of the training that is typed: put --help behind --task annotate, --preset
    paper, --from MODEL or --architecture dca, and they are of that one.
    """
    from cellfill.hub.bundles import find_bundle
    from cellfill_training import About, read_gene_table
    from cellfill_training.cards.read_back import with_earlier
    from cellfill_training.cards.words import Words, kept_words, read_words
    from cellfill_training.recipes.command import FitAsked, bring_studies, options_of, train
    from cellfill_training.recipes.writing import check_place, recipe_place, write_recipe
    from cellfill_training.studies.roles import read_roles

    asked = FitAsked(
        task=task,
        architecture=architecture,
        preset=preset,
        start=start,
        targets=targets,
        labels=labels,
        label_table=label_table,
        markers=markers,
        gene_sets=gene_sets,
    )
    chosen = options_of(asked, options, on_disk=on_disk)
    if architecture is None and asked.network is not None and not quiet:
        say(f"no --labels: cells are placed by principal components (--architecture {asked.network})")
    place = recipe_place(out)
    check_place(place, overwrite=force)
    if words is None and place.exists():
        words = place
        if not quiet:
            say(f"what {place} says of the model is kept; --words names another file")
    said = read_words(words) if words else Words()
    training, held_out = read_roles(data, hold_out or (), layer=layer, by=by, on_disk=on_disk)
    if words == place:
        said = kept_words(said, {study.name for study in (*training, *held_out)}, place=place, start=start)
    if start is not None:
        said = with_earlier(said, find_bundle(start), {study.name for study in (*training, *held_out)})
    if orthologues is not None:
        training, held_out, said = bring_studies(
            training, held_out, said, table=orthologues, species=species or said.about.species
        )

    def write_recipe_of(bundle: Bundle, into: Path) -> None:
        write_recipe(
            place,
            bundle.manifest,
            folder=out,
            studies=[*training, *held_out],
            options=chosen,
            words=said,
            start=start,
            gene_tables=gene_table or (),
            orthologues=orthologues,
            targets=targets,
            labels=asked.label_words,
            gene_sets=gene_sets,
            into=into,
        )

    bundle, record = tell_training(
        lambda folder, on_epoch, on_step: train(
            asked,
            chosen,
            training,
            held_out,
            out=folder,
            gene_table=read_gene_table(gene_table) if gene_table else None,
            about=About(species=species, tissue=tissue, licence=licence),
            words=said,
            on_epoch=on_epoch,
            on_step=on_step,
        ),
        out,
        Told(quiet=quiet, verbose=verbose),
        overwrite=force,
        labels=labels,
        write_recipe=write_recipe_of,
    )
    if not quiet:
        say_what_is_missing(bundle, out, place)
    if as_json:
        print_json(record | {"recipe": str(place)})
