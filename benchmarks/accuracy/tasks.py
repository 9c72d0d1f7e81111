"""A task: the counts that every method is given, and what was kept from it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cellfill.fitness.hiding import Masked, hide_entries, split_molecules
from cellfill_training import Study
from cellfill_training.evaluation import subjects
from cellfill_training.evaluation.protocols import named as protocols

from .settings import LEAST_CELLS, Protocol, Setting, file_of

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from cellfill_training.evaluation.protocols.named import ProtocolName
    from cellfill_training.evaluation.protocols.task import Task as Judged
    from cellfill_training.evaluation.subjects import Subject

SHARE = 0.9  # of the molecules, that predict the rest

# The protocols in which a method sees all counts, and those of `cellfill_training.evaluation` that each is.
DOWNSTREAM: dict[Protocol, tuple[ProtocolName, ...]] = {
    "truth": ("truth",),
    "clusters": ("clusters",),
    "simulation": ("differential", "clusters"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What the methods are given, and the truth.

    Attributes
    ----------
    study
        The counts that the methods see, with the genes' names.
    masked
        Where entries are hidden and what they were; None in other protocols.
    rest
        The molecules kept back; None in other protocols.
    judged
        What judges the counts once they are filled; nothing where entries or molecules are kept back.
    """

    study: Study
    masked: Masked | None = None
    rest: csr_matrix | None = None
    judged: tuple[Judged, ...] = ()


def draw(data: Path, dataset: str, setting: Setting, protocol: Protocol, *, seed: int, max_cells: int) -> Subject:
    """Read a dataset, leave out poor cells, draw some of the rest, and keep the genes that enough of them have.

    Labels and true counts are read where the protocol asks for them.
    """
    if setting.simulated:
        whole = subjects.simulated(seed=seed)
    else:
        whole = subjects.read_subject(
            file_of(data, dataset),
            labels=setting.labels if protocol == "clusters" else None,
            truth_layer=setting.truth if protocol == "truth" else None,
            observed_layer=setting.layer,
            min_genes=setting.min_genes,
        )
    subject = whole.draw(max_cells, seed=seed)
    counts = subject.study.counts
    cells = np.bincount(counts.indices, minlength=counts.shape[1])
    genes = np.flatnonzero(cells >= max(LEAST_CELLS, setting.detection * counts.shape[0]))
    return replace(
        subject,
        study=take_genes(subject.study, genes),
        truth=None if subject.truth is None else _sorted(subject.truth[:, genes]),
        differs=None if subject.differs is None else subject.differs[:, genes],
    )


def make_task(subject: Subject, protocol: Protocol, *, seed: int) -> Task:
    """Hide entries or split molecules, or keep the counts whole and ask what is known of them.

    Cells and genes that hiding or splitting empties are left out for all methods.
    """
    study = subject.study
    if protocol in DOWNSTREAM:
        every = np.arange(study.counts.shape[1])
        made = (protocols.make_task(name, subject, every, seed=seed) for name in DOWNSTREAM[protocol])
        return Task(study=study, judged=tuple(task for task in made if task is not None))
    if protocol == "masked":
        masked = hide_entries(study.counts, np.arange(study.counts.shape[1]), seed=seed)
        cells = np.diff(masked.counts.indptr) > 0
        kept = replace(study.take(cells), counts=_sorted(masked.counts[cells]))
        there, place = cells[masked.rows], np.cumsum(cells) - 1
        masked = Masked(
            counts=kept.counts,
            rows=place[masked.rows[there]],
            columns=masked.columns[there],
            truth=masked.truth[there],
        )
        return Task(study=kept, masked=masked)
    given, rest = split_molecules(study.counts, seed=seed, share=SHARE)
    cells = np.diff(given.indptr) > 0
    genes = np.flatnonzero(np.bincount(given.indices, minlength=given.shape[1]))
    kept = take_genes(replace(study, counts=given).take(cells), genes)
    return Task(study=kept, rest=_sorted(rest[cells][:, genes]))


def write_counts(task: Task, path: Path) -> None:
    """Write what the methods are given, for `workers/job.py`."""
    counts = task.study.counts
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(
        path,
        data=counts.data.astype(np.float32),
        indices=counts.indices,
        indptr=counts.indptr,
        shape=np.array(counts.shape),
        genes=np.array(task.study.gene_names, dtype=str),
    )


def take_genes(study: Study, genes: NDArray[np.intp]) -> Study:
    """Return a study with some of its genes."""
    names = tuple(tuple(column[g] for g in genes) for column in study.gene_names)
    return replace(study, counts=_sorted(study.counts[:, genes]), gene_names=names)


def _sorted(counts: csr_matrix) -> csr_matrix:
    counts = counts.tocsr()
    counts.sort_indices()
    return counts
