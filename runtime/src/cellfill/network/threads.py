"""How many threads: blocks of cells worked on at once, and what a matrix product may start."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

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
