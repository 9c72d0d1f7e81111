"""Columns of obs that most probably name groups of cells."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

# In the order of preference: what a person said the cells are, then what an algorithm found.
_USUAL = (
    r"cell[-_. ]?types?([-_. ].*)?",
    r"cell[-_. ]?(ontology[-_. ]class|labels?|identity)",
    r"(cell[-_. ]?)?(annotations?|annot)",
    r"labels?",
    r"(leiden|louvain)([-_. ].*)?",
    r"(seurat[-_. ]?)?clusters?",
)
MOST_GROUPS = 60  # more are no labels but names or measurements


def usual_columns(frame: Any) -> Iterator[str]:
    """Yield the columns of a data frame whose name says that they hold labels of cells, the best first."""
    for pattern in _USUAL:
        for name in frame.columns:
            if isinstance(name, str) and re.fullmatch(pattern, name, flags=re.IGNORECASE):
                yield name
