"""A recommendation, said to a person and to a machine."""

from __future__ import annotations

import dataclasses
import math
import shlex
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cellfill.text.jsonable import jsonable

if TYPE_CHECKING:
    from cellfill.ranking.ranks import Ranked, Ranks

GAIN = (
    "gain: nats a hidden molecule over gene mean x library, of all of your genes; the genes that a model does not "
    "fill gain nothing"
)
_HEAD = ("", "model", "verdict", "gain", "coverage", "likeness", "counts filled", "for")


def describe(found: Ranks) -> str:
    """Say what was found, in lines."""
    lines = [
        f"counts        {found.counts}",
        f"cells         {found.cells_checked:,} of {found.cells:,} were tried, a tenth of their molecules hidden",
        f"species       {' or '.join(found.species) or 'not known'} ({found.species_why})",
        *(f"note          {note}" for note in found.notes),
    ]
    if found.ranks:
        rows = [_HEAD, *((str(place), *cells_of(ranked)) for place, ranked in enumerate(found.ranks, start=1))]
        widths = [max(len(row[i]) for row in rows) for i in range(len(_HEAD))]
        lines += ["", *("  ".join(_pad(row, widths)).rstrip() for row in rows)]
        if any(ranked.stage == "measured" for ranked in found.ranks):
            lines += ["", GAIN]
        lines += ["", *(f"{place}  {' '.join(r.reasons)}" for place, r in enumerate(found.ranks, start=1))]
    return "\n".join([*lines, "", f"{found.outcome:<14}{conclusion(found)}"])


def cells_of(ranked: Ranked) -> tuple[str, ...]:
    """Return a model's row of the table; what was not measured is empty."""
    return (
        ranked.model,
        ranked.verdict or {"screened": "not measured"}.get(ranked.stage, ranked.stage),
        _number(ranked.gain, ".4f"),
        _number(ranked.coverage.coverage if ranked.coverage else math.nan, ".0%"),
        _number(ranked.likeness, ".2f"),
        _number(ranked.share, ".0%"),
        ", ".join(filter(None, (ranked.species, ranked.tissue))),
    )


def conclusion(found: Ranks) -> str:
    """Say what to do."""
    best = found.best
    if best is not None:
        limits = "" if best.verdict == "fits" else ", with limits: see which genes to trust with cellfill check"
        model = shlex.quote(best.model)
        return f"{best.model}: it fits{limits}. Go on with: cellfill impute IN --output OUT --model {model}"
    if found.outcome == "none reached":
        what = "read" if found.ranks else "reached"
        return f"no model could be {what}. Name a folder that holds some (--hub), or pull one: cellfill search."
    if found.outcome == "not tested":
        return (
            "there are too few cells to measure any model. The ranks go by genes alone, which cannot tell a model "
            "of one tissue from that of another: go by the card of each (cellfill show MODEL)."
        )
    stages = Counter(ranked.stage for ranked in found.ranks)
    measured, unmeasured, unread = stages["measured"], stages["screened"], stages["not read"]
    instead = (
        "leave the counts as they are, or train a model on cells like these: cellfill-train fit IN --out FOLDER"
    )
    skipped = f"; {unread} could not be read" if unread else ""
    if not measured:
        return (
            f"the genes rule out every model, for the reasons above{skipped}. Mend names or orientation where they "
            f"are the reason; otherwise {instead}"
        )
    skipped = (f"; {unmeasured} more were not measured (--most)" if unmeasured else "") + skipped
    return (
        f"{measured} of {len(found.ranks)} models were measured on these cells, and none knows them{skipped}. "
        f"Imputing with one would fill in what other cells do: {instead}"
    )


def as_plain(found: Ranks) -> Mapping[str, Any]:
    """Return it as plain types; what is not a number is None."""
    record = jsonable(dataclasses.asdict(found))
    return {
        "outcome": found.outcome,
        "best": found.best.model if found.best else None,
        "conclusion": conclusion(found),
        **record,
    }


def _number(value: float, form: str) -> str:
    return "" if value != value else format(value, form)


def _pad(row: tuple[str, ...], widths: list[int]) -> list[str]:
    right = (3, 4, 5, 6)
    return [
        text.rjust(width) if i in right else text.ljust(width)
        for i, (text, width) in enumerate(zip(row, widths, strict=True))
    ]
