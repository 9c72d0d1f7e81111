"""What a person says of a model: the parts of its card, and of its manifest, that no program can write."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cellfill.errors import DataNotFoundError, UsageError
from cellfill.text.guess import did_you_mean

if TYPE_CHECKING:
    from cellfill.bundle import Manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyWords:
    """What a person says of one study; an empty species or tissue is the model's, an empty source the manifest's.

    `source` and `licence` are where the data are from and on what terms; `reference` is how to cite them.
    """

    source: str = ""
    licence: str = ""
    accession: str = ""
    platform: str = ""
    cell_types: str = ""
    reference: str = ""
    species: str = ""
    tissue: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AboutWords:
    """What a person says of the model for its manifest; what is empty stays as it is there."""

    species: str = ""
    tissue: str = ""
    licence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What a person says of a model; text is Markdown.

    Attributes
    ----------
    purpose
        What the model is for.
    harms
        What goes wrong, where it should not be used, with figures where there are some.
    coverage
        What was measured of data that lack genes; may be empty.
    doi
        Of the published model, such as 10.5281/zenodo.1; empty until it has one.
    about
        Of the model, for its manifest.
    studies
        Of each study, by its name.
    """

    purpose: str = ""
    harms: str = ""
    coverage: str = ""
    doi: str = ""
    about: AboutWords = field(default_factory=AboutWords)
    studies: Mapping[str, StudyWords] = field(default_factory=dict)


def of_species(words: Words, species: Mapping[str, str]) -> Words:
    """Return words that say which species studies are of, where nobody said it."""
    studies = dict(words.studies)
    for name, one in species.items():
        said = studies.get(name, StudyWords())
        studies[name] = replace(said, species=said.species or one)
    return replace(words, studies=studies)


CARD_KEYS = ("purpose", "harms", "coverage")
DOI = "doi"  # of a model that has one: no blank to be filled in
ABOUT_KEYS = tuple(f.name for f in fields(AboutWords))
STUDY_KEYS = tuple(f.name for f in fields(StudyWords))
# Of these, what a person alone can have said: the others a training may have found.
_SPOKEN = tuple(key for key in STUDY_KEYS if key not in ("source", "species"))
# Of a recipe: what makes a model, besides what is said of it.
RECIPE_KEYS = (
    "task",
    "architecture",
    "preset",
    "from",
    "gene_sets",
    "gene_tables",
    "orthologues",
    "targets",
    "labels",
    "label_table",
    "markers",
    "options",
)
FILE_KEYS = ("name", "file", "layer", "cells", "labels", "label_file", "held_out")


def read_toml(path: str | Path) -> dict[str, Any]:
    """Read a recipe, or a file of words, as a table.

    Raises
    ------
    DataNotFoundError
        When there is no such file.
    UsageError
        When it is not TOML.
    """
    source = Path(path)
    if not source.is_file():
        raise DataNotFoundError(f"No recipe at {source}: there is no such file.")
    try:
        return tomllib.loads(source.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UsageError(f"{source} is not a recipe: {error}") from error


def read_words(path: str | Path) -> Words:
    """Read the words of a model: a recipe, or a file of its tables ``[about]``, ``[card]`` and ``[[study]]`` alone.

    Raises
    ------
    DataNotFoundError, UsageError
        When there is no such file, or it is malformed.
    """
    raw = read_toml(path)
    try:
        return parse_words(raw)
    except KeyError as error:
        raise UsageError(f"{path} does not hold a model's words: a study lacks {error}.") from error
    except (TypeError, ValueError) as error:
        raise UsageError(f"{path} does not hold a model's words: {error}") from error


def check_words(words: Words, names: set[str]) -> None:
    """Refuse words of a study that is not among these.

    Raises
    ------
    UsageError
        When there are some.
    """
    if strangers := sorted(set(words.studies) - names):
        raise UsageError(
            f"The words are of a study {strangers[0]!r}, and the model knows {', '.join(sorted(names))} only. Give "
            "the study its new name there, or take its [[study]] out."
        )


def kept_words(words: Words, names: Collection[str], *, place: Path, start: str | None = None) -> Words:
    """Return the words in the recipe of an earlier training, without blank ones of studies that are gone.

    A source alone counts as blank: the training wrote it there, as the study's file says it.

    Parameters
    ----------
    words, place
        What the recipe says, and where it is.
    names
        The studies of the new training.
    start
        The model that it continues, whose studies may be spoken of, too.

    Raises
    ------
    UsageError
        When something was said of a study that is gone.
    """
    gone = sorted(set(words.studies) - set(names))
    spoken = [name for name in gone if any(getattr(words.studies[name], key).strip() for key in _SPOKEN)]
    if spoken and start is not None:
        from cellfill.hub.bundles import find_bundle

        earlier = {study.name for study in find_bundle(start).manifest.studies}
        spoken = [name for name in spoken if name not in earlier]
        gone = [name for name in gone if name not in earlier]
    if spoken:
        raise UsageError(
            f"{place}, the recipe of the earlier model, says something of a study {spoken[0]!r}, and there are "
            f"{', '.join(sorted(names))} only. Give the study its new name there; or move the file away, or delete "
            "it, and what it says is not kept."
        )
    return replace(words, studies={name: said for name, said in words.studies.items() if name not in gone})


def parse_words(raw: Mapping[str, Any]) -> Words:
    """Take a model's words from the tables of a recipe.

    Raises
    ------
    KeyError, TypeError, ValueError
        When a study has no name or one that another has, or a table holds what it has no place for.
    """
    about, card, studies = raw.get("about", {}), raw.get("card", {}), raw.get("study", [])
    refuse_strangers(raw, (*RECIPE_KEYS, "about", "card", "study"), "a recipe")
    if not isinstance(studies, list):
        raise TypeError("studies stand under [[study]], in two brackets")
    for table, keys, what in (
        (about, ABOUT_KEYS, "[about]"),
        (card, (*CARD_KEYS, DOI), "[card]"),
        *((entry, (*FILE_KEYS, *STUDY_KEYS), "[[study]]") for entry in studies),
    ):
        if not isinstance(table, dict):
            raise TypeError(f"{what} is not a table")
        refuse_strangers(table, keys, what)
        if not isinstance(table.get("held_out", False), bool):
            raise TypeError("held_out is true or false, without quotes")
        for key in set(table) - {"cells", "held_out"}:
            if not isinstance(table[key], str):
                raise TypeError(f"{key} is not a text")
    if not str(card.get(DOI, "10.")).startswith("10."):
        raise ValueError(f"doi is {card[DOI]!r}; it begins with 10., without doi: or an address before it")
    said = {entry["name"]: _picked(entry) for entry in studies}
    if len(said) < len(studies):
        raise ValueError("two studies have one name")
    return Words(
        **card,
        about=AboutWords(**about),
        studies={name: StudyWords(**words) for name, words in said.items()},
    )


def refuse_strangers(found: Collection[str], known: Collection[str], what: str) -> None:
    """Refuse keys that nothing would read.

    Raises
    ------
    ValueError
        When there are some, with the known key that is nearest.
    """
    if strangers := sorted(set(found) - set(known)):
        raise ValueError(f"there is no {strangers[0]!r} in {what}; {did_you_mean(strangers[0], known)}")


def apply_words(manifest: Manifest, words: Words) -> Manifest:
    """Return a manifest with what a person says of the model and its studies; what is not said stays."""
    about = {key: value for key in ABOUT_KEYS if (value := getattr(words.about, key).strip())}
    studies = []
    for study in manifest.studies:
        said = words.studies.get(study.name, StudyWords())
        studies.append(
            replace(
                study,
                source=said.source.strip() or study.source,
                licence=said.licence.strip() or study.licence,
            )
        )
    return replace(manifest, studies=tuple(studies), **about)


def _picked(entry: Mapping[str, Any]) -> dict[str, str]:
    return {key: entry[key] for key in STUDY_KEYS if key in entry}
