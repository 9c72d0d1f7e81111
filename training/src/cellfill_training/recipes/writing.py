"""Write a recipe: what a training ran, and blanks for what only a person can say."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cellfill.errors import OutputError, OutputExistsError
from cellfill.writers.leftovers import RECIPE_ENDING
from cellfill_training.architectures.catalogue import ARCHITECTURES
from cellfill_training.cards.words import CARD_KEYS, StudyWords, Words
from cellfill_training.fitting.presets import STRUCTURE

if TYPE_CHECKING:
    from cellfill.bundle import Manifest
    from cellfill.bundle import Study as StudyRecord
    from cellfill.options.declared import Options
    from cellfill_training.studies.study import Place, Study

_HEAD = """\
# What trained {name}, as it was typed, and what only a person can say of it.
#
# To publish: fill in the empty texts, then, and nothing is trained:
#     cellfill-train card {folder} --words {file}
# To train it again, in the folder in which it was trained:
#     cellfill-train recipe {file} --data . --out NEW
"""
# What each blank is for.
HINTS = {
    "species": "Homo sapiens, say; left empty, as the genes' names tell",
    "purpose": "what it is for: tissue, kinds of cells, states",
    "tissue": "such as blood",
    "harms": "where it should not be used, what goes wrong, with figures",
    "coverage": "what was measured of data that lack genes; may stay empty",
    "source": "who made the data, and from what",
    "licence": "on what terms",
    "accession": "where to get them: GSE..., a page's title",
    "platform": "such as 10x Genomics Chromium 3' v3",
    "cell_types": "which are in it",
    "reference": "how to cite it",
}


def recipe_place(out: Path) -> Path:
    """Return where the recipe of a bundle stands: beside its folder, which holds what the Hub gets and no more."""
    return out.parent / f"{out.name}{RECIPE_ENDING}"


def check_place(place: Path, *, overwrite: bool) -> None:
    """Refuse to replace a recipe that a person may have filled in, before hours of training.

    Raises
    ------
    OutputExistsError
        When there is one.
    """
    if place.exists() and not overwrite:
        raise OutputExistsError(
            f"{place} exists, the recipe of an earlier model of that name. Choose another folder, or train it "
            "again with --force, which keeps what was said there of the model."
        )


def write_recipe(
    place: Path,
    manifest: Manifest,
    *,
    folder: Path,
    studies: Sequence[Study],
    options: Options,
    words: Words,
    start: str | Path | None = None,
    gene_tables: Sequence[Path] = (),
    orthologues: Path | None = None,
    targets: Path | None = None,
    labels: Mapping[str, str] | None = None,
    gene_sets: Path | None = None,
    into: Path | None = None,
) -> None:
    """Write the recipe of a model that was just trained.

    Parameters
    ----------
    place
        The file; what is there is replaced.
    manifest, folder
        Of the model.
    studies
        Those that it was trained or judged on, read from files.
    options
        All of them, so that a later default changes nothing.
    words
        What was said of it already.
    start, gene_tables, orthologues, targets
        The model it goes on from, and files, as they were typed.
    labels
        Of a model that learns from them: ``labels``, ``label_table`` and ``markers``, as they were typed.
    gene_sets
        Of a network that is wired by them: the file, as it was typed.
    into
        Where it is written, if something else brings it into its place.

    Raises
    ------
    OutputError
        When it cannot be written.
    """
    places = {study.name: study.place for study in studies}
    lines = [
        _HEAD.format(name=manifest.name, folder=folder, file=place).rstrip(),
        *_kind(manifest, labels or {}),
        *([f"from = {_text(str(start))}"] if start else []),
        *([f"gene_tables = [{', '.join(_text(str(table)) for table in gene_tables)}]"] if gene_tables else []),
        *([f"orthologues = {_text(str(orthologues))}"] if orthologues else []),
        *([f"targets = {_text(str(targets))}"] if targets else []),
        *([f"gene_sets = {_text(str(gene_sets))}"] if gene_sets else []),
        *_options(options, manifest.architecture.name, tuned=start is not None),
        "",
        "[about]",
        f"species = {_text(manifest.species)}",
        _blank("tissue", manifest.tissue),
        _blank("licence", manifest.licence),
        "",
        "[card]",
        *(_blank(key, getattr(words, key)) for key in CARD_KEYS),
        *([f"doi = {_text(words.doi)}"] if words.doi else []),
        *(line for record in manifest.studies for line in _study(record, places.get(record.name), words.studies)),
    ]
    try:
        written = into or place
        scratch = written.with_name(f".{place.name}.tmp")
        scratch.write_text("\n".join(lines) + "\n", encoding="utf-8")
        scratch.replace(written)
    except (OSError, UnicodeError) as error:
        raise OutputError(f"The recipe could not be written to {place}: {error}.") from error


def _kind(manifest: Manifest, labels: Mapping[str, str]) -> Iterator[str]:
    """Yield what is trained."""
    if manifest.architecture.name in ARCHITECTURES:
        yield f"architecture = {_text(manifest.architecture.name)}"
        yield from (f"{key} = {_text(value)}" for key, value in labels.items() if value)
        return
    if manifest.imputation is not None:
        yield f"preset = {_text(manifest.architecture.preset)}"
        return
    yield f"task = {_text(manifest.tasks[0])}"
    yield from (f"{key} = {_text(value)}" for key, value in labels.items() if value)


def _options(options: Options, architecture: str, *, tuned: bool) -> Iterator[str]:
    yield from ("", "[options]")
    published = ARCHITECTURES.get(architecture)
    for key, value in dataclasses.asdict(options).items():
        read = published is None or key in published.reads
        if value is not None and read and not (tuned and key in STRUCTURE):
            yield f"{key} = {json.dumps(value)}"


def _study(record: StudyRecord, place: Place | None, said: Mapping[str, StudyWords]) -> Iterator[str]:
    """Yield the lines of a study; one without a place trained the model that this one goes on from."""
    words = said.get(record.name, StudyWords())
    yield from ("", "[[study]]", f"name = {_text(record.name)}")
    if place is not None:
        yield f"file = {_text(place.file)}"
        if place.layer:
            yield f"layer = {_text(place.layer)}"
        if place.cells is not None:
            column, value = place.cells
            yield f"cells = {{ {_text(column)} = {_text(value)} }}"
    if record.role == "held-out":
        yield "held_out = true"
    yield _blank("source", record.source)
    yield _blank("licence", record.licence)
    for key in ("accession", "platform", "cell_types", "reference"):
        yield _blank(key, getattr(words, key))
    for key in ("species", "tissue"):
        if value := getattr(words, key):
            yield f"{key} = {_text(value)}"


def _blank(key: str, text: str) -> str:
    return f"{key} = {_text(text)}" + ("" if text else f"  # {HINTS[key]}")


def _text(text: str) -> str:
    """Return a text as TOML has it; JSON's escapes are its own."""
    if "\n" not in text:
        return _escaped(text)
    return '"""\n' + "\n".join(_escaped(line)[1:-1] for line in text.split("\n")) + '"""'


def _escaped(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
