"""A recommendation, said to a person and to a machine."""

from __future__ import annotations

import dataclasses
import shlex
from collections import Counter
from collections.abc import Mapping
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from cellfill.ranking.columns import LEGENDS, cells_of, heads_of
from cellfill.text.jsonable import jsonable
from cellfill.text.sentences import AS_USUAL, continued, row, rows, trained_on

if TYPE_CHECKING:
    from cellfill.options.shared import Task
    from cellfill.ranking.ranks import Ranked, Ranks

_INSTEAD: dict[Task, tuple[str, str]] = {
    "impute": (
        "Imputing with one would fill in what other cells do",
        "leave the counts as they are, or train a model on cells like these (in a clone: pip install "
        "'./training[cpu]', then cellfill-train fit IN --out FOLDER)",
    ),
    "annotate": (
        "Naming these cells with one would call them what they are not",
        "name them by their markers, or train a model on cells like these of which the types are known",
    ),
    "embed": (
        "Placed by one they would lie where it has room, and not where they belong",
        "use principal components of these cells, or train a model on cells like these",
    ),
}

_DONE: dict[Task, str] = {"impute": "imputed", "annotate": "typed", "embed": "placed"}
_DOES: dict[Task, str] = {"impute": "imputes", "annotate": "names cells", "embed": "places cells"}


def describe(found: Ranks, *, data: object = None, verbose: bool = False) -> str:
    """Say what was found, in lines: what to do first.

    Parameters
    ----------
    found
        The ranks.
    data
        The path of the dataset, for the command that goes on; None where there is none.
    verbose
        Whether all figures and all reasons are said.
    """
    lines = [f"{found.outcome}: {conclusion(found)}"]
    if found.best is not None:
        why = continued(found.best.reasons[0]) if found.best.reasons else "measured on these cells"
        lines = [
            f"{found.outcome}: {found.best.model}, which {found.best.verdict}: {why}",
            "",
            *(rows("why", found.best.reasons[1:]) if found.best.verdict == "fits with limits" else ()),
            *trained_on(found.best.studies),
            row("go on with", _command(found, found.best, data=data)),
        ]
    if found.ranks:
        head = ("", *heads_of(found.task, verbose=verbose))
        table = [
            (str(i), *cells_of(ranked, found.task, verbose=verbose))
            for i, ranked in enumerate(found.ranks, start=1)
        ]
        widths = [max(len(line[i]) for line in (head, *table)) for i in range(len(head))]
        lines += ["", *("  ".join(_pad(line, widths)).rstrip() for line in (head, *table))]
        if any(ranked.stage == "measured" for ranked in found.ranks):
            lines += ["", LEGENDS[found.task]]
        reasons = _reasons(found, verbose=verbose)
        lines += [""] * bool(reasons) + [f"{places}  {why}" for places, why in reasons]
    lines += ["", row("cells", f"{found.cells_checked:,} of {found.cells:,} were tried{_hidden(found)}")]
    if verbose or found.counts != AS_USUAL:
        lines.append(row("counts", found.counts))
    if verbose:
        lines.append(row("species", f"{' or '.join(found.species) or 'not known'} ({found.species_why})"))
    return "\n".join([*lines, *(row("note", note) for note in found.notes)])


def _reasons(found: Ranks, *, verbose: bool) -> list[tuple[str, str]]:
    """Return why each model stands where it stands; what is the same of several, or was said above, once."""
    places: dict[str, list[str]] = {}
    for place, ranked in enumerate(found.ranks, start=1):
        if ranked is found.best and not verbose:
            continue
        why = ranked.reasons if verbose else ranked.reasons[:1]
        places.setdefault(" ".join(why), []).append(str(place))
    return [(", ".join(numbers), why) for why, numbers in places.items()]


def conclusion(found: Ranks) -> str:
    """Say what to do."""
    best = found.best
    if best is not None:
        why = "which genes to trust" if found.task == "impute" else "which"
        limits = "" if best.verdict == "fits" else f", with limits: see {why} with cellfill check"
        return f"{best.model}: it fits{limits}. Go on with: {_command(found, best)}"
    if found.outcome == "none reached":
        what = "read" if found.ranks else "reached"
        return (
            f"no model that {_DOES[found.task]} could be {what}. Name a folder that holds some (--hub), or pull "
            "one: cellfill search."
        )
    stages = Counter(ranked.stage for ranked in found.ranks)
    measured, unmeasured, unread = stages["measured"], stages["screened"], stages["not read"]
    if found.outcome == "not tested":
        return _untold(measured)
    harm, instead = _INSTEAD[found.task]
    skipped = f"; {unread} could not be read" if unread else ""
    if not measured:
        return (
            f"the genes rule out every model, for the reasons above{skipped}. Mend names or orientation where they "
            f"are the reason; otherwise {instead}"
        )
    skipped = (f"; {unmeasured} more were not measured (--most)" if unmeasured else "") + skipped
    return (
        f"{measured} of {len(found.ranks)} models were measured on these cells, and none fits{skipped}. "
        f"{harm}: {instead}"
    )


def _command(found: Ranks, best: Ranked, *, data: object = None) -> str:
    """Return the command that goes on with the best model, with the dataset of this path where there is one."""
    into, out_of = "IN", "OUT"
    if data is not None:
        stem = PurePath(str(data)).name.partition(".")[0] or "cells"
        into, out_of = shlex.quote(str(data)), shlex.quote(f"{stem}-{_DONE[found.task]}.h5ad")
    key = f" --key-added {shlex.quote(found.key_added)}" if found.key_added is not None else ""
    return f"cellfill {found.task} {into} --output {out_of} --model {shlex.quote(best.model)}{key}"


def _untold(measured: int) -> str:
    """Say what to do where no model could be tested, of so many that were measured."""
    if measured:
        which = "the model" if measured == 1 else f"any of the {measured} models"
        return (
            f"whether {which} that could be measured knows these cells could not be found out: cells unlike its "
            "types look to it like one of them. Go by its card (cellfill show MODEL), and by markers of your own."
        )
    return (
        "there are too few cells to measure any model. The ranks go by genes alone, which cannot tell a model "
        "of one tissue from that of another: go by the card of each (cellfill show MODEL)."
    )


def as_plain(found: Ranks) -> Mapping[str, Any]:
    """Return it as plain types; what is not a number is None."""
    record = jsonable(dataclasses.asdict(found))
    if found.task == "impute":  # what a program read of it before there were other tasks stays as it was
        del record["task"]
    if found.key_added is None:
        del record["key_added"]
    return {
        "outcome": found.outcome,
        "best": found.best.model if found.best else None,
        "conclusion": conclusion(found),
        **record,
    }


def _hidden(found: Ranks) -> str:
    return ", a tenth of their molecules hidden" if found.task == "impute" else ""


def _pad(row: tuple[str, ...], widths: list[int]) -> list[str]:
    right = range(3, len(row) - 1)
    return [
        text.rjust(width) if i in right else text.ljust(width)
        for i, (text, width) in enumerate(zip(row, widths, strict=True))
    ]
