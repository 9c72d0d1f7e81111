"""How many threads: blocks of cells worked on at once, and what a matrix product may start."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Protocol, TypeVar

Result = TypeVar("Result")

# Each worker holds a block or two, so that more of them cost memory; a person who wants more says so.
MOST_WORKERS = 8


def usual_workers() -> int:
    """Return how many blocks to work on at once: the cores that this process may use, at most `MOST_WORKERS`."""
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    return min(cores, MOST_WORKERS)


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Keep matrix products from starting threads of their own.

    In several workers they would fight for the cores, at half the speed; in the fit of a calibration they gain
    nothing on a machine that is idle, and wait for each other on one that is not, at a quarter of the speed.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, "blas"):
        yield


class Beside(Protocol):
    """Has some work done beside one's own; returns what waits for its result, or raises its error."""

    def __call__(self, work: Callable[[], Result], /) -> Callable[[], Result]:
        """Begin it; what was given before is done before."""


@contextmanager
def beside(workers: int) -> Iterator[Beside]:
    """Have work done in one thread beside this one; by this one, at once, where there is one worker.

    Fits of few cells are chains of steps too short to be shared: two such chains at once use two cores.
    """
    if workers == 1:
        yield _now
        return
    pool = ThreadPoolExecutor(1)
    try:
        yield lambda work: pool.submit(work).result
    finally:  # after an error nothing more is begun
        pool.shutdown(cancel_futures=True)


def _now(work: Callable[[], Result]) -> Callable[[], Result]:
    result = work()
    return lambda: result
