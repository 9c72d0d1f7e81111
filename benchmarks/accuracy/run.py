"""Run every method on every task that is not done yet."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cellfill.errors import CellfillError

from . import process
from .environments import NotInstalledError, python_of
from .methods import METHODS, OWN, Method
from .models import filled_by, model_of
from .scoring import score
from .settings import PROTOCOLS, SETTINGS, Protocol
from .tasks import Task, draw, make_task, write_counts

NO_MODEL = "no pre-trained model for this dataset"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What to run, and where to keep it.

    Attributes
    ----------
    data, scratch
        The datasets' folder, and the one that keeps environments, models and results.
    datasets, methods, protocols
        Their names.
    seeds, max_cells
        Number of draws, and the most cells of one.
    jobs
        Methods at once; more than one makes seconds incomparable.
    timeout
        Most seconds a method may take on one task.
    threads
        Of each method's libraries; None leaves them their own choice.
    again
        Methods to run again though they are done.
    retry
        Whether what failed is tried again.
    models
        Folders of pre-trained models, by dataset.
    """

    data: Path
    scratch: Path
    datasets: Sequence[str] = tuple(SETTINGS)
    methods: Sequence[str] = tuple(METHODS)
    protocols: Sequence[Protocol] = PROTOCOLS
    seeds: int = 3
    max_cells: int = 2000
    jobs: int = 1
    timeout: float = 7200.0
    threads: int | None = None
    again: Sequence[str] = ()
    retry: bool = False
    models: dict[str, Path] = field(default_factory=dict)


def result_path(plan: Plan, dataset: str, protocol: str, seed: int, method: str) -> Path:
    """Return where the scores of one method on one task are kept."""
    return plan.scratch / "results" / f"{plan.max_cells}-cells" / dataset / protocol / str(seed) / f"{method}.json"


def run(plan: Plan, *, say: Callable[[str], None] = print) -> None:
    """Run all that is not done; every outcome, failures too, is one file.

    A dataset has the protocols that its `Setting` says enough is known for.
    """
    pythons = _pythons(plan, say)
    for dataset in plan.datasets:
        for seed in range(plan.seeds):
            for protocol in _protocols(plan, dataset):
                waiting = [m for m in plan.methods if not _done(plan, dataset, protocol, seed, m)]
                if waiting:
                    _run_task(plan, dataset, protocol, seed, waiting, pythons, say)


def _pythons(plan: Plan, say: Callable[[str], None]) -> dict[str, Path | str | NotInstalledError]:
    """Return the Python of every environment that is wanted, or why there is none."""
    found: dict[str, Path | str | NotInstalledError] = {OWN: sys.executable}
    for name in sorted({METHODS[m].environment for m in plan.methods} - {OWN}):
        try:
            found[name] = python_of(name, plan.scratch / "environments")
        except NotInstalledError as error:
            say(f"{name} cannot be installed: {error}")
            found[name] = error
    return found


def _protocols(plan: Plan, dataset: str) -> list[Protocol]:
    return [protocol for protocol in plan.protocols if protocol in SETTINGS[dataset].protocols]


def _done(plan: Plan, dataset: str, protocol: str, seed: int, method: str) -> bool:
    path = result_path(plan, dataset, protocol, seed, method)
    if method in plan.again or not path.is_file():
        return False
    return not (plan.retry and "failed" in json.loads(path.read_text()))


def _run_task(
    plan: Plan,
    dataset: str,
    protocol: Protocol,
    seed: int,
    waiting: Sequence[str],
    pythons: dict[str, Path | str | NotInstalledError],
    say: Callable[[str], None],
) -> None:
    model, lacking = None, NO_MODEL
    try:
        model = model_of(dataset, data=plan.data, scratch=plan.scratch, given=plan.models)
    except CellfillError as error:
        lacking = f"no pre-trained model: {error}"
    subject = draw(plan.data, dataset, SETTINGS[dataset], protocol, seed=seed, max_cells=plan.max_cells)
    task = make_task(subject, protocol, seed=seed)
    shape = task.study.counts.shape
    say(f"{dataset}, {protocol}, seed {seed}: {shape[0]} cells x {shape[1]} genes, {len(waiting)} methods")
    plan.scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=plan.scratch, prefix="task-") as temporary:
        folder = Path(temporary)
        write_counts(task, folder / "counts.npz")

        def one(name: str) -> None:
            outcome = _outcome(plan, METHODS[name], pythons, task, folder, name, seed, model, lacking)
            outcome |= {
                "cells": shape[0],
                "genes": shape[1],
                "model": model.name if model else None,
                "threads": plan.threads,
            }
            path = result_path(plan, dataset, protocol, seed, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            unfinished = path.with_suffix(".tmp")
            unfinished.write_text(json.dumps(outcome, indent=1))
            unfinished.replace(path)
            seconds = outcome.get("seconds", {})
            took = ", ".join(f"{step} {value:.1f} s" for step, value in seconds.items())
            say(f"  {name}: {outcome.get('failed') or took}")

        with ThreadPoolExecutor(plan.jobs) as pool:
            list(pool.map(one, waiting))


def _outcome(
    plan: Plan,
    method: Method,
    pythons: dict[str, Path | str | NotInstalledError],
    task: Task,
    folder: Path,
    name: str,
    seed: int,
    model: Path | None,
    lacking: str,
) -> dict[str, Any]:
    """Return the scores of a method's variants and what they took, or why there are none."""
    python = pythons[method.environment]
    if isinstance(python, NotInstalledError):
        return {"failed": f"not installed: {python}"}
    if method.pre_trained and model is None:
        return {"failed": lacking}
    out = folder / name
    try:
        said = process.run(
            method,
            python=python,
            counts=folder / "counts.npz",
            out=out,
            seed=seed,
            model=model if method.pre_trained else None,
            timeout=plan.timeout,
            threads=plan.threads,
        )
        filled = None if model is None else filled_by(model, task.study)
        variants = {v: score(task, process.read_estimates(out, v), filled=filled) for v in method.gives}
    except process.MethodFailedError as error:
        return {"failed": str(error)}
    finally:
        shutil.rmtree(out, ignore_errors=True)
    return said | {"variants": variants}


def outcomes(plan: Plan) -> Iterator[tuple[str, str, int, str, dict[str, Any]]]:
    """Yield every outcome that there is: dataset, protocol, seed, method, and what was kept."""
    for dataset in plan.datasets:
        for protocol in _protocols(plan, dataset):
            for seed in range(plan.seeds):
                for method in plan.methods:
                    path = result_path(plan, dataset, protocol, seed, method)
                    if path.is_file():
                        yield dataset, protocol, seed, method, json.loads(path.read_text())
