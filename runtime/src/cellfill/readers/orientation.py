"""Which axis of a table holds the genes, by what the names look like."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from cellfill.options.shared import Orientation

_MOST_NAMES = 2000  # of an axis are looked at, evenly spread
_CLEAR = 0.05  # the difference of the scores from which on names decide

# Ids of Ensembl, FlyBase, WormBase, TAIR and SGD; families of genes whose names are written in no other way.
_SURELY_GENE = re.compile(
    r"(ENS[A-Z]*[GT]\d{11}|FBgn\d{7}|WBGene\d{8}|AT[1-5CM]G\d{5}|Y[A-P][LR]\d{3}[WC])(\.\d+|-[A-Z])?"
    r"|(MT|HLA|H2|RP\d+|CTD|AC\d+)-.+|LINC\d+|LOC\d+|Gm\d+|\d+[A-Z]\d+Rik|RP[LS]P?\d+[AXYL]?\d*"
    r"|(ZNF|SLC|TMEM|KRT|COL|CCL|CXCL|CD|FAM|MRPL|MRPS|NDUF|PSM|EIF|KIF)\d*[A-Z]*\d+[A-Z]*\d*(-.+)?"
    r"|(GAPDH|ACTB|MALAT1|B2M|XIST|NEAT1|TMSB4X|EEF1A1|FTL|FTH1)",
    re.IGNORECASE,
)
_MAYBE_GENE = re.compile(r"[A-Z][A-Z0-9]*[A-Z0-9.-]{1,14}|[A-Z][a-z0-9.-]{1,14}|[a-z]+-?\d+(\.\d+)?")
_SURELY_CELL = re.compile(
    r".*[ACGTN]{8,}([-_.]\w+)*|(cell|barcode|sample|bc|well|[SED]RR|GSM)[-_. ]?\d+.*|[A-P]\d{1,2}([-_.].*)?"
    r"|\d+(\.\d+)?",
    re.IGNORECASE,
)


def gene_score(names: Sequence[str]) -> float:
    """Return how much the names of an axis look like genes: 1 all of them surely, -1 all surely cells."""
    some = names[:: max(1, -(-len(names) // _MOST_NAMES))]
    if not some:
        return 0.0
    stem, count = Counter(re.sub(r"\d+", "#", name) for name in some).most_common(1)[0]
    total = sum(map(_score, some)) / len(some)
    if count > 0.8 * len(some) and len(some) > 1 and abs(total) < 1 and not _is_gene_stem(stem):
        return -0.5  # one stem and a counter: names that somebody gave to cells
    return total


def _is_gene_stem(stem: str) -> bool:
    return stem.lower().startswith("gene") or _SURELY_GENE.fullmatch(stem.replace("#", "00000000001")) is not None


def _score(name: str) -> float:
    if _SURELY_GENE.fullmatch(name):
        return 1.0
    if _SURELY_CELL.fullmatch(name):
        return -1.0
    return 0.25 if _MAYBE_GENE.fullmatch(name) else 0.0


def choose_orientation(*, rows: Sequence[str], columns: Sequence[str]) -> tuple[Orientation, str]:
    """Return what the rows of a table are, and why.

    The axis whose names look more like genes holds the genes; where that does not tell, the longer one.

    Parameters
    ----------
    rows, columns
        Names of the two axes.
    """
    score = gene_score(rows) - gene_score(columns)
    if abs(score) >= _CLEAR:
        found: Orientation = "genes-in-rows" if score > 0 else "cells-in-rows"
        names = rows if score > 0 else columns
        return found, f"names such as {', '.join(list(names)[:2])} look like genes"
    found = "genes-in-rows" if len(rows) > len(columns) else "cells-in-rows"
    return found, "the names do not tell, and the longer axis is taken for the genes"
