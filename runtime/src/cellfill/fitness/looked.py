"""What every check of a model on a dataset says, whatever the task."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cellfill.genes.mismatch import GOOD_COVERAGE
from cellfill.text.jsonable import jsonable
from cellfill.text.sentences import AS_USUAL, continued, headline, row, rows

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


def beginning(looked: Looked, *, said: str = "", to_do: str = "") -> list[str]:
    """Return the lines that every check begins with: the verdict and the one thing to know, what to do, and why.

    Parameters
    ----------
    looked
        What was found.
    said
        What to say beside the verdict; by default the first of the reasons.
    to_do
        What a person should do; empty for nothing.
    """
    if said:
        first, why = f"{looked.verdict}: {continued(said)}", looked.reasons
    else:
        first, others = headline(looked.verdict, looked.reasons[0])
        why = (*others, *looked.reasons[1:])
    return [first, "", *rows("what to do", filter(None, (to_do,))), *rows("why", why)]


def figures_of(looked: Looked, *, verbose: bool) -> list[str]:
    """Return what was looked at; with what it was in full, for those who want to know."""
    c = looked.coverage
    lines = [row("cells", f"{looked.cells_checked:,} of {looked.cells:,} were looked at")]
    if verbose or looked.counts != AS_USUAL:
        lines.append(row("counts", looked.counts))
    if verbose:
        lines.append(row("species", f"{' or '.join(c.species) or 'not known'} ({c.species_why})"))
    if verbose or c.coverage < GOOD_COVERAGE:
        lines.append(row("coverage", f"{c.coverage:.1%} of what the model reads; {c.threshold:.1%} is needed"))
    model = looked.model if verbose else looked.model.partition(" (")[0]
    return [*lines, row("model", model)]


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
