"""Apply a task to blocks of a file on the workers of a Dask cluster.

What travels is the task that is ready, its model without the open graphs; each worker process opens the model,
and the file, once.
"""

from __future__ import annotations

import json
import logging
import warnings
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cellfill.errors import CellfillError, DataError, DeviceError, MissingDependencyError, UsageError
from cellfill.text.reasons import reason

if TYPE_CHECKING:
    from cellfill.counts.source import Source
    from cellfill.options.shared import Orientation
    from cellfill.readers.dataset import Dataset
    from cellfill.results.named import Block, Values
    from cellfill.runs.task import Ready

# Blocks a task: enough to outweigh what a task costs, few enough to be had in memory.
_BLOCKS = 4
# Nothing heard of a task for so many seconds: were workers lost meanwhile? Dask 2024.8 can forget what one had.
_PATIENCE = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Applier:
    """Applies a task to blocks in any process.

    Attributes
    ----------
    ready
        The task, prepared; it travels without open graphs.
    source
        Where the counts come from, without the rows.
    path, orientation
        The file, and what lies in its rows where it is a table; None where blocks are given.
    files
        What the file is known by where this was made, see `cellfill.readers.identity.fingerprint`.
    """

    ready: Ready
    source: Source
    path: Path | None
    orientation: Orientation = "auto"
    files: str = ""

    def apply(self, blocks: Sequence[slice]) -> list[Block]:
        """Read some blocks from the file and apply the task to them."""
        assert self.path is not None
        matrices = _dataset(str(self.path), self.orientation, self.files).matrices
        found = next(matrix for matrix in matrices if matrix.name == self.source.matrix.name)
        source = replace(self.source, matrix=found)
        return [self.ready.apply(source.counts(rows)) for rows in blocks]

    def layer_of(self, rows: Any, number: int, *, block_size: int) -> Values:
        """Return one of the layers, by its number, of rows that are in memory, as they are stored."""
        import numpy as np
        from scipy import sparse

        source = replace(self.source, matrix=replace(self.source.matrix, rows=rows))
        blocks = [slice(start, start + block_size) for start in range(0, rows.shape[0], block_size)]
        applied = (self.ready.apply(source.counts(block)) for block in blocks)
        parts = [(block.layer, *block.also)[number] for block in applied]
        if self.ready.layer is not None and self.ready.layer.dense:
            return np.concatenate(parts)  # type: ignore[arg-type]
        return sparse.vstack(parts, format="csr")


def make_applier(
    ready: Ready, source: Source, path: Path | None, *, orientation: Orientation = "auto", files: str = ""
) -> Applier:
    """Return what travels to the workers."""
    left = replace(source.matrix, rows=None, var=None)  # type: ignore[arg-type]
    return Applier(
        ready=ready, source=replace(source, matrix=left), path=path, orientation=orientation, files=files
    )


@contextmanager
def connect(address: str) -> Iterator[Any]:
    """Yield a client of a Dask scheduler.

    Parameters
    ----------
    address
        ``tcp://host:8786``, or the file that ``dask scheduler --scheduler-file`` writes.

    Raises
    ------
    MissingDependencyError
        When Dask is not installed.
    UsageError
        When it is no address, or no scheduler answers.
    """
    try:
        from distributed import Client
        from distributed.comm import resolve_address
    except ImportError as error:
        raise MissingDependencyError("--dask needs Dask: pip install 'cellfill[dask]'.") from error
    address = _of_scheduler_file(address)
    # A client of what is no address is never closed: it waits at the end of the process.
    try:
        resolve_address(address)
    except (ValueError, AttributeError, TypeError) as error:
        raise UsageError(
            f"{address!r} is no address of a Dask scheduler ({error}): give one such as tcp://host:8786."
        ) from error
    except OSError as error:
        why = error.strerror or error
        raise UsageError(f"No Dask scheduler answers at {address}: {why}. Is the name right?") from error
    try:
        client = Client(address, timeout="10s", set_as_default=False)
    except OSError as error:
        raise UsageError(f"No Dask scheduler answers at {address}. Start one: dask scheduler.") from error
    log = logging.getLogger("distributed.client")
    level = log.level
    log.setLevel(logging.CRITICAL)  # what goes wrong is said once, as an error
    try:
        with client:
            yield client
    finally:
        log.setLevel(level)


def _of_scheduler_file(address: str) -> str:
    """Return the address in a scheduler file; what is no such file stays as it is."""
    try:
        found = json.loads(Path(address).read_bytes())["address"]
    except (OSError, ValueError, KeyError, TypeError):
        return address
    return str(found)


def apply_on_cluster(client: Any, applier: Applier, blocks: Sequence[slice]) -> Iterator[Block]:
    """Yield the results of blocks in order; workers read and compute, the caller writes.

    A worker that dies loses nothing: Dask runs its tasks again elsewhere, and what an older Dask forgets is sent
    again. Twice as many tasks as the cluster has threads are under way at once.

    Raises
    ------
    DataError
        When the workers cannot read the file; they need to see it under the same path.
    DeviceError
        When the cluster is gone, or fails in another way.
    """
    with _cluster_errors():
        under_way = _UnderWay(client, applier)
    for start in range(0, len(blocks), _BLOCKS):
        with _cluster_errors():
            under_way.send(list(blocks[start : start + _BLOCKS]))
        while len(under_way) >= under_way.most:
            with _cluster_errors():
                found = under_way.first()
            yield from found
    while len(under_way):
        with _cluster_errors():
            found = under_way.first()
        yield from found


@dataclass(frozen=True, slots=True)
class _Sent:
    """Blocks that a cluster was sent, their task, and the workers that there were then."""

    blocks: list[slice]
    task: Any
    workers: frozenset[str]


class _UnderWay:
    """The tasks that a cluster was sent and whose results were not taken yet, in order."""

    def __init__(self, client: Any, applier: Applier) -> None:
        self._client, self._applier = client, applier
        self._sent: deque[_Sent] = deque()
        threads = client.nthreads()
        self._workers = frozenset(threads)
        self.most = 2 * max(1, sum(threads.values()))
        self._share()

    def __len__(self) -> int:
        return len(self._sent)

    def _share(self) -> None:
        applier = self._applier
        with warnings.catch_warnings():
            # The model, once; Dask can make it again from there.
            warnings.filterwarnings("ignore", "Sending large graph")
            self._shared = self._client.submit(lambda: applier, pure=False)

    def _send(self, blocks: list[slice]) -> _Sent:
        task = self._client.submit(Applier.apply, self._shared, blocks, pure=False)
        return _Sent(blocks, task, self._workers)

    def send(self, blocks: list[slice]) -> None:
        """Send some blocks."""
        self._sent.append(self._send(blocks))

    def first(self) -> list[Block]:
        """Wait for the blocks that were sent first, and take their results."""
        patience = _PATIENCE
        while True:
            task = self._sent[0].task
            try:
                result: list[Block] = task.result(timeout=patience)
            except TimeoutError:
                if task.status == "error":
                    raise  # its own
                patience *= 2  # a result that is long on its way arrives at last
                self._send_again()
                continue
            self._sent.popleft()
            return result

    def _send_again(self) -> None:
        """Send the first, and what is not done, again where workers changed since; what is only slow goes on.

        The first may be done, and its result gone with the worker that held it.
        """
        workers = frozenset(self._client.nthreads())
        if workers in (frozenset(), self._sent[0].workers):
            return
        if workers != self._workers:
            self._workers = workers
            self._share()
        first, *others = self._sent
        kept = (one if one.task.done() or one.workers == workers else self._send(one.blocks) for one in others)
        self._sent = deque([self._send(first.blocks), *kept])


@contextmanager
def _cluster_errors() -> Iterator[None]:
    """Turn what a cluster that fails raises into errors of cellfill."""
    from asyncio import CancelledError

    from distributed import KilledWorker

    try:
        yield
    except (CellfillError, MemoryError):
        raise
    except KilledWorker as error:
        raise DataError(
            f"The cluster lost worker after worker on one block: {error}. Too little memory?"
        ) from error
    except (Exception, CancelledError) as error:  # Dask raises many kinds
        raise DeviceError(
            f"The Dask cluster did not finish the work: {reason(error)}. Is its scheduler still there, and "
            "cellfill on every worker? Run it again; with --resume finished blocks are kept."
        ) from error


@lru_cache(maxsize=4)
def _dataset(path: str, orientation: Orientation, files: str) -> Dataset:
    """Return a dataset, opened once a process; a file that was replaced since is another one."""
    from cellfill.readers import open_dataset
    from cellfill.readers.identity import fingerprint

    dataset = open_dataset(path, orientation=orientation)
    if fingerprint(Path(path), dataset.format) != files:
        dataset.close()
        raise DataError(
            f"The workers see another {path} than this process: names, sizes or times of its files differ. They "
            "need the same file, as it is now, under the same path."
        )
    return dataset
