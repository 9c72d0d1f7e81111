"""Impute from file to file, in bounded memory."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from cellfill._version import __version__
from cellfill.errors import UsageError
from cellfill.loading import load
from cellfill.model import Model
from cellfill.network.blocks import BLOCK_SIZE
from cellfill.readers import open_dataset
from cellfill.readers.argument import unchanged
from cellfill.readers.identity import fingerprint
from cellfill.runs.journal import Journal
from cellfill.runs.run import Task, impute_dataset
from cellfill.writers import check_apart, check_dtype, check_output, open_sink

if TYPE_CHECKING:
    from cellfill.counts.source import Source
    from cellfill.estimates import Estimate
    from cellfill.network.blocks import OnBlock
    from cellfill.network.devices import Device
    from cellfill.readers import Orientation
    from cellfill.readers.dataset import Dataset
    from cellfill.results.assemble import Dtype
    from cellfill.tasks.imputation.block import Filled
    from cellfill.tasks.imputation.fill import Policy
    from cellfill.tasks.imputation.prepare import Prepared
    from cellfill.tasks.imputation.settings import Require

    Fill: TypeAlias = Callable[[Prepared, Source, Sequence[slice]], Iterator[Filled]]


# Settings that change no value of the result.
_NO_VALUES = {"workers", "require"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was done.

    Attributes
    ----------
    output
        The file or folder that was written.
    seconds
        That it took, loading the model included.
    record
        The provenance that the result holds, too.
    """

    output: Path
    seconds: float
    record: Mapping[str, Any]


def impute_file(
    data: str | Path,
    output: str | Path,
    *,
    model: str | Path | Model | None,
    estimate: Estimate | None = None,
    policy: Policy = "zeros",
    calibrate: bool = True,
    gate: bool = True,
    require: Require | None = None,
    genes: Sequence[str] | None = None,
    layer: str | None = None,
    gene_column: str | None = None,
    key_added: str = "imputed",
    drop_below: float = 0.0,
    dtype: Dtype = "float32",
    min_coverage: float | None = None,
    block_size: int = BLOCK_SIZE,
    threads: int | None = None,
    device: Device = "auto",
    offline: bool = False,
    lock: str | Path | None = None,
    orientation: Orientation = "auto",
    overwrite: bool = False,
    resume: bool = False,
    dask: str | None = None,
    on_block: OnBlock | None = None,
) -> Report:
    """Impute a file or folder into another, a few blocks of cells in memory at a time.

    Parameters
    ----------
    data
        ``.h5ad``, ``.zarr``, 10x ``.h5``, a folder of 10x ``mtx`` files, ``.loom``, CSV or TSV.
    output
        ``.h5ad`` or ``.zarr``: the dataset and what `cellfill.impute` adds. ``.csv``, ``.tsv`` (``.gz``), or a
        folder for 10x ``mtx`` files: the imputed counts. Appears whole or not at all.
    model, estimate, policy, calibrate, gate, require, genes, layer, gene_column, key_added, drop_below, dtype,
    min_coverage
        See `cellfill.impute`.
    block_size, threads, on_block
        See `cellfill.impute`.
    device, offline, lock
        See `cellfill.load`; of no meaning for a model that is loaded.
    orientation
        What the rows of a text table are, ``cells-in-rows`` or ``genes-in-rows``; found by the names by default.
    overwrite
        Replace an output that exists.
    resume
        Keep finished blocks beside the output until it is whole, and go on from those of a run that was cut.
    dask
        Address of a Dask scheduler, ``tcp://host:8786``, or its scheduler file: its workers read and fill, this
        process writes. They must see ``data`` under the same path.

    Raises
    ------
    OutputError
        When the output cannot be written; nothing is left behind.
    DataError
        When the data were changed, replaced or removed while they were read; nothing is written.
    CellfillError
        As `cellfill.impute`.

    Warns
    -----
    FitWarning
        When the model does not fit these cells, or fits them with limits.
    """
    started = time.perf_counter()
    for name, path in (("data", data), ("output", output)):
        if not isinstance(path, str | Path):
            raise UsageError(f"{name} is of type {type(path).__name__}; it must be a path. See cellfill.impute.")
    target = Path(output)
    check_dtype(check_output(target, overwrite=overwrite), dtype)
    check_apart(target, data)
    dataset = open_dataset(data, orientation=orientation)
    try:
        loaded = model if isinstance(model, Model) else load(model, device=device, offline=offline, lock=lock)
        settings = loaded.settings(
            estimate=estimate,
            policy=policy,
            calibrate=calibrate,
            gate=gate,
            require=require,
            genes=genes,
            drop_below=drop_below,
            dtype=dtype,
            min_coverage=min_coverage,
            block_size=block_size,
            threads=threads,
        )
        task = Task(settings=settings, layer=layer, gene_column=gene_column, key=key_added)
        run = _run(dataset, loaded, task, orientation) if resume else {}
        journal = Journal(target, run, genes=len(dataset.var)) if resume else None
        with unchanged(dataset), _workers(dask, loaded, dataset, orientation) as fill:
            record = _impute(
                loaded,
                dataset,
                task,
                target,
                overwrite=overwrite,
                fill=fill,
                journal=journal,
                on_block=on_block,
            )
    finally:
        dataset.close()
    return Report(output=target, seconds=time.perf_counter() - started, record=record)


def _impute(
    model: Model,
    dataset: Dataset,
    task: Task,
    output: Path,
    *,
    overwrite: bool,
    fill: Fill | None,
    journal: Journal | None,
    on_block: OnBlock | None,
) -> Mapping[str, Any]:
    sinks = []

    def begin(dense: bool) -> Any:  # noqa: FBT001
        sinks.append(
            open_sink(
                output,
                dataset=dataset,
                key=task.key,
                dense=dense,
                dtype=task.settings.dtype,
                overwrite=overwrite,
            )
        )
        return sinks[0]

    try:
        done = impute_dataset(
            model.opened.bundle,
            model.opened.network,
            dataset,
            task,
            begin,
            fill=fill,
            journal=journal,
            on_block=on_block,
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
    return done.added.record


@contextmanager
def _workers(
    address: str | None, model: Model, dataset: Dataset, orientation: Orientation
) -> Iterator[Fill | None]:
    """Yield what fills blocks on a cluster; None where there is none."""
    if address is None:
        yield None
        return
    from cellfill.runs.on_dask import connect, fill_on_cluster, make_filler

    path = dataset.path.resolve() if dataset.path else None
    files = fingerprint(path, dataset.format) if path else ""
    with connect(address) as client:
        yield lambda prepared, source, blocks: fill_on_cluster(
            client, make_filler(model.opened, prepared, source, path, orientation=orientation, files=files), blocks
        )


def _run(dataset: Dataset, model: Model, task: Task, orientation: Orientation) -> dict[str, Any]:
    """Return what makes two runs the same."""
    if dataset.path is None:
        raise UsageError("resume needs a file to read from.")
    settings = {k: v for k, v in asdict(task.settings).items() if k not in _NO_VALUES}
    path = dataset.path.resolve()
    return {
        "cellfill": __version__,
        "data": [str(path), fingerprint(path, dataset.format, changed=True)],
        "orientation": orientation,
        "shape": [dataset.cells, len(dataset.var)],
        "model": model.manifest.files["model.onnx"].sha256,
        "genes": model.manifest.files["genes.tsv"].sha256,
        "settings": settings,
        "layer": task.layer,
        "gene_column": task.gene_column,
        "key": task.key,
    }
