"""Do the answers hold when less is known of the same cells? Half of their counts taken away, half of the genes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from cellfill.fitness.hiding import split_molecules
from cellfill.network.blocks import blocks_of
from cellfill.network.cells import InputCells, map_columns
from cellfill.options.running import BLOCK_SIZE

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from cellfill.bundle import GeneIndex
    from cellfill.network.cells import ModelCells
    from cellfill.tasks.annotation.block import BlockAnnotator

_SHARE = 0.5
HALF_COUNTS, HALF_GENES = "half of the counts taken away", "half of the genes unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Steadiness:
    """How many answers hold when something is taken away.

    Attributes
    ----------
    without
        What.
    same
        Share of the cells of which the most probable detailed type stays the same.
    chance
        The same of answers that are dealt out at random, each type as often.
    """

    without: str
    same: float
    chance: float


def measure_steadiness(
    step: BlockAnnotator, genes: GeneIndex, cells: ModelCells, answers: NDArray[np.intp], *, seed: int
) -> tuple[Steadiness, ...]:
    """Name cells again of which less is known.

    Parameters
    ----------
    step, genes
        How cells are named, and the genes of the model.
    cells
        With counts in the genes of the model.
    answers
        Number of the most probable leaf type of each.
    seed
        Of what is taken away.
    """
    plain, measured = replace(step, typicality=None), step.gene_map.measured
    inputs = step.model.network(tasks=("annotate",)).inputs
    counts = cells.counts.astype(np.float32)
    counts.sum_duplicates()
    kept = np.random.default_rng([seed, 9]).random(len(measured)) < _SHARE

    def again(counts: csr_matrix, known: NDArray[np.bool_]) -> Steadiness:
        columns = np.where(known, np.arange(len(known)), -1)
        given = map_columns(columns, known, genes, inputs=inputs).input_cells(counts)
        found = np.concatenate([part.argmax(axis=1) for part in _probabilities(plain, given)])
        there = given.size_factors > 0
        shares = [np.bincount(of, minlength=len(step.classes.leaves)) / len(of) for of in (answers, found)]
        return Steadiness(
            without=HALF_GENES if known is not measured else HALF_COUNTS,
            same=float(((answers == found) & there).mean()),
            chance=float(shares[0] @ shares[1]),
        )

    return again(split_molecules(counts, seed=seed, share=_SHARE)[0], measured), again(counts, measured & kept)


def _probabilities(step: BlockAnnotator, cells: InputCells) -> Iterator[NDArray[np.float32]]:
    for rows in blocks_of(len(cells.size_factors), BLOCK_SIZE):
        yield np.nan_to_num(step.measure(cells.rows(rows))[0])
