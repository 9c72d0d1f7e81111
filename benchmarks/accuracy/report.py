"""The whole report: what all datasets say together, then every dataset's tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from .kept import Outcome, by_protocol
from .methods import METHODS
from .run import NO_MODEL
from .summary import summary
from .tables import tables


def report(outcomes: Iterable[Outcome]) -> str:
    """Return a summary for every protocol, then a table for every dataset, protocol and scope, and what failed."""
    kept = list(outcomes)
    tasks: dict[tuple[str, str], list[Outcome]] = defaultdict(list)
    for outcome in kept:
        tasks[outcome[0], outcome[1]].append(outcome)
    parts = [*summary(by_protocol(kept)), "## Every dataset"]
    for (dataset, protocol), found in tasks.items():
        parts += [*tables(dataset, protocol, found), *_remarks(dataset, protocol, found)]
    return "\n\n".join(parts)


def _remarks(dataset: str, protocol: str, found: Sequence[Outcome]) -> list[str]:
    """Return a line for each method that gave no result, was not run or ran otherwise than it would, and why."""
    there = {name for *_, name, _ in found}
    reasons: dict[str, set[str]] = defaultdict(set, {name: {"not run"} for name in METHODS if name not in there})
    for *_, name, entry in found:
        if "failed" in entry:
            why = entry["failed"]
            reasons[name].add(why if why == NO_MODEL else f"no result: {why}")
        elif "note" in entry["remarks"]:
            reasons[name].add(entry["remarks"]["note"])
    lines = [
        f"- {METHODS[name].gives['']} on {dataset}, {protocol}: {'; '.join(sorted(why))}"
        for name, why in reasons.items()
    ]
    return ["\n".join(lines)] if lines else []
