"""What a model is of: species, tissue, licence; as said, inherited, or told by gene names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from cellfill.errors import SpeciesError
from cellfill.genes.species import SpeciesSeen, same_species, see_species

if TYPE_CHECKING:
    from cellfill_training.architectures.subnetworks.start import Start
    from cellfill_training.cards.words import Words
    from cellfill_training.studies.study import Study

UNKNOWN = "unknown"
LICENCE = "cc-by-4.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a person says of a model for its manifest; what only the card says is `Words`.

    An empty species is told by the names of the genes, ``unknown`` stays so; an empty licence is cc-by-4.0.
    """

    species: str = ""
    tissue: str = ""
    licence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What goes into the manifest, and `told`: why a species that nobody named is thought to be it."""

    species: str
    tissue: str
    licence: str
    told: str = ""


def settle(about: About, words: Words | None, start: Start | None, studies: Sequence[Study]) -> Settled:
    """Decide what a model is of; what is said here goes before words, and these before the model it continues.

    Raises
    ------
    SpeciesError
        When nobody named a species, and the names of two studies tell two.
    """
    theirs = None if start is None else start.bundle.manifest
    said = None if words is None else words.about
    species = about.species or (said.species if said else "")
    if theirs is not None and species in ("", UNKNOWN):
        species = theirs.species
    told = ""
    if not species:
        species, told = _told(studies)
    return Settled(
        species=species,
        tissue=about.tissue or (said.tissue if said else "") or (theirs.tissue if theirs else ""),
        licence=about.licence or (said.licence if said else "") or LICENCE,
        told=told,
    )


def check_species(species: str, studies: Sequence[Study]) -> None:
    """Refuse studies whose genes are named as another species' are.

    Raises
    ------
    SpeciesError
        When there is one.
    """
    for study in studies:
        seen = see_species(study.gene_names)
        if not same_species(species, seen):
            raise SpeciesError(
                f"The model is to be for {species}, and {study.name} looks like "
                f"{_or(seen)} ({seen.why}). Leave that study out, or name its species."
            )


def species_line(settled: Settled) -> str:
    """Return what a person should know of a species that nobody named; empty where somebody did."""
    if settled.told:
        return f"species: {settled.species}, by {settled.told}; --species names another"
    if settled.species == UNKNOWN:
        return "species: unknown, and the model will refuse data of none; --species names it"
    return ""


def _told(studies: Sequence[Study]) -> tuple[str, str]:
    """Return the one species that the names of all studies tell, and why; or unknown."""
    seen = ((study.name, see_species(study.gene_names)) for study in studies)
    telling = [(name, one) for name, one in seen if one.species]
    for (name, one), (other_name, other) in combinations(telling, 2):
        if not one.species & other.species:
            raise SpeciesError(
                f"{name} looks like {_or(one)} ({one.why}), and {other_name} like {_or(other)} ({other.why}): two "
                "species share hardly a gene's name. Say whose genes the model has with --species, and bring the "
                "other study into them with --orthologues FILE; or leave one out. With --species unknown they are "
                "trained on together, as they are."
            )
    common = frozenset.intersection(*(one.species for _, one in telling)) if telling else frozenset()
    if len(common) != 1:
        return UNKNOWN, ""
    (species,) = common
    return species, telling[0][1].why


def _or(seen: SpeciesSeen) -> str:
    return " or ".join(sorted(seen.species))
