"""What every training begins and ends with: whether its model may be written, and writing it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from cellfill.bundle import Bundle, check_writable, write_bundle
from cellfill.bundle.strict import MAX_TEXT, plain_text
from cellfill.errors import UsageError
from cellfill_training.cards.about import About, Settled, check_species, settle
from cellfill_training.cards.card import write_card
from cellfill_training.cards.words import AboutWords, Words, apply_words, check_words

if TYPE_CHECKING:
    from cellfill_training.architectures.subnetworks.start import Start
    from cellfill_training.studies.study import Study


def may_be_written(
    out: str | Path,
    studies: Sequence[Study],
    held_out: Sequence[Study],
    *,
    about: About | None,
    words: Words | None,
    overwrite: bool,
    start: Start | None = None,
) -> Settled:
    """Refuse before the training what could not be written after it, and say what the model is of.

    Parameters
    ----------
    out, overwrite
        Folder of the bundle, and whether it may be there.
    studies, held_out
        That train it, and that judge it.
    about, words
        What a person says of it.
    start
        The model that it continues.

    Raises
    ------
    UsageError
        When there is no study, two have one name, words are of another study, or a text is none that a manifest
        can hold.
    SpeciesError
        When studies are of another species than is said.
    OutputError
        When the folder cannot be written.
    """
    every = (*studies, *held_out)
    _check_names(studies, held_out)
    if words is not None:
        earlier = {study.name for study in start.bundle.manifest.studies} if start else set()
        check_words(words, earlier | {study.name for study in every})
    said = settle(about or About(), words, start, studies)
    _check_texts(said, every, words)
    check_writable(out, overwrite=overwrite)
    check_species(said.species, every)
    return said


def write_model(bundle: Bundle, out: str | Path, *, words: Words | None, overwrite: bool) -> Bundle:
    """Write a judged model: a person's words go into its manifest, which `may_be_written` weighed, and its card.

    Raises
    ------
    OutputError
        When it cannot be written.
    """
    if words is not None:
        there = {study.name for study in bundle.manifest.studies}  # a batch may have been left out
        words = replace(words, studies={name: said for name, said in words.studies.items() if name in there})
        bundle = replace(bundle, manifest=apply_words(bundle.manifest, replace(words, about=AboutWords())))
    card = write_card(bundle.manifest, bundle.genes, classes=bundle.classes, words=words)
    return write_bundle(replace(bundle, card=card), out, overwrite=overwrite)


def _check_names(studies: Sequence[Study], held_out: Sequence[Study]) -> None:
    names = [study.name for study in (*studies, *held_out)]
    if not studies:
        raise UsageError("There is no study to train on.")
    if len(set(names)) != len(names):
        raise UsageError(f"Two studies have one name, or one is both trained on and held out: {names}.")


def _check_texts(said: Settled, studies: Sequence[Study], words: Words | None) -> None:
    """Refuse what no manifest can hold: it would be refused when the model is written."""
    for what, text, instead in _texts(said, studies, words):
        if len(text) > MAX_TEXT:
            raise UsageError(f"{what} has {len(text):,} characters, over the bound of {MAX_TEXT:,}: {instead}.")
        if not plain_text(text):
            raise UsageError(
                f"{what} is {text[:60]!a}: it holds line breaks, or other characters that steer, turn or hide "
                f"text, which no model may have: {instead}."
            )


def _texts(said: Settled, studies: Sequence[Study], words: Words | None) -> Iterator[tuple[str, str, str]]:
    """Yield what a manifest will hold: what it is, the text, and what to do where it cannot be held."""
    for key in ("species", "tissue", "licence"):
        yield f"The {key} of the model", getattr(said, key), f"say another --{key}"
    for study in studies:
        yield "The name of a study", study.name, "rename its file, or its value in the column of --batch"
        for key in ("source", "licence"):
            yield f"The {key} of {study.name}", getattr(study, key), "say it in one line of plain text"
    for name, spoken in ({} if words is None else words.studies).items():
        for key in ("source", "licence"):
            text = getattr(spoken, key).strip()
            yield f"The {key} of {name} in the words of the model", text, "say it in one line of plain text"
