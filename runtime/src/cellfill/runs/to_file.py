"""Do a task from file to file, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cellfill._version import __version__
from cellfill.errors import UsageError
from cellfill.progress import phase
from cellfill.readers.argument import unchanged
from cellfill.readers.identity import fingerprint, size_of
from cellfill.runs.carry import carry_over
from cellfill.runs.journal import Journal
from cellfill.writers import check_layers, check_output, open_sink

if TYPE_CHECKING:
    from pathlib import Path

    from cellfill.options.running import FileRunOptions
    from cellfill.readers.dataset import Dataset
    from cellfill.results.named import Results
    from cellfill.runs.task import ApplyBlocks, Ready, Task
    from cellfill.writers import Sink


def to_file(
    task: Task,
    dataset: Dataset,
    output: Path,
    run: FileRunOptions,
) -> Results:
    """Do a task with the cells of a file, into another file or folder, which appears whole or not at all.

    Parameters
    ----------
    task, dataset
        What to do, with which cells.
    output
        What to write, see `cellfill.writers.open_sink`.
    run
        How.

    Raises
    ------
    OutputError
        When the output cannot be written; nothing is left behind.
    UsageError
        When the output has no room for what the task gives.
    DataError
        When the data were changed, replaced or removed while they were read; nothing is written.
    """
    check_layers(output, task.names.layers)
    journal = None
    if run.resume:
        journal = Journal(output, _identity(task, dataset, run), genes=len(dataset.var))
    sinks: list[Sink] = []

    def begin(ready: Ready) -> Any:
        sinks.append(open_sink(output, dataset=dataset, layer=ready.layer, overwrite=run.overwrite))
        return sinks[0]

    def on_block(done: int, cells: int) -> None:
        if run.on_block is not None:
            run.on_block(done, cells)
        if run.on_size is not None and not told and sinks[0].expected and dataset.path is not None:
            told.append(True)
            run.on_size(sinks[0].expected, size_of(dataset.path))

    told: list[bool] = []
    try:
        with unchanged(dataset), _workers(run, dataset) as apply:
            done = carry_over(task, dataset, begin, replace(run, on_block=on_block), apply=apply, journal=journal)
            check_output(output, overwrite=run.overwrite)  # another process may have been faster
            with phase("writing the rest of the file"):
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
def _workers(run: FileRunOptions, dataset: Dataset) -> Iterator[ApplyBlocks | None]:
    """Yield what applies a task on a cluster; None where there is none."""
    if run.dask is None:
        yield None
        return
    from cellfill.runs.on_dask import apply_on_cluster, connect, make_applier

    path = dataset.path.resolve() if dataset.path else None
    files = fingerprint(path, dataset.format) if path else ""
    with connect(run.dask) as client:
        yield lambda ready, source, blocks: apply_on_cluster(
            client, make_applier(ready, source, path, orientation=run.orientation, files=files), blocks
        )


def _identity(task: Task, dataset: Dataset, run: FileRunOptions) -> dict[str, Any]:
    """Return what makes two runs the same."""
    if dataset.path is None:
        raise UsageError("resume needs a file to read from.")
    path = dataset.path.resolve()
    return {
        "cellfill": __version__,
        "data": [str(path), fingerprint(path, dataset.format, changed=True)],
        "orientation": run.orientation,
        "shape": [dataset.cells, len(dataset.var)],
        "layer": run.layer,
        "gene_column": run.gene_column,
        "block_size": run.block_size,
        **task.identity,
    }
