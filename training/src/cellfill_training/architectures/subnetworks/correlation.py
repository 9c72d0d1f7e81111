"""Find the genes that each target correlates best with, without ever holding all correlations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cellfill_training.studies.blocks import gene_sums, row_blocks, squared

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellfill_training.studies.blocks import Counts, Values
    from cellfill_training.studies.cohort import Cohort

    Float32 = NDArray[np.float32]

# Some groups' correlations with the genes after them are summed over blocks of cells at once.
_CORRELATIONS = 64 << 20  # bytes
_FEW = 20  # values a row, for which so many passes are fewer than what a partition takes


def best_correlated(
    cohort: Cohort, values: Values, *, groups: Sequence[range], count: int
) -> tuple[NDArray[np.intp], Float32]:
    """Find each target's best |Pearson| genes outside its group, pooled within studies.

    A correlation of two targets is computed once: with the genes after its group, a group's correlations serve the
    later targets as well.

    Parameters
    ----------
    cohort
        The genes, targets first, group after group.
    values
        Takes a block's rows and counts and returns one value a stored count: what is correlated.
    groups
        The targets of each group.
    count
        Genes a target; there are as many outside every group.

    Returns
    -------
    The genes, targets x ``count``, in no order, and their |Pearson|.
    """
    standard = _standardise(cohort, values)
    targets = groups[-1].stop
    best, waiting = _Best(targets, count), list(groups)
    while waiting:
        size = len(waiting[0])
        at_once = max(_CORRELATIONS // max(4 * size * (len(cohort.genes) - waiting[0].stop), 1), 1)
        some, waiting = waiting[:at_once], waiting[at_once:]
        for group, correlation in zip(some, _correlate(standard, some), strict=True):
            strength = np.abs(correlation, out=correlation)
            best.offer(group, strength, first=group.stop)
            later = strength[:, : targets - group.stop]
            best.offer(range(group.stop, targets), np.ascontiguousarray(later.T), first=group.start)
    return best.genes, best.strength


class _Best:
    """The genes that each target correlates best with, of those that were offered."""

    def __init__(self, targets: int, count: int) -> None:
        self.genes = np.full((targets, count), -1, dtype=np.intp)
        self.strength = np.full((targets, count), -1, dtype=np.float32)

    def offer(self, targets: range, strength: Float32, *, first: int) -> None:
        """Keep the best of what the targets have and of the genes from ``first`` on, targets x these genes."""
        if not strength.size:
            return
        rows, count = slice(targets.start, targets.stop), self.genes.shape[1]
        place = _largest(strength, count)
        genes = np.hstack([self.genes[rows], first + place])
        both = np.hstack([self.strength[rows], np.take_along_axis(strength, place, axis=1)])
        kept = _largest(both, count)
        self.genes[rows] = np.take_along_axis(genes, kept, axis=1)
        self.strength[rows] = np.take_along_axis(both, kept, axis=1)


def _largest(values: Float32, count: int) -> NDArray[np.intp]:
    """Return the places of the largest values of each row, in no order.

    Of few, the largest of what is left is found again and again, which is faster than a partition (docs/method.md).
    """
    width, rows = values.shape[1], np.arange(len(values))
    if width <= count:
        return np.broadcast_to(np.arange(width), values.shape)
    if count > _FEW:
        return np.argpartition(values, width - count, axis=1)[:, width - count :]
    left, found = values.copy(), np.empty((len(values), count), dtype=np.intp)
    for place in found.T:
        place[:] = left.argmax(axis=1)
        left[rows, place] = -np.inf
    return found


@dataclass(frozen=True, slots=True)
class _Standardised:
    """Cells x genes counts, what makes them values, and what brings these to their norm and centres them.

    ``scale`` is one over a gene's norm; ``centres`` is studies x genes, the study's mean of the scaled values;
    ``sizes`` the studies' cells.
    """

    counts: Counts
    values: Values
    scale: Float32
    centres: NDArray[np.float64]
    sizes: NDArray[np.float64]


def _standardise(cohort: Cohort, values: Values) -> _Standardised:
    counts, study, number = cohort.counts, cohort.study, len(cohort.names)
    sizes = cohort.study_sizes()
    means = gene_sums(counts, study, number, values=values) / np.maximum(sizes, 1)[:, None]
    squares = gene_sums(counts, study, number, values=squared(values)).sum(axis=0) - sizes @ means**2
    scale = 1 / np.sqrt(np.maximum(squares, 1e-12))
    return _Standardised(counts, values, scale.astype(np.float32), means * scale, sizes)


def _correlate(standard: _Standardised, groups: list[range]) -> list[Float32]:
    """Pearson correlation of each group's genes with all after the group: group x those genes."""
    genes = standard.counts.shape[1]
    products = [np.zeros((len(group), genes - group.stop), dtype=np.float32) for group in groups]
    for rows, block in row_blocks(standard.counts):
        block.data = standard.values(rows, block) * standard.scale[block.indices]
        dense = block.toarray()
        for number, group in enumerate(groups):
            products[number] += dense[:, group.start : group.stop].T @ dense[:, group.stop :]
    centres = standard.centres
    for number, group in enumerate(groups):
        own = centres[:, group.start : group.stop] * standard.sizes[:, None]
        products[number] -= (own.T @ centres[:, group.stop :]).astype(np.float32)
    return products
