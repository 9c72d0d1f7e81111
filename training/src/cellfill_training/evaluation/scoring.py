"""Let every method predict what some tasks show, once, and score what it makes of it."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cellfill.errors import CellfillError, DataError
from cellfill.progress import phase
from cellfill_training.evaluation.cost import Cost, measured
from cellfill_training.evaluation.methods import Method, as_values, filled_genes
from cellfill_training.evaluation.protocols.masked import HiddenEntries
from cellfill_training.evaluation.records import Entries, Record
from cellfill_training.studies.study import Study

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellfill.estimates import Estimate
    from cellfill_training.evaluation.methods import Values
    from cellfill_training.evaluation.protocols.task import Task


def score_methods(
    methods: Sequence[Method], tasks: Sequence[Task], *, seed: int, keep: bool, tell: Callable[[str], None]
) -> tuple[list[Record], list[Entries]]:
    """Let every method predict what the tasks show, once, and score it; tasks of a group show the same."""
    seen = tasks[0].seen
    records: dict[int, list[Record]] = {}
    entries: list[Entries] = []
    with tempfile.TemporaryDirectory() as scratch:
        shelf = _Shelf(Path(scratch))
        costs: dict[int, Cost] = {}
        common = np.ones(seen.counts.shape[1], dtype=bool)
        for number, method in enumerate(methods):
            what = ", ".join(task.protocol for task in tasks)
            tell(f"{seen.name}, {seen.counts.shape[0]:,} cells, seed {seed}, {what}: {method.name}")
            try:
                with phase(f"{what}: {method.name}"):
                    values, cost = measured(lambda method=method: _predicted(method, seen))  # type: ignore[misc]
            except Exception as error:  # whatever a method raises is its result
                records[number] = [_failure(task, method, seed, error) for task in tasks]
                continue
            if tasks[0].common:
                common &= filled_genes(values)
                shelf.put(number, values)
                costs[number] = cost
            else:
                records[number] = [r for t in tasks for r in _score(t, method, values, None, cost, seed)]
        for number, cost in costs.items():
            values, method, task = shelf.get(number), methods[number], tasks[0]
            genes = np.flatnonzero(common)
            records[number] = _score(task, method, values, genes, cost, seed)
            if keep and method.share == 1 and isinstance(task, HiddenEntries):
                entries += _entries(task, method, values, genes)
    return [record for number in sorted(records) for record in records[number]], entries


def _predicted(method: Method, study: Study) -> Values:
    values = as_values(method, study)
    if not filled_genes(values).any():
        raise DataError("It fills no gene of the study: look at how genes are named.")
    return values


def _score(
    task: Task, method: Method, values: Values, genes: NDArray[np.intp] | None, cost: Cost, seed: int
) -> list[Record]:
    try:
        scores = task.score(values, genes)
    except Exception as error:  # values that cannot be scored are the method's fault
        return [_failure(task, method, seed, error)]
    if not scores:
        unfit = DataError(f"It gives {', '.join(values)} only, which this protocol does not judge.")
        return [_failure(task, method, seed, unfit)]
    return [
        Record(
            data=task.seen.name,
            protocol=task.protocol,
            method=method.name,
            share=method.share,
            read_out=read_out,
            cells=task.seen.counts.shape[0],
            seed=seed,
            values={name: float(value) for name, value in dataclasses.asdict(found).items()},
            seconds=cost.seconds,
            peak_mb=cost.peak_mb,
        )
        for read_out, found in scores.items()
    ]


def _failure(task: Task, method: Method, seed: int, error: Exception) -> Record:
    return Record(
        data=task.seen.name,
        protocol=task.protocol,
        method=method.name,
        share=method.share,
        read_out="",
        cells=task.seen.counts.shape[0],
        seed=seed,
        values={},
        seconds=float("nan"),
        peak_mb=float("nan"),
        error=_one_line(error),
    )


def _one_line(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text if isinstance(error, CellfillError) else f"{type(error).__name__}: {text}"


def _entries(task: HiddenEntries, method: Method, values: Values, genes: NDArray[np.intp]) -> Iterator[Entries]:
    """Yield a method's hidden entries, in the read-out that is fair to them."""
    read_out: Estimate = "expressed" if "expressed" in values else "expected"
    masked = task.masked
    kept = np.isin(masked.columns, genes)
    if read_out in values and kept.any():
        rows, columns = masked.rows[kept], masked.columns[kept]
        yield Entries(
            data=task.seen.name,
            method=method.name,
            read_out=read_out,
            truth=masked.truth[kept],
            imputed=np.maximum(values[read_out][rows, columns], 0),
            cell=rows,
            gene=columns,
            gene_mean=np.asarray(task.study.counts.mean(axis=0, dtype=np.float64)).ravel(),
            library=np.asarray(task.study.counts.sum(axis=1, dtype=np.float64)).ravel(),
        )


class _Shelf:
    """Keeps predictions in files until it is known which genes all methods fill."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._estimates: dict[int, list[Estimate]] = {}

    def put(self, number: int, values: Values) -> None:
        """Keep a method's values."""
        self._estimates[number] = list(values)
        for estimate, matrix in values.items():
            np.save(self.folder / f"{number}-{estimate}.npy", matrix.astype(np.float32, copy=False))

    def get(self, number: int) -> Values:
        """Return a method's values."""
        return {e: np.load(self.folder / f"{number}-{e}.npy") for e in self._estimates[number]}
