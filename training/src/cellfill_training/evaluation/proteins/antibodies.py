"""Which gene an antibody's protein is of, by the names that panels give."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files

# What panels put before and behind a name: cell-hashing and 10x, TotalSeq's letters, "anti-human".
_AROUND = re.compile(
    r"^(adt|prot|protein|ab|abseq|cite|hu|hums|human|anti[-_. ]human|anti)[-_.: ]+"
    r"|[-_.: ]+(total[-_ ]?seq[-_ ]?[abcd]?|adt|prot|protein|antibody|pabo|abseq)([-.]\d+)?$",
    re.IGNORECASE,
)
# The forms of CD45 are of one gene, whose counts do not tell them apart.
_NO_GENE = frozenset({"cd45", "cd45r", "cd45ra", "cd45ro", "cd45rb", "b220", "ptprc"})


def genes_of(antibodies: Iterable[str], genes: Iterable[str]) -> dict[str, str]:
    """Return the gene of each antibody that has one among some genes.

    A name is looked up without what panels put around it, then in its parts: ``MHCII (HLA-DR)`` is ``MHCII`` and
    ``HLA-DR``. One that is not on the list may be a symbol itself. Left out are controls, and forms of CD45.

    Parameters
    ----------
    antibodies
        Their names.
    genes
        Symbols.
    """
    there = {gene.upper(): gene for gene in genes}
    found = {}
    for antibody in antibodies:
        for name in _names(antibody):
            key = _key(name)
            gene = _known().get(key) or there.get(name.upper(), "")
            if gene and key not in _NO_GENE and gene.upper() in there:
                found[antibody] = there[gene.upper()]
                break
    return found


def known_genes() -> frozenset[str]:
    """Return the genes of all antibodies that are known."""
    return frozenset(_known().values())


def _names(antibody: str) -> list[str]:
    """Return what an antibody may be called: as it is, bare, and its parts."""
    bare = antibody.strip()
    while (shorter := _AROUND.sub("", bare)) != bare:
        bare = shorter
    inside = re.findall(r"\(([^()]+)\)", bare)
    outside = re.sub(r"\([^()]*\)", " ", bare).strip()
    return [name.strip() for name in (antibody, bare, outside, *inside) if name.strip()]


@cache
def _known() -> Mapping[str, str]:
    lines = (
        files("cellfill_training.evaluation.proteins").joinpath("antibodies.tsv").read_text("utf-8").splitlines()
    )
    return {_key(antibody): gene for antibody, gene in (line.split("\t") for line in lines[1:])}


def _key(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
