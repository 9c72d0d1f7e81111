"""Which genes have a name that says something, and which are called by a clone or a number."""

from __future__ import annotations

import re

# Ensembl ids, numbered loci and non-coding genes, predicted mouse genes, RIKEN's and other clones.
_BY_NUMBER = re.compile(
    r"ENS[A-Z]*G\d|LOC\d|LINC\d|Gm\d|GM\d{4}|[0-9A-Z]+Rik$|[A-Z]{1,2}\d{5,}(\.\d+)?$|(RP\d+|CT[A-D]|XX[a-z]+)-\w+\.\d+$"
)


def has_a_name(gene: str) -> bool:
    """Return whether a gene's name is one, such as ``CD79A``, and no number, such as ``1810041L15Rik``."""
    return bool(gene) and _BY_NUMBER.match(gene) is None
