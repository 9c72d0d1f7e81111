"""Tell the species of a dataset by the names of its genes, as far as they tell it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

HUMAN, MOUSE, RAT = "Homo sapiens", "Mus musculus", "Rattus norvegicus"

# https://www.ensembl.org/info/genome/stable_ids/prefixes.html, and the model organisms' own databases.
_IDS = {
    re.compile(pattern): species
    for pattern, species in {
        r"ENSG\d{11}": HUMAN,
        r"ENSMUSG\d{11}": MOUSE,
        r"ENSRNOG\d{11}": RAT,
        r"ENSDARG\d{11}": "Danio rerio",
        r"ENSMMUG\d{11}": "Macaca mulatta",
        r"ENSMFAG\d{11}": "Macaca fascicularis",
        r"ENSPTRG\d{11}": "Pan troglodytes",
        r"ENSSSCG\d{11}": "Sus scrofa",
        r"ENSBTAG\d{11}": "Bos taurus",
        r"ENSCAFG\d{11}": "Canis lupus familiaris",
        r"ENSGALG\d{11}": "Gallus gallus",
        r"ENSXETG\d{11}": "Xenopus tropicalis",
        r"WBGene\d{8}": "Caenorhabditis elegans",
        r"FBgn\d{7}": "Drosophila melanogaster",
        r"Y[A-P][LR]\d{3}[WC](?:-[A-Z])?": "Saccharomyces cerevisiae",
        r"AT[1-5MC]G\d{5}": "Arabidopsis thaliana",
    }.items()
}
_ANY_ID = re.compile("|".join(pattern.pattern for pattern in _IDS))
# What Cell Ranger puts before the names of a reference of two genomes.
_GENOMES = {
    HUMAN: re.compile(r"(?:GRCh3[78]|hg19|hg38)_"),
    MOUSE: re.compile(r"(?:GRCm3[89]|mm10|mm39)_"),
}
_COMMON_NAMES = {"human": HUMAN, "mouse": MOUSE, "rat": RAT, "zebrafish": "Danio rerio"}
# Names that only one species has, in whatever case: clones, gene families and symbols of its own.
_MOUSE_ONLY = re.compile(
    r"[0-9A-Z]\d{6}[A-Z]\d{2}RIK|GM\d{4,5}|H2-[A-Z]\w{0,3}|LY6[ACDFGI]\d?|TRP53\w*|LYZ[12]|HBB-B\w|HBA-A\d|RP2[34]-\d+\w+(?:\.\d+)?",
    re.IGNORECASE,
)
_HUMAN_ONLY = re.compile(
    r"HLA-\w+|LINC\d{5}|RP(?:[1-9]|1[0-3])-\d+[A-Z]\d+\.\d+|A[CLPF]\d{6}\.\d+|CT[ABCD]-\d+\w+\.\d+|C(?:\d+|X)ORF\d+",
    re.IGNORECASE,
)
# Rodent symbols are written Cd3d; human ones CD3D, some with lower letters inside (C1orf112).
_TITLE = re.compile(r"[A-Z](?=[a-z0-9-]*[a-z])(?!\d+orf)[a-z0-9-]+")
_LETTERS = re.compile(r"[A-Za-z]")
# Names that somebody made up are no symbols of a species: Gene000, Feature_1; nor is one stem and a counter.
_MADE_UP = re.compile(
    r"(genes?|features?|transcripts?|locus|loci|probe|target|marker|var|column)[-_. ]?\w?\d+", re.IGNORECASE
)
_COUNTER = re.compile(r"\d+")
_COUNTED, _LEAST_COUNTED = 0.8, 10
# A style or a kind of id is a dataset's when half of its names have it; both of two are where a tenth has each.
_MOST, _BOTH = 0.5, 0.1
_LOOKED_AT = 5000
_LEAST_NAMES, _LEAST_SHARE, _MARGIN = 3, 0.003, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeciesSeen:
    """What gene names tell of the species.

    Attributes
    ----------
    species
        Those that it can be; empty where the names do not tell.
    why
        What told, with an example.
    together
        Whether it has genes of each of them, in one table, and not of one of them.
    """

    species: frozenset[str] = frozenset()
    why: str = "the names do not tell"
    together: bool = False

    @property
    def said(self) -> str:
        """The species in words; empty where the names do not tell."""
        return (" and " if self.together else " or ").join(sorted(self.species))


def see_species(names: Sequence[Sequence[str]]) -> SpeciesSeen:
    """Tell the species of a dataset.

    By the kind of its ids, by the case of its symbols, and by names that only mouse or only man has, where
    these are clear. Two species in one table are told by their genomes' names before those of genes, by ids, and by
    symbols of both in the case of each.

    Parameters
    ----------
    names
        One or more names for every gene; see `cellfill.genes.names.name_columns`.
    """
    for whole in names:
        column = whole[:: 1 + len(whole) // _LOOKED_AT]
        seen = _by_genomes(column) or _by_ids(column) or _by_symbols(column)
        if seen is not None:
            return seen
    return SpeciesSeen()


def same_species(model: str, seen: SpeciesSeen) -> bool:
    """Return whether a dataset can be of a model's species, by the name of it; an unknown one contradicts none.

    A dataset of two species together is of neither.
    """
    name = _COMMON_NAMES.get(model.strip().lower(), model.strip().capitalize())
    known = {*_IDS.values()}
    return not seen.species or name not in known or (name in seen.species and not seen.together)


def _by_genomes(column: Sequence[str]) -> SpeciesSeen | None:
    """Return the species of two genomes whose names stand before those of the genes; one alone tells nothing."""
    found = {species: [name for name in column if of.match(name)] for species, of in _GENOMES.items()}
    if min(map(len, found.values())) < max(_LEAST_NAMES, _BOTH * len(column)):
        return None
    why = f"names such as {' and '.join(names[0] for names in found.values())}"
    return SpeciesSeen(species=frozenset(found), why=why, together=True)


def _by_ids(column: Iterable[str]) -> SpeciesSeen | None:
    found: Counter[str] = Counter()
    example: dict[str, str] = {}
    number = 0
    for name in column:
        number += 1
        if not _ANY_ID.match(name):
            continue
        for pattern, species in _IDS.items():
            if pattern.match(name):
                found[species] += 1
                example.setdefault(species, name)
                break
    if not found or sum(found.values()) < _MOST * number:
        return None
    best, count = found.most_common(1)[0]
    if count < 0.9 * sum(found.values()):
        return SpeciesSeen(species=frozenset(found), why=f"ids of {', '.join(found)}", together=True)
    return SpeciesSeen(species=frozenset({best}), why=f"ids such as {example[best]}")


def _by_symbols(column: Iterable[str]) -> SpeciesSeen | None:
    symbols = [name for name in column if _LETTERS.search(name) and not _MADE_UP.fullmatch(name)]
    if len(symbols) < _LEAST_NAMES:
        return None
    mouse = [name for name in symbols if _MOUSE_ONLY.fullmatch(name)]
    human = [name for name in symbols if _HUMAN_ONLY.fullmatch(name)]
    least = max(_LEAST_NAMES, _LEAST_SHARE * len(symbols))
    title = [name for name in symbols if _TITLE.fullmatch(name)]
    if min(len(mouse), len(human)) >= least and len(title) >= _BOTH * len(symbols):
        told = {*mouse, *human}  # clones are written in capitals in either species
        capital = [name for name in symbols if name == name.upper() and name not in told]
        if len(capital) >= _BOTH * len(symbols):
            why = f"human genes such as {human[0]}, mouse genes such as {mouse[0]}"
            return SpeciesSeen(species=frozenset({HUMAN, MOUSE}), why=why, together=True)
    if len(mouse) >= least and len(mouse) > _MARGIN * len(human):
        return SpeciesSeen(species=frozenset({MOUSE}), why=f"mouse genes such as {mouse[0]}")
    if len(human) >= least and len(human) > _MARGIN * len(mouse):
        return SpeciesSeen(species=frozenset({HUMAN}), why=f"human genes such as {human[0]}")
    if len(title) > _MOST * len(symbols) and not _counted(title):
        return SpeciesSeen(species=frozenset({MOUSE, RAT}), why=f"symbols written as rodents' are, {title[0]}")
    return None


def _counted(names: Sequence[str]) -> bool:
    """Return whether nearly all names are one stem and a counter."""
    if len(names) < _LEAST_COUNTED:
        return False
    return Counter(_COUNTER.sub("", name) for name in names).most_common(1)[0][1] > _COUNTED * len(names)
