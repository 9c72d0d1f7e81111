"""Run methods through protocols: by number of cells, over seeds, always beside the trivial baselines."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Callable, Iterator, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cellfill.errors import CellfillError, DataError, UsageError
from cellfill_training.evaluation.cost import Cost, measured
from cellfill_training.evaluation.masked import HiddenEntries
from cellfill_training.evaluation.methods import Method, as_values, baselines, filled_genes
from cellfill_training.evaluation.protocols import ProtocolName, choose_protocols, make_task
from cellfill_training.evaluation.records import Entries, Evaluations, Record
from cellfill_training.evaluation.subjects import Subject
from cellfill_training.studies.study import Study

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellfill.estimates import Estimate
    from cellfill_training.evaluation.methods import Values
    from cellfill_training.evaluation.tasks import Task

# Genes that fewer cells have are not scored: ten of their counts cannot be hidden, and nobody can impute them.
LEAST_DETECTION = 0.05


def evaluate_methods(
    methods: Sequence[Method],
    studies: Sequence[Study | Subject],
    *,
    protocols: Sequence[ProtocolName] | None = None,
    sizes: Sequence[int | None] = (None,),
    seeds: Sequence[int] = (0, 1, 2),
    min_detection: float = LEAST_DETECTION,
    on_step: Callable[[str], None] | None = None,
    on_ready: Callable[[Evaluations], None] | None = None,
) -> Evaluations:
    """Run every method, and the trivial baselines, through every protocol.

    All methods see the same draws. Where single entries are scored (``masked``, ``molecules``), only genes count
    that every method fills which did not fail; elsewhere a gene that a method does not fill keeps its counts.

    Parameters
    ----------
    methods
        What is judged. A method that fails is recorded with its message, and the others go on.
    studies
        Cells; as a `Subject` with what is known of them.
    protocols
        Names, see `protocols.PROTOCOLS`; None for all that the studies allow.
    sizes
        Numbers of cells to draw; None for all. One that a study does not have is left out for it.
    seeds
        Of the draws of cells, entries and molecules; the spread over them is reported.
    min_detection
        Share of a study's cells that must have a gene for it to be scored.
    on_step
        Called with a word on what runs.
    on_ready
        Called with all draws of some protocols, on so many cells of one study, as soon as they are done.

    Raises
    ------
    UsageError
        When two methods have one name, a number means nothing, or no study allows a protocol.
    DataError
        When a study has no gene to score.
    MissingDependencyError
        When a package that a protocol needs is not installed.
    """
    subjects = [s if isinstance(s, Subject) else Subject(study=s) for s in studies]
    everyone = _with_baselines(methods)
    _check(subjects, sizes, seeds, min_detection)
    chosen = choose_protocols(protocols, subjects)
    tell = on_step or (lambda _text: None)
    records: list[Record] = []
    entries: list[Entries] = []
    for subject in subjects:
        genes = detected_genes(subject.study, min_detection)
        for size in _sizes(sizes, subject.study.counts.shape[0]):
            last = size == _sizes(sizes, subject.study.counts.shape[0])[-1]
            draws = [_grouped(chosen, subject.draw(size, seed=seed), genes, seed) for seed in seeds]
            for groups in zip_longest(*draws):  # all draws of a protocol, then the next: a table is soon ready
                ready: list[Record] = []
                for seed, tasks in zip(seeds, groups, strict=True):
                    if tasks is not None:
                        keep = last and seed == seeds[0]
                        found, shown = _run(everyone, tasks, seed=seed, keep=keep, tell=tell)
                        ready += found
                        entries += shown
                records += ready
                if on_ready is not None:
                    on_ready(Evaluations(records=tuple(ready)))
    return Evaluations(records=tuple(records), entries=tuple(entries))


def _run(
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


def _grouped(
    chosen: Sequence[ProtocolName], subject: Subject, genes: NDArray[np.intp], seed: int
) -> Iterator[list[Task]]:
    """Yield tasks that show a method the same cells, so that it predicts them once."""
    whole: list[Task] = []
    for protocol in chosen:
        task = make_task(protocol, subject, genes, seed=seed)
        if task is not None and task.common:
            yield [task]
        elif task is not None:
            whole.append(task)
    if whole:
        yield whole


def _with_baselines(methods: Sequence[Method]) -> list[Method]:
    given = {(method.name, method.share) for method in methods}
    if len(given) != len(methods):
        raise UsageError("Two methods have one name and share: give each a name of its own.")
    names = {method.name for method in methods}
    return [*methods, *(method for method in baselines() if method.name not in names)]


def _check(
    subjects: Sequence[Subject], sizes: Sequence[int | None], seeds: Sequence[int], min_detection: float
) -> None:
    names = [subject.study.name for subject in subjects]
    if not subjects:
        raise UsageError("There is no study to judge on: give --data, or --simulation.")
    if len(set(names)) != len(names):
        raise UsageError(f"Two studies have one name: {', '.join(names)}.")
    if not sizes or any(size is not None and size < 2 for size in sizes):
        raise UsageError("A size must be a number of cells, at least 2, or all.")
    if not seeds:
        raise UsageError("There must be at least one seed.")
    if not 0 <= min_detection <= 1:
        raise UsageError(f"min_detection is {min_detection}; it is a share, from 0 to 1.")


def detected_genes(study: Study, least: float) -> NDArray[np.intp]:
    """Return the genes that at least such a share of a study's cells have, and at least one cell.

    Raises
    ------
    DataError
        When there is none.
    """
    detection = np.diff(study.counts.tocsc().indptr) / study.counts.shape[0]
    genes = np.flatnonzero((detection >= least) & (detection > 0))
    if not len(genes):
        raise DataError(f"No gene of {study.name} is in {least:.0%} of its cells: lower --min-detection.")
    return genes


def _sizes(sizes: Sequence[int | None], cells: int) -> list[int | None]:
    """Return the sizes that a study has cells for, from small to all; all of them where it has for none."""
    numbers: list[int | None] = [*sorted({size for size in sizes if size is not None and size < cells})]
    every = None in sizes or any(size == cells for size in sizes) or not numbers
    return [*numbers, None] if every else numbers
