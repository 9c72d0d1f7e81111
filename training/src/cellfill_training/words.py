"""What a person says of a model: the parts of its card that no program can write."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cellfill.errors import DataNotFoundError, UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyWords:
    """What a card says of one study besides what its manifest holds; an empty species or tissue is the model's.

    `reference` is how to cite it.
    """

    accession: str = ""
    platform: str = ""
    cell_types: str = ""
    reference: str = ""
    species: str = ""
    tissue: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The human part of a card, Markdown.

    Attributes
    ----------
    purpose
        What the model is for.
    harms
        What goes wrong, where it should not be used, with figures where there are some.
    coverage
        What was measured of data that lack genes; may be empty.
    studies
        Of each study, by its name.
    """

    purpose: str = ""
    harms: str = ""
    coverage: str = ""
    studies: Mapping[str, StudyWords] = field(default_factory=dict)


STUDY_KEYS = frozenset(StudyWords.__dataclass_fields__)


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
    """Read the words of a card: of a recipe its tables ``[card]`` and ``[[study]]``, or a file of these alone.

    Raises
    ------
    DataNotFoundError, UsageError
        When there is no such file, or it is malformed.
    """
    raw = read_toml(path)
    try:
        return parse_words(raw)
    except (KeyError, TypeError) as error:
        raise UsageError(f"{path} does not hold a card's words: {error}") from error


def check_words(words: Words, names: set[str]) -> None:
    """Refuse words of a study that is not among these.

    Raises
    ------
    UsageError
        When there are some.
    """
    if strangers := sorted(set(words.studies) - names):
        raise UsageError(
            f"The words are of a study {strangers[0]!r}, and the model knows {', '.join(sorted(names))} only."
        )


def parse_words(raw: Mapping[str, Any]) -> Words:
    """Take the words of a card from the tables of a recipe.

    Raises
    ------
    KeyError, TypeError
        When a study has no name, or a table holds what no card says.
    """
    studies = {
        str(entry["name"]): StudyWords(**{key: entry[key] for key in STUDY_KEYS & set(entry)})
        for entry in raw.get("study", ())
    }
    words = Words(**raw.get("card", {}), studies=studies)
    for name in ("purpose", "harms", "coverage"):
        if not isinstance(getattr(words, name), str):
            raise TypeError(f"{name} is not a text")
    return words
