"""Impute from file to file, in one call."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cellfill.counts.find import Request
from cellfill.errors import UsageError
from cellfill.loading import load
from cellfill.model import Model
from cellfill.network.blocks import BLOCK_SIZE
from cellfill.readers import open_dataset
from cellfill.runs.carry import Machine
from cellfill.runs.to_file import to_file
from cellfill.tasks.imputation.task import Impute
from cellfill.writers import check_apart, check_dtype, check_output

if TYPE_CHECKING:
    from cellfill.estimates import Estimate
    from cellfill.fitness.heed import Require
    from cellfill.network.blocks import OnBlock
    from cellfill.network.devices import Device
    from cellfill.readers import Orientation
    from cellfill.results.named import Dtype
    from cellfill.tasks.imputation.fill import Policy


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
        added = to_file(
            Impute(model=loaded.opened, settings=settings, key=key_added),
            dataset,
            Request(layer=layer, gene_column=gene_column),
            target,
            Machine(block_size=settings.block_size, threads=settings.threads),
            orientation=orientation,
            overwrite=overwrite,
            resume=resume,
            dask=dask,
            on_block=on_block,
        )
    finally:
        dataset.close()
    return Report(output=target, seconds=time.perf_counter() - started, record=added.record)
