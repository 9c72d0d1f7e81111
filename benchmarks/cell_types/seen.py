"""All cells on one gene index, what networks say of them, and the same draw of molecules for every method."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from cellfill_training.architectures.classifier.augmentation import thin
from cellfill_training.architectures.classifier.cells import Cells, bring_together
from cellfill_training.architectures.classifier.predicting import predict
from cellfill_training.architectures.classifier.profiles import profile_scores

from .studies import MONOCYTES, NEVER, ONE_MONOCYTE, TRAINING

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from .networks import Trained
    from .studies import Studies

FULL, SHALLOW = "full depth", "30 % of the molecules"
DEPTHS = {FULL: 1.0, SHALLOW: 0.3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Cells of one study as every method sees them: counts on the common index, and which genes were measured."""

    name: str
    counts: csr_matrix
    measured: NDArray[np.bool_]
    leaf: NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a network says of cells: probabilities of its leaves, suitability, largest probability, places."""

    probabilities: NDArray[np.float64]
    suits: NDArray[np.float64]
    places: NDArray[np.float32]


def together(found: Studies) -> Cells:
    """Return all studies on one gene index."""
    return bring_together(
        list(found.labelled.values()),
        list(found.foreign.values()),
        types=len(found.table.tree.leaves),
        table=found.genes,
    )


def teachers(name: str) -> tuple[str, ...]:
    """Return the studies that a method may learn from to be judged on one."""
    return tuple(study for study in TRAINING if study != name)


def only(cells: Cells, names: tuple[str, ...]) -> Cells:
    """Return the cells of some studies alone."""
    numbers = [cells.names.index(name) for name in names]
    place = np.full(len(cells.names), -1)
    place[numbers] = np.arange(len(numbers))
    own = cells.take(np.isin(cells.study, numbers))
    return replace(own, study=place[own.study], measured=cells.measured[numbers], names=names)


def see(cells: Cells, name: str, depth: str) -> Seen:
    """Return a study at a depth; the same molecules for every method."""
    study = cells.names.index(name)
    rows = np.flatnonzero(cells.study == study)
    counts = cells.counts[rows]
    if DEPTHS[depth] < 1:
        counts = thin(counts, DEPTHS[depth], np.random.default_rng([11, study]))
        counts.eliminate_zeros()
    return Seen(name=name, counts=counts, measured=cells.measured[study], leaf=cells.given[rows])


def say(trained: Trained, cells: Cells, seen: Seen) -> Said:
    """Return what a network says; a gene of it that the index lacks is unknown."""
    place = {gene: number for number, gene in enumerate(cells.genes)}
    columns = np.array([place.get(gene, -1) for gene in trained.genes])
    known = columns >= 0
    pick = sparse.csr_matrix(
        (np.ones(int(known.sum()), np.float32), (columns[known], np.flatnonzero(known))),
        shape=(len(cells.genes), len(columns)),
    )
    counts = (seen.counts @ pick).tocsr()
    measured = known & seen.measured[np.maximum(columns, 0)]
    counts = counts.multiply(measured).tocsr()
    found = predict(trained.network, counts, measured)
    profile = profile_scores(counts, measured, trained.profiles, found.probabilities.argmax(axis=1))
    return Said(
        probabilities=found.probabilities.astype(np.float64),
        suits=trained.unknown.suits(profile, found.energy.astype(np.float64)),
        places=found.embedding,
    )


def merging(name: str, leaves: tuple[str, ...]) -> NDArray[np.intp]:
    """Return the group of each leaf: itself, but one of both monocytes where they cannot be told."""
    groups = np.arange(len(leaves))
    if name in ONE_MONOCYTE:
        first, second = (leaves.index(m) for m in MONOCYTES)
        groups[second] = first
    return groups


def study_names(found: Studies) -> tuple[str, ...]:
    """Return the names of the labelled studies, those that train first."""
    return (*TRAINING, *(name for name in found.labelled if name in NEVER))
