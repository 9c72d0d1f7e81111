"""The table of ranks: its columns, by what the models are to be used for, and what they mean."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cellfill.text.figures import percent, two_places

if TYPE_CHECKING:
    from collections.abc import Callable

    from cellfill.options.shared import Task
    from cellfill.ranking.ranks import Ranked

GAIN = (
    "gain: by how much hidden counts are more probable by the model than by the gene's mean x library size, of all "
    "of your genes; similarity: of the genes' mean levels to those in the training cells"
)
NAMED = (
    "named right: share of all cells that the model expects to name right, to the most detailed type, unlike ones "
    "left unassigned; one type: the same of calling all others one type"
)
PLACED = "similarity: correlation of the genes' levels with those in the cells that trained the model"
LEGENDS: dict[Task, str] = {"impute": GAIN, "annotate": NAMED, "embed": PLACED}
_WORDS = ("model", "verdict")
_NUMBERS: dict[Task, tuple[str, ...]] = {
    "impute": ("gain", "coverage", "similarity"),
    "annotate": ("named right", "one type", "unlike", "coverage"),
    "embed": ("similarity", "unlike", "coverage"),
}
_MORE: dict[Task, tuple[str, ...]] = {"impute": ("counts filled", "nats"), "annotate": (), "embed": ()}


def heads_of(task: Task, *, verbose: bool = False) -> tuple[str, ...]:
    """Return what the columns are called."""
    return (*_WORDS, *_NUMBERS[task], *(_MORE[task] if verbose else ()), "for")


def cells_of(ranked: Ranked, task: Task, *, verbose: bool = False) -> tuple[str, ...]:
    """Return a model's row of the table; what was not measured is empty."""
    coverage = _said(ranked.coverage.coverage if ranked.coverage else math.nan, percent)
    likeness, unlike = (
        _said(ranked.likeness, two_places),
        _number(getattr(ranked.evidence, "unlike", math.nan), ".0%"),
    )
    numbers = {
        "impute": (_number(math.expm1(ranked.gain), "+.1%"), coverage, likeness),
        "annotate": (*(_said(share, percent) for share in named_right(ranked)), unlike, coverage),
        "embed": (likeness, unlike, coverage),
    }[task]
    if verbose and task == "impute":
        numbers = (*numbers, _number(ranked.share, ".0%"), _number(ranked.gain, ".4f"))
    return (
        ranked.model,
        ranked.verdict or {"screened": "not measured"}.get(ranked.stage, ranked.stage),
        *numbers,
        ", ".join(filter(None, (ranked.species, ranked.tissue))),
    )


def named_right(ranked: Ranked) -> tuple[float, float]:
    """Return the share of the cells that a model expects to name right, and that of one type for all, or NaN."""
    evidence = ranked.evidence
    unlike, sure = getattr(evidence, "unlike", math.nan), getattr(evidence, "sure", math.nan)
    one = getattr(evidence, "one_type", math.nan)
    if unlike == 1:
        return 0.0, 0.0
    return (1 - unlike) * sure, (1 - unlike) * one


def _said(value: float, say: Callable[[float], str]) -> str:
    return "" if value != value else say(value)


def _number(value: float, form: str) -> str:
    return "" if value != value else format(value, form)
