"""Impute from file to file, in one call."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cellfill.errors import UsageError
from cellfill.loading import loaded
from cellfill.options.shared import LoadOptions
from cellfill.options.taking import taking
from cellfill.readers import open_dataset
from cellfill.runs.to_file import to_file
from cellfill.tasks.imputation.options import ImputeFileOptions, ImputeOptions
from cellfill.tasks.imputation.task import Impute
from cellfill.writers import check_apart, check_dtype, check_output


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


@taking(ImputeFileOptions)
def impute_file(data: str | Path, output: str | Path, options: ImputeFileOptions) -> Report:
    """Impute a file or folder into another, a few blocks of cells in memory at a time.

    Parameters
    ----------
    data
        ``.h5ad``, ``.zarr``, 10x ``.h5``, a folder of 10x ``mtx`` files, ``.loom``, CSV or TSV.
    output
        ``.h5ad`` or ``.zarr``: the dataset and what `cellfill.impute` adds. ``.csv``, ``.tsv`` (``.gz``), or a
        folder for 10x ``mtx`` files: the imputed counts. Appears whole or not at all.
    **options
        See `ImputeFileOptions`.

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
    check_dtype(check_output(target, overwrite=options.overwrite), options.dtype)
    check_apart(target, data)
    dataset = open_dataset(data, orientation=options.orientation)
    try:
        model = loaded(options.model, options.narrowed(LoadOptions))
        task = Impute(model=model.opened, options=options.narrowed(ImputeOptions), key=options.key_added)
        added = to_file(task, dataset, target, options)
    finally:
        dataset.close()
    return Report(output=target, seconds=time.perf_counter() - started, record=added.record)
