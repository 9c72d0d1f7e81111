"""Do a task from file to file, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from cellfill._version import __version__
from cellfill.errors import UsageError
from cellfill.readers.argument import unchanged
from cellfill.readers.identity import fingerprint
from cellfill.runs.carry import Machine, carry_over
from cellfill.runs.journal import Journal
from cellfill.writers import check_output, open_sink

if TYPE_CHECKING:
    from pathlib import Path

    from cellfill.counts.find import Request
    from cellfill.network.blocks import OnBlock
    from cellfill.readers.dataset import Dataset
    from cellfill.readers.orientation import Orientation
    from cellfill.results.named import Results
    from cellfill.runs.task import ApplyBlocks, Ready, Task
    from cellfill.writers import Sink


def to_file(
    task: Task,
    dataset: Dataset,
    request: Request,
    output: Path,
    machine: Machine,
    *,
    orientation: Orientation = "auto",
    overwrite: bool,
    resume: bool,
    dask: str | None,
    on_block: OnBlock | None,
) -> Results:
    """Do a task with the cells of a file, into another file or folder, which appears whole or not at all.

    Parameters
    ----------
    task, dataset, request
        What to do, with which cells, and where their counts are.
    output
        What to write, see `cellfill.writers.open_sink`.
    machine
        How much at once.
    orientation
        What the rows of a text table are, for those who open it again.
    overwrite, resume, dask, on_block
        See `cellfill.impute_file`.

    Raises
    ------
    OutputError
        When the output cannot be written; nothing is left behind.
    DataError
        When the data were changed, replaced or removed while they were read; nothing is written.
    """
    journal = None
    if resume:
        journal = Journal(output, _identity(task, dataset, request, orientation), genes=len(dataset.var))
    sinks: list[Sink] = []

    def begin(ready: Ready) -> Any:
        sinks.append(open_sink(output, dataset=dataset, layer=ready.layer, overwrite=overwrite))
        return sinks[0]

    try:
        with unchanged(dataset), _workers(dask, dataset, orientation) as apply:
            done = carry_over(
                task, dataset, request, begin, machine, apply=apply, journal=journal, on_block=on_block
            )
            check_output(output, overwrite=overwrite)  # another process may have been faster
            done.sink.finish(done.added)
            if journal is not None:
                journal.remove()
    finally:
        for sink in sinks:
            sink.abort()  # of no effect on what is finished
        if journal is not None:
            journal.close()
    return done.added


@contextmanager
def _workers(address: str | None, dataset: Dataset, orientation: Orientation) -> Iterator[ApplyBlocks | None]:
    """Yield what applies a task on a cluster; None where there is none."""
    if address is None:
        yield None
        return
    from cellfill.runs.on_dask import apply_on_cluster, connect, make_applier

    path = dataset.path.resolve() if dataset.path else None
    files = fingerprint(path, dataset.format) if path else ""
    with connect(address) as client:
        yield lambda ready, source, blocks: apply_on_cluster(
            client, make_applier(ready, source, path, orientation=orientation, files=files), blocks
        )


def _identity(task: Task, dataset: Dataset, request: Request, orientation: Orientation) -> dict[str, Any]:
    """Return what makes two runs the same."""
    if dataset.path is None:
        raise UsageError("resume needs a file to read from.")
    path = dataset.path.resolve()
    return {
        "cellfill": __version__,
        "data": [str(path), fingerprint(path, dataset.format, changed=True)],
        "orientation": orientation,
        "shape": [dataset.cells, len(dataset.var)],
        "layer": request.layer,
        "gene_column": request.gene_column,
        **task.identity,
    }
