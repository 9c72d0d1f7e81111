"""What every check of a model on a dataset says, whatever the task."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cellfill.text.jsonable import jsonable

if TYPE_CHECKING:
    from cellfill.fitness.verdict import Verdict
    from cellfill.genes.coverage import Coverage


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """A model, looked at on a dataset.

    Attributes
    ----------
    model
        Its name, and where it came from.
    verdict
        ``fits``; ``fits with limits``; ``does not fit``; ``not tested``, with fewer than 20 cells.
    reasons
        Why, one sentence each.
    cells, cells_checked
        Of the dataset, and how many of them were looked at.
    counts
        Where they were, and what they looked like.
    coverage
        What of the model's genes the dataset has.
    """

    model: str
    verdict: Verdict
    reasons: tuple[str, ...]
    cells: int
    cells_checked: int
    counts: str
    coverage: Coverage


def opening(looked: Looked) -> list[str]:
    """Return the lines that every check begins with."""
    c = looked.coverage
    return [
        f"model         {looked.model}",
        f"cells         {looked.cells_checked:,} of {looked.cells:,} were looked at",
        f"counts        {looked.counts}",
        f"species       {' or '.join(c.species) or 'not known'} ({c.species_why})",
        f"coverage      {c.coverage:.1%} of what the model's predictors tell it; {c.threshold:.1%} is needed",
    ]


def closing(looked: Looked) -> str:
    """Return the line that every check ends with."""
    return f"verdict       {looked.verdict}: {' '.join(looked.reasons)}"


def plain_opening(looked: Looked) -> Mapping[str, Any]:
    """Return what every check has as plain types."""
    return {
        "model": looked.model,
        "verdict": looked.verdict,
        "reasons": list(looked.reasons),
        "cells": looked.cells,
        "cells_checked": looked.cells_checked,
        "counts": looked.counts,
        "coverage": jsonable(dataclasses.asdict(looked.coverage)),
    }
