"""Any task from file to file."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cellfill.errors import UsageError
from cellfill.progress import remark
from cellfill.readers import open_dataset
from cellfill.readers.identity import size_of
from cellfill.readers.remote import Remote, source_of
from cellfill.runs.to_file import to_file
from cellfill.writers import check_apart, check_dtype, check_output

if TYPE_CHECKING:
    from cellfill.options.running import FileRunOptions
    from cellfill.results.named import Dtype
    from cellfill.runs.task import Task

_OF_FILES = "{} goes with a file of this machine, and {} is at a URL: fetch it first, and give the file."


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
    bytes, input_bytes
        Of the result, and of what was read, on the disk; 0 where it is not there, as what is at a URL.
    """

    output: Path
    seconds: float
    record: Mapping[str, Any]
    bytes: int = 0
    input_bytes: int = 0


def write_results(
    data: str | Path | Remote,
    output: str | Path,
    run: FileRunOptions,
    task_of: Callable[[], Task],
    *,
    dtype: Dtype = "float32",
    call: str,
) -> Report:
    """Do a task with the cells of a file, into another.

    Parameters
    ----------
    data, output, run
        From where, to where, and how.
    task_of
        Loads the model and returns the task, once it is known that the output can be written and the data be read.
    dtype
        Of the layer that is written.
    call
        The name of the same in memory, for a message.
    """
    started = time.perf_counter()
    for name, path, kinds in (("data", data, str | Path | Remote), ("output", output, str | Path)):
        if not isinstance(path, kinds):
            raise UsageError(f"{name} is of type {type(path).__name__}; it must be a path. See cellfill.{call}.")
    source = source_of(data)
    if isinstance(source, Remote) and (run.resume or run.dask is not None):
        raise UsageError(_OF_FILES.format("resume" if run.resume else "dask", source))
    target = Path(output)
    check_dtype(check_output(target, overwrite=run.overwrite), dtype)
    check_apart(target, source)
    dataset = open_dataset(source, orientation=run.orientation)
    try:
        added = to_file(task_of(), dataset, target, run)
    finally:
        dataset.close()
    remark(f"wrote {target}")
    return Report(
        output=target,
        seconds=time.perf_counter() - started,
        record=added.record,
        bytes=bytes_at(target),
        input_bytes=0 if isinstance(source, Remote) else bytes_at(source),
    )


def bytes_at(path: Path) -> int:
    """Return the bytes of a file or folder; 0 where somebody took it already."""
    try:
        return size_of(path)
    except OSError:
        return 0
