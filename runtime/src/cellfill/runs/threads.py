"""Apply a task to blocks in threads of this process: several at once, in bounded memory, in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from cellfill.network.threads import one_blas_thread

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from cellfill.counts.in_blocks import Counts
    from cellfill.results.named import Block


def apply_in_threads(
    apply: Callable[[csr_matrix], Block], source: Counts, blocks: Sequence[slice], *, workers: int
) -> Iterator[Block]:
    """Yield the results of blocks in order.

    Reading, inference and filling of several blocks run at once, each in one thread, while the caller
    writes; two blocks more than there are workers are in memory at most.
    """
    waiting: deque[Future[Block]] = deque()
    with one_blas_thread(), ThreadPoolExecutor(workers) as pool:
        try:
            for rows in blocks:
                waiting.append(pool.submit(lambda r: apply(source.counts(r)), rows))
                if len(waiting) > workers + 1:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
