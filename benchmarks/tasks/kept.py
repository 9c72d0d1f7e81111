"""The runs that are kept beside the tables, a line of JSON each: whoever goes on runs only what is missing."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .plan import Case

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .methods import Task

FOLDER = Path(__file__).with_name("runs")
DIGITS = {"seconds": 1, "cpu": 1, "memory": 0, "bytes": 0}


def recall(tasks: Iterable[Task], folder: Path = FOLDER) -> dict[Case, dict[str, Any]]:
    """Return the kept runs of some tasks; each says on which day it was made."""
    lines = [
        json.loads(line)
        for task in tasks
        if (path := folder / f"{task}.jsonl").is_file()
        for line in path.read_text().splitlines()
    ]
    return {Case(**line["run"]): line["found"] for line in lines}


def record(found: Mapping[Case, Mapping[str, Any]], folder: Path = FOLDER) -> None:
    """Keep these runs, and those that were kept before: figures to four digits after the point."""
    every = recall(sorted({case.task for case in found}), folder) | {c: _rounded(o) for c, o in found.items()}
    folder.mkdir(exist_ok=True)
    for task in {case.task for case in every}:
        lines = [
            json.dumps({"run": asdict(case), "found": outcome}, sort_keys=True)
            for case, outcome in every.items()
            if case.task == task
        ]
        new = folder / f"{task}.new"
        new.write_text("".join(f"{line}\n" for line in sorted(lines)))
        new.replace(folder / f"{task}.jsonl")


def days(found: Iterable[Mapping[str, Any]]) -> str:
    """Return when runs were made."""
    every = sorted({outcome["when"] for outcome in found})
    return " to ".join(dict.fromkeys((every[0], every[-1])))


def _rounded(outcome: Mapping[str, Any]) -> dict[str, Any]:
    figures = {
        variant: {name: round(value, 4) for name, value in of.items()}
        for variant, of in outcome.get("figures", {}).items()
    }
    return (
        dict(outcome)
        | ({"figures": figures} if figures else {})
        | {name: round(outcome[name], digits) for name, digits in DIGITS.items() if name in outcome}
    )
