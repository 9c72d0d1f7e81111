"""What the card of a model says of its studies, read back, for a model that goes on from it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, replace

from cellfill.bundle import Bundle
from cellfill.bundle.card import CITATION, DATA, NOT_STATED, parts_of
from cellfill_training.cards.words import StudyWords, Words

_CELLS = 7  # of a row of the table of studies


def with_earlier(words: Words, before: Bundle, names: Collection[str]) -> Words:
    """Return words that say of the studies that trained a model before what its card says, where nobody says it.

    Parameters
    ----------
    words
        What a person says of the new model.
    before
        The model that it goes on from.
    names
        The studies of the new training, of which that card says nothing.
    """
    theirs, studies = words_of_card(before), dict(words.studies)
    for record in before.manifest.studies:
        if record.role != "training" or record.name in names:
            continue
        own = {key: text for key, text in asdict(studies.get(record.name, StudyWords())).items() if text.strip()}
        studies[record.name] = replace(theirs[record.name], **own)
    return replace(words, studies=studies)


def words_of_card(bundle: Bundle) -> Mapping[str, StudyWords]:
    """Return what a card says of each study, besides source and terms, which the manifest has."""
    parts = parts_of(bundle.card)
    data, cited = parts.get(DATA, "").splitlines(), parts.get(CITATION, "").splitlines()
    references = {name: text for names, text in _cited(cited) for name in names}
    found = {}
    for study in bundle.manifest.studies:
        accession, platform = _row(data, study.name)
        species, tissue, cell_types = _sentence(data, study.name, study.source)
        found[study.name] = StudyWords(
            accession=_said(accession),
            platform=_said(platform),
            cell_types=_said(cell_types),
            reference=_said(references.get(study.name, "")),
            species=_said(species),
            tissue=_said(tissue),
        )
    return found


def _row(lines: Collection[str], name: str) -> tuple[str, str]:
    """Return accession and platform, of the table of studies."""
    for line in lines:
        cells = line.removeprefix(f"| {name} | ").removesuffix(" |").split(" | ")
        if line.startswith(f"| {name} | ") and len(cells) == _CELLS - 1:
            return cells[3], cells[4]
    return "", ""


def _sentence(lines: Collection[str], name: str, source: str) -> tuple[str, str, str]:
    """Return species, tissue and types of cells, of the list of studies."""
    begin = f"- **{name}**: {source}. "
    line = next((line for line in lines if source and line.startswith(begin)), "")
    place, _, cell_types = line.removeprefix(begin).partition("; ")
    species, _, tissue = place.partition(", ")
    return species, tissue, cell_types.removesuffix(".")


def _cited(lines: Collection[str]) -> Iterator[tuple[list[str], str]]:
    """Yield the studies of each reference, and how it is cited."""
    for line in lines:
        if line.startswith("  - "):
            names, _, text = line.removeprefix("  - ").partition(": ")
            yield names.split(", "), text


def _said(text: str) -> str:
    return "" if NOT_STATED in text else text.strip()
