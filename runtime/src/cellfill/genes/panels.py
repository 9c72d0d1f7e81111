"""Antibodies that are called as the genes of their targets, told by the company they keep."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

# What antibodies of CITE-seq panels are called after: mostly surface antigens with a CD number.
_SURFACE = re.compile(
    r"(anti[-_. ]?)?(CD\d+[A-Z]{0,2}\d?|HLA[-_.]?(DR|ABC?)\w*|IG[GMDE]\w*|TCR\w*|MS4A1|NCAM1|PTPRC|PDCD1|CTLA4"
    r"|IL\d+R\w*|C?X?CR\d+|FCGR\w+|FCER\w+|ITG[AB]\w+|KLR\w+|TIGIT|LY6[ACG]\w?|SELL|THY1)",
    re.IGNORECASE,
)
_ENSEMBL = re.compile(r"ENS[A-Z]{0,6}G\d{11}")
_SET_OFF = {"-", "."}
_LEAST = 3  # fewer are no panel
_MOSTLY_IDS = 0.9
_FILLS = 0.3  # a block is a panel's when so many of its features double a gene


def antibodies_among(names: Sequence[str], columns: Iterable[Sequence[str]]) -> set[int]:
    """Return which features are antibodies though they are called as genes.

    Where at least three genes occur twice (``CD4`` and ``CD4-1``), and half of these are surface antigens, it is
    a panel: no reference of genes doubles them. The antibodies are those of each two that stand together. Where
    nearly all names are Ensembl ids, at least three that are none, half of them surface antigens, are a panel, too.

    Parameters
    ----------
    names
        Of the features, as the dataset has them.
    columns
        Other texts of the features, for ids.
    """
    found = _doubles(names)
    for column in (names, *columns):
        found |= _without_id(column)
    return found


def _is_panel(names: Sequence[str]) -> bool:
    surface = sum(_SURFACE.fullmatch(name) is not None for name in names)
    return surface >= _LEAST and 2 * surface >= len(names)


def _doubles(names: Sequence[str]) -> set[int]:
    there = set(names)
    stems = {
        place: _stem(name) for place, name in enumerate(names) if name[-2:-1] in _SET_OFF or name[-3:-2] in _SET_OFF
    }
    doubled = {stem for place, stem in stems.items() if stem != names[place] and stem in there}
    if len(there) < len(names):
        doubled |= {name for name, times in Counter(names).items() if times > 1}
    pairs: dict[str, list[int]] = {name: [] for name in doubled}
    for place, name in enumerate(names if doubled else ()):
        of = name if name in doubled else stems.get(place, name)
        if of in doubled:
            pairs[of].append(place)
    if not _is_panel(list(pairs)):
        return set()
    surface = [found for name, found in pairs.items() if _SURFACE.fullmatch(name)]
    first, second = [found[0] for found in surface], [found[-1] for found in surface]
    panel = first if 2 * _span(first) < _span(second) else second
    if len(panel) >= _FILLS * _span(panel):
        return set(range(min(panel), max(panel) + 1))
    return set(panel)


def _span(places: Sequence[int]) -> int:
    return max(places) - min(places) + 1


def _stem(name: str) -> str:
    for length in (1, 2):  # digits after the dash or dot
        if name[-length - 1 : -length] in ("-", ".") and name[-length:].isdecimal():
            return name[: -length - 1] or name
    return name


def _without_id(names: Sequence[str]) -> set[int]:
    others = [place for place, name in enumerate(names) if not (name.startswith("ENS") and _ENSEMBL.match(name))]
    if not others or len(others) > (1 - _MOSTLY_IDS) * len(names):
        return set()
    return set(others) if _is_panel([_stem(names[place]) for place in others]) else set()
