"""Run methods through protocols: by number of cells, over seeds, always beside the trivial baselines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING

from cellfill.errors import UsageError
from cellfill.progress import phase
from cellfill_training.evaluation.methods import Method, baselines
from cellfill_training.evaluation.protocols.named import ProtocolName, choose_protocols, draws_of, make_task
from cellfill_training.evaluation.records import Entries, Evaluations, Record
from cellfill_training.evaluation.scoring import score_methods
from cellfill_training.evaluation.subjects import Subject, detected_genes
from cellfill_training.studies.study import Study

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from cellfill_training.evaluation.protocols.task import Task

__all__ = ["detected_genes", "evaluate_methods"]

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
    drawn = [(subject, size) for subject in subjects for size in _sizes(sizes, subject.study.counts.shape[0])]
    with phase("judging", total=len(seeds) * sum(draws_of(chosen, subject) for subject, _ in drawn)):
        for subject, size in drawn:
            genes = detected_genes(subject.study, min_detection)
            last = size == _sizes(sizes, subject.study.counts.shape[0])[-1]
            draws = [_grouped(chosen, subject.draw(size, seed=seed), genes, seed) for seed in seeds]
            for groups in zip_longest(*draws):  # all draws of a protocol, then the next: a table is soon ready
                ready: list[Record] = []
                for seed, tasks in zip(seeds, groups, strict=True):
                    if tasks is not None:
                        keep = last and seed == seeds[0]
                        with phase(subject.study.name, worth=1):
                            found, shown = score_methods(everyone, tasks, seed=seed, keep=keep, tell=tell)
                        ready += found
                        entries += shown
                records += ready
                if on_ready is not None:
                    on_ready(Evaluations(records=tuple(ready)))
    return Evaluations(records=tuple(records), entries=tuple(entries))


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


def _sizes(sizes: Sequence[int | None], cells: int) -> list[int | None]:
    """Return the sizes that a study has cells for, from small to all; all of them where it has for none."""
    numbers: list[int | None] = [*sorted({size for size in sizes if size is not None and size < cells})]
    every = None in sizes or any(size == cells for size in sizes) or not numbers
    return [*numbers, None] if every else numbers
