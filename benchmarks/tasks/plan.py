"""Every run that the tables need, in the order that gives a whole table soonest; what is there is not run again."""

from __future__ import annotations

import datetime
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .methods import DATASETS, METHODS, OF_BLOOD, OF_MOUSE, PRE_TRAINED, SIZES, WITH_TRUTH

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .methods import Task, Way

WORKER = Path(__file__).with_name("worker.py")
TIMEOUT = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One method on one draw of cells."""

    task: Task
    dataset: str
    way: Way
    size: int | None
    seed: int
    name: str

    def file(self, scratch: Path) -> Path:
        """Return where its outcome is kept."""
        cells = "all" if self.size is None else str(self.size)
        return (
            scratch / "results" / self.task / self.dataset / f"{self.name}, {self.way}, {cells}, {self.seed}.json"
        )


def cases(tasks: Sequence[Task], *, seeds: int, sizes: Sequence[int | None] = SIZES) -> Iterator[Case]:
    """Yield every run: all sizes and methods by the first seed, then by the next."""
    for seed in range(seeds):
        for size in sizes:
            for task in tasks:
                for dataset in DATASETS[task]:
                    for name, method in METHODS[task].items():
                        if task == "impute" and method.expressed and dataset not in WITH_TRUTH:
                            continue
                        if method.of_man and dataset in OF_MOUSE:
                            continue
                        for way in method.ways:
                            if way == PRE_TRAINED and dataset not in OF_BLOOD:
                                continue
                            if way == PRE_TRAINED and task == "annotate" and size is not None:
                                continue  # what it learns from is always the same
                            yield Case(task=task, dataset=dataset, way=way, size=size, seed=seed, name=name)


def run_all(wanted: Sequence[Case], *, scratch: Path, minutes: float | None, say: Callable[[str], None]) -> None:
    """Run what is not there, one at a time, for so many minutes; each outcome is a file, failures too."""
    end = None if minutes is None else time.monotonic() + 60 * minutes
    waiting = [case for case in wanted if not case.file(scratch).is_file()]
    for number, case in enumerate(waiting, start=1):
        if end is not None and time.monotonic() > end:
            say(f"{len(waiting) - number + 1} runs are left")
            return
        outcome = _run(case, scratch) | {"when": str(datetime.datetime.now(datetime.UTC).date())}
        path = case.file(scratch)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_suffix(".new").write_text(json.dumps(outcome, indent=1))
        path.with_suffix(".new").replace(path)
        took = outcome.get("failed") or f"{outcome['seconds']:.1f} s, {outcome['figures']}"
        say(f"{number}/{len(waiting)} {case.task}, {case.dataset}, {case.size}, {case.name}, {case.way}: {took}")


def outcomes(wanted: Sequence[Case], scratch: Path) -> dict[Case, dict[str, Any]]:
    """Return what is there."""
    return {case: json.loads(path.read_text()) for case in wanted if (path := case.file(scratch)).is_file()}


def _run(case: Case, scratch: Path) -> dict[str, Any]:
    said = {name: getattr(case, name) for name in Case.__slots__}
    said |= {"scratch": str(scratch)}
    try:
        done = subprocess.run(
            [sys.executable, str(WORKER), json.dumps(said)],
            capture_output=True,
            text=True,
            check=False,
            timeout=TIMEOUT,
        )
    except subprocess.TimeoutExpired:
        return {"failed": f"took longer than {TIMEOUT / 60:.0f} minutes"}
    if done.returncode:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        return {"failed": (lines or [f"exit code {done.returncode}"])[-1][:300]}
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found
