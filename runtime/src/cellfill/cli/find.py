"""The commands that find a model: ``cellfill list``, ``search`` and ``show``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cellfill.cli.options import AsJson, Offline
from cellfill.cli.pull import AnyModel
from cellfill.console import out, print_json, say, shown_in_line
from cellfill.options.shared import Task

if TYPE_CHECKING:
    from cellfill.bundle.manifest import Evaluation, Manifest


def list_models(as_json: AsJson = False) -> None:
    """List the models that are here or have an alias.

    Here is the cache, or a folder that is looked in. Asks the Hub nothing.
    """
    from cellfill.hub import list_models as find

    models = find()
    if as_json:
        import dataclasses

        print_json([dataclasses.asdict(model) for model in models])
        return
    rows = [
        (
            ", ".join(m.aliases) or "-",
            m.repo or m.folder,
            m.commit[:12] or ("a folder" if m.folder else "not here"),
            ", ".join(m.revisions) or "-",
            f"{m.size / 1e6:,.1f} MB" if m.size else "-",
            ", ".join(m.tasks) or "-",
            m.remark or ", ".join(filter(None, (m.species, m.tissue))) or "-",
        )
        for m in models
    ]
    _print_table(("name", "repository", "commit", "as", "size", "tasks", "for"), rows)


def search(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="Part of the repository's name.")] = "",
    species: Annotated[str | None, typer.Option(help="Such as human, or 'Mus musculus'.")] = None,
    tissue: Annotated[str | None, typer.Option(help="Such as blood, or 'embryonic pancreas'.")] = None,
    organisation: Annotated[str | None, typer.Option("--org", help="Whose models.")] = None,
    task: Annotated[Task | None, typer.Option(help="What they must be able to do.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="The most models to list.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Search the Hub for models."""
    from cellfill.hub import search as find

    models = find(text, species=species, tissue=tissue, organisation=organisation, task=task, limit=limit)
    if as_json:
        import dataclasses

        print_json([dataclasses.asdict(model) for model in models])
        return
    if not models:
        say("The Hub has no such model.")
        return
    rows = [
        (m.repo, ", ".join(m.aliases) or "-", f"{m.downloads:,}", ", ".join(m.tasks) or "-", ", ".join(m.tags))
        for m in models
    ]
    _print_table(("repository", "alias", "downloads", "tasks", "tags"), rows)


def show(
    model: AnyModel,
    offline: Offline = False,
    as_json: AsJson = False,
    verbose: Annotated[
        bool,
        typer.Option(
            "--verbose",
            "-v",
            help="Print the figures of each study, and all parts of the card.",
            rich_help_panel="Result",
        ),
    ] = False,
) -> None:
    """Show what a model is for, and how good it is.

    Its training data, its figures beside those of simple methods, and what its card warns of.
    """
    from cellfill.hub import show as look

    found = look(model, offline=offline)
    say(f"{found.place}" + (f". {found.place.remark}" if found.place.remark else ""))
    if as_json:
        import json

        from cellfill.bundle.card import parts_of
        from cellfill.bundle.manifest import format_manifest

        print_json(json.loads(format_manifest(found.manifest)) | {"card": parts_of(found.card)})
        return
    figures = _figures(found.manifest.evaluations, each=verbose)
    out("\n".join((*_lines(found.manifest), *_warnings(found.card), *figures, *_words(found.card, whole=verbose))))
    if not verbose and (rest := _rest(found.card)):
        say(f"With --verbose figures are study by study, and the card goes on: {', '.join(rest)}.")


def _lines(manifest: Manifest) -> Iterator[str]:
    from cellfill.genes.align import LEAST_INPUTS
    from cellfill.genes.coverage import needed

    low, median, high = (*manifest.scale.library_sizes, 0.0, 0.0, 0.0)[:3]
    yield f"name          {manifest.name}"
    yield f"for           {manifest.species}{', ' + manifest.tissue if manifest.tissue else ''}"
    yield f"licence       {manifest.licence}"
    yield f"tasks         {', '.join(manifest.tasks)}"
    networks = ""
    if manifest.imputation is not None:
        yield f"estimates     {', '.join(manifest.estimates)}"
        networks = f", {len(manifest.subnetworks)} sub-networks" if manifest.subnetworks else ""
    if manifest.annotation is not None:
        unknown = manifest.annotation.unknown
        told = (
            f"unknown cells told by {' and '.join(unknown.kinds)}" if unknown else "every cell called one of them"
        )
        yield f"types         from a probability of {manifest.annotation.confidence:g} on; {told}"
    if manifest.embedding is not None and (output := manifest.graph.output("embedding")) is not None:
        yield f"embedding     obsm[{manifest.embedding.key!r}], {len(output.dimensions)} dimensions"
    yield f"architecture  {manifest.architecture.name}{networks}"
    yield f"counts        {low:,.0f} to {high:,.0f} a training cell, median {median:,.0f}"
    yield f"needs         {needed(manifest.min_coverage, LEAST_INPUTS)} of what it reads"
    for study in manifest.studies:
        yield f"{study.role:<14}{study.name}: {study.cells:,} cells ({study.source}; {study.licence or 'no terms'})"


def _warnings(card: str) -> Iterator[str]:
    """Yield what a card warns of before all else: its paragraphs in bold above the first part."""
    from cellfill.bundle.card import bold_lines

    for line in bold_lines(card):
        yield f"beware        {line}"


def _words(card: str, *, whole: bool) -> Iterator[str]:
    """Yield what a model is for and what to beware of, or all parts of its card that the manifest does not hold."""
    from cellfill.bundle.card import HARMS, PURPOSE, parts_of

    parts = parts_of(card)
    first = [name for name in (PURPOSE, HARMS) if name in parts]
    for name in (*first, *(_rest(card) if whole else ())):
        yield from ("", name.upper(), "", parts[name])


def _rest(card: str) -> list[str]:
    """Return the other parts of a card that the manifest does not hold."""
    from cellfill.bundle.card import DATA, FIGURES, HARMS, MAKING, PARTS, PURPOSE, parts_of

    parts = parts_of(card)
    return [name for name in PARTS if name in parts and name not in (PURPOSE, HARMS, DATA, FIGURES, MAKING)]


def _figures(evaluations: Sequence[Evaluation], *, each: bool) -> Iterator[str]:
    """Yield the figures of each evaluation, or the means of those that are of one task, protocol and methods."""
    kinds: dict[Any, list[Evaluation]] = {}
    for number, e in enumerate(evaluations):
        methods = tuple((score.method, tuple(score.values)) for score in e.scores)
        kinds.setdefault((e.task, e.estimate, e.protocol, methods, number if each else 0), []).append(e)
    for alike in kinds.values():
        first, cells = alike[0], sum(e.cells for e in alike)
        what = f"estimate {first.estimate}" if first.estimate else f"task {first.task}"
        data = first.data if len(alike) == 1 else f"mean of {len(alike)} ({', '.join(e.data for e in alike)})"
        yield from ("", f"{data}, {cells:,} cells, {what}; {first.protocol}")
        names = list(first.scores[0].values) if first.scores else []
        yield "  " + f"{'method':<36}" + "".join(f"{name:>14}" for name in names)
        for number, score in enumerate(first.scores):
            values = {name: sum(e.scores[number].values[name] for e in alike) / len(alike) for name in score.values}
            figures = "".join(f"{values[name]:>14.4f}" if name in values else " " * 14 for name in names)
            yield f"  {score.method:<36}{figures}"


def _print_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    table = [[shown_in_line(text) for text in row] for row in (head, *rows)]
    widths = [max(len(row[i]) for row in table) for i in range(len(head))]
    for row in table:
        out("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())
