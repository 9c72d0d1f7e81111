"""The cells that a calibration may be fitted on, and a check made with: read once, so many at most."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from cellfill.network.blocks import blocks_of
from cellfill.network.cells import stack_cells

if TYPE_CHECKING:
    from cellfill.counts.in_blocks import Counts
    from cellfill.network.cells import GeneMap, ModelCells

# All of a small dataset, or runs spread over a large one.
CANDIDATES = 8192
_RUN = 64


def candidate_cells(source: Counts, gene_map: GeneMap, *, cells: int, workers: int) -> ModelCells:
    """Read the cells that a calibration may be fitted on, in the model's genes.

    All of them, or runs of cells at even distances: what is read does not grow with the dataset.
    """
    with ThreadPoolExecutor(workers) as pool:
        parts = pool.map(lambda rows: gene_map.cells(source.counts(rows)), candidate_rows(cells))
        return stack_cells(list(parts))


def candidate_rows(cells: int) -> list[slice]:
    """Return the runs of cells that `candidate_cells` reads."""
    if cells <= CANDIDATES:
        return blocks_of(cells, 512)
    runs = CANDIDATES // _RUN
    starts = [i * (cells - _RUN) // (runs - 1) for i in range(runs)]
    return [slice(start, start + _RUN) for start in starts]
