"""Go over counts block by block, wherever they are held; sums do not depend on the blocks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from cellfill_training.studies.stored import StoredCounts

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    Counts: TypeAlias = csr_matrix | StoredCounts
    # Makes of a block's rows and counts one value a stored count.
    Values: TypeAlias = Callable[[slice, csr_matrix], NDArray[np.float32]]
    Cells: TypeAlias = NDArray[np.intp] | NDArray[np.bool_]

BLOCK = 2048  # cells


def row_blocks(counts: Counts) -> Iterator[tuple[slice, csr_matrix]]:
    """Yield cells as they come, and their counts in memory."""
    for start in range(0, counts.shape[0], BLOCK):
        rows = slice(start, start + BLOCK)
        yield rows, counts[rows]


def take_cells(counts: Counts, cells: Cells) -> Counts:
    """Return some of the cells, held as they were."""
    taken: Counts = counts.take(cells) if isinstance(counts, StoredCounts) else counts[cells]
    return taken


def detected_genes(counts: Counts) -> NDArray[np.int64]:
    """Return the number of detected genes of each cell."""
    return counts.sizes if isinstance(counts, StoredCounts) else np.diff(counts.indptr)


def change(parts: Iterable[tuple[Counts, Callable[[csr_matrix], csr_matrix]]], width: int) -> Counts:
    """Change counts block by block, and put them one below the other.

    Parameters
    ----------
    parts
        Counts, and what makes new ones of them: cell by cell, so that it may be given any block of cells.
    width
        Number of genes of the new ones.

    Returns
    -------
    Counts on disk, where any of them were; else in memory.
    """
    from scipy import sparse

    parts = list(parts)
    stored = next((counts for counts, _ in parts if isinstance(counts, StoredCounts)), None)
    if stored is None:
        made = [function(counts) for counts, function in parts]
        return made[0] if len(made) == 1 else sparse.vstack(made, format="csr")
    blocks = chain.from_iterable((function(block) for _, block in row_blocks(counts)) for counts, function in parts)
    return StoredCounts(stored.folder, blocks, width)


def cells_with_gene(counts: Counts) -> NDArray[np.int64]:
    """Return the number of cells that have each gene."""
    found = np.zeros(counts.shape[1], dtype=np.int64)
    for _, block in row_blocks(counts):
        found += np.bincount(block.indices, minlength=counts.shape[1])
    return found


def cell_totals(counts: Counts) -> NDArray[np.float64]:
    """Return the counts of each cell, float64."""
    every = np.ones(counts.shape[1])
    return np.concatenate([block @ every for _, block in row_blocks(counts)])


def stored_values(_rows: slice, block: csr_matrix) -> NDArray[np.float32]:
    """Return the counts themselves."""
    counts: NDArray[np.float32] = block.data
    return counts


def gene_sums(
    counts: Counts,
    study: NDArray[np.intp],
    studies: int,
    *,
    values: Values | None = None,
) -> NDArray[np.float64]:
    """Return the sum of each gene in each study: studies x genes.

    In float64 and cell by cell: scipy's own sum adds up in float32, which of 200,000 cells is .2 % off.

    Parameters
    ----------
    counts, study, studies
        The counts, the study of each cell, and how many studies there are.
    values
        What is summed; by default the counts.
    """
    genes = counts.shape[1]
    sums = np.zeros(studies * genes)
    for rows, block in row_blocks(counts):
        place = np.repeat(study[rows] * genes, np.diff(block.indptr)) + block.indices
        np.add.at(sums, place, (values or stored_values)(rows, block).astype(np.float64))
    return sums.reshape(studies, genes)


def squared(values: Values) -> Values:
    """Return what makes the squares of these values."""
    return lambda rows, block: np.square(values(rows, block))
