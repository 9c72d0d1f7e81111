"""Fill blocks in threads of this process: several at once, in bounded memory, in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from cellfill.network.threads import one_blas_thread

if TYPE_CHECKING:
    from cellfill.counts.in_blocks import Counts
    from cellfill.network.session import Network
    from cellfill.tasks.imputation.block import Filled, Plan


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
