"""A task: the counts that every method is given, and what was kept from it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from cellfill_training import Study, read_study
from cellfill_training.masking import Masked, hide_entries, split_molecules
from cellfill_training.studies import filter_cells

from .settings import LEAST_CELLS, Setting, file_of

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

Protocol = Literal["masked", "molecules"]
PROTOCOLS: tuple[Protocol, ...] = get_args(Protocol)
SHARE = 0.9  # of the molecules, that predict the rest


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What the methods are given, and the truth.

    Attributes
    ----------
    study
        The counts that the methods see, with the genes' names.
    masked
        Where entries are hidden and what they were; None for molecules.
    rest
        The molecules kept back; None for masked entries.
    """

    study: Study
    masked: Masked | None = None
    rest: csr_matrix | None = None


def draw(data: Path, dataset: str, setting: Setting, *, seed: int, max_cells: int) -> Study:
    """Read a dataset, leave out poor cells, draw some of the rest, and keep the genes that enough of them have."""
    study = read_study(file_of(data, dataset), name=dataset, layer=setting.layer)
    study = filter_cells(study, min_genes=setting.min_genes)
    drawn = np.random.default_rng([seed, 9]).permutation(study.counts.shape[0])[:max_cells]
    study = study.take(np.sort(drawn))
    cells = np.bincount(study.counts.indices, minlength=study.counts.shape[1])
    return take_genes(study, np.flatnonzero(cells >= max(LEAST_CELLS, setting.detection * study.counts.shape[0])))


def make_task(study: Study, protocol: Protocol, *, seed: int) -> Task:
    """Hide entries or split molecules; cells and genes that are then empty are left out for all methods."""
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
