"""Run a plan over a dataset: blocks of cells, several at once, in bounded memory, in order."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from cellfill.infer import stack_cells

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from cellfill.infer import GeneMap, ModelCells
    from cellfill.plan import Filled, Plan
    from cellfill.session import Network

OnBlock = Callable[[int, int], None]

# Each worker holds a block or two, so that more of them cost memory; a person who wants more says so.
MOST_WORKERS = 8
# A calibration is fitted on cells drawn from so many, all of a small dataset, or runs spread over a large one.
CANDIDATES = 8192
_RUN = 64


class Counts(Protocol):
    """Checked counts, a block of cells at a time."""

    def counts(self, rows: slice, /) -> csr_matrix:
        """Return the counts of some cells, cells x genes, CSR float32."""


def usual_workers() -> int:
    """Return how many blocks to work on at once: the cores that this process may use, at most `MOST_WORKERS`."""
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    return min(cores, MOST_WORKERS)


def blocks_of(cells: int, size: int) -> list[slice]:
    """Return the blocks of so many cells."""
    return [slice(start, min(start + size, cells)) for start in range(0, cells, size)]


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


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Keep matrix products from starting threads of their own.

    In several workers they would fight for the cores, at half the speed; in the fit of a calibration they gain
    nothing on a machine that is idle, and wait for each other on one that is not, at a quarter of the speed.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, "blas"):
        yield


def fill_blocks(
    plan: Plan, network: Network, source: Counts, blocks: Sequence[slice], *, workers: int
) -> Iterator[Filled]:
    """Yield the filled blocks in order.

    Reading, inference and filling of several blocks run at once, each in one thread, while the caller
    writes; two blocks more than there are workers are in memory at most.
    """
    waiting: deque[Future[Filled]] = deque()
    with one_blas_thread(), ThreadPoolExecutor(workers) as pool:
        try:
            for rows in blocks:
                waiting.append(pool.submit(lambda r: plan.fill(network, source.counts(r)), rows))
                if len(waiting) > workers + 1:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
