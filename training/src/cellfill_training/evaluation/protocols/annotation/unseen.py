"""Name the cells of a study that trained nothing: whole, at a lower depth, and with genes missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cellfill_training.architectures.classifier.augmentation import thin
from cellfill_training.architectures.classifier.cells import Cells
from cellfill_training.evaluation.protocols.annotation.conditions import CONDITIONS, Condition
from cellfill_training.judging.annotation.scores import TypeScores, score_types

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from cellfill_training.judging.annotation.rivals import Annotator


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What one way to name cells made of one study in one condition."""

    study: str
    condition: str
    method: str
    scores: TypeScores


def judge_annotators(
    cells: Cells,
    study: int,
    annotators: Mapping[str, Annotator],
    *,
    conditions: tuple[Condition, ...] = CONDITIONS,
    seed: int = 0,
) -> Iterator[Named]:
    """Yield how well each way names a study's cells, in each condition; all see the same cells and genes.

    Parameters
    ----------
    cells
        Of any studies, in the genes that the annotators take.
    study
        Number of the one that judges, of which they must have learnt nothing.
    annotators
        By name.
    conditions
        In which the cells are named.
    seed
        Of the molecules and genes that are taken away.
    """
    rows = np.flatnonzero(cells.study == study)
    for number, condition in enumerate(conditions):
        rng = np.random.default_rng([seed, number])
        counts, measured = _changed(cells.counts[rows], cells.measured[study], condition, rng)
        for method, annotate in annotators.items():
            scores = score_types(annotate(counts, measured), cells.given[rows])
            yield Named(study=cells.names[study], condition=condition.name, method=method, scores=scores)


def _changed(
    counts: csr_matrix, measured: NDArray[np.bool_], condition: Condition, rng: np.random.Generator
) -> tuple[csr_matrix, NDArray[np.bool_]]:
    known = measured & (rng.random(len(measured)) >= condition.missing)
    thinned = counts if condition.depth == 1 else thin(counts, condition.depth, rng)
    return thinned.multiply(known).tocsr(), known
