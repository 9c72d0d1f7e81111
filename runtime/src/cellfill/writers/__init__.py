"""Writers: results of any format, block by block; what is written appears whole or not at all."""

from __future__ import annotations

from pathlib import Path

from cellfill.readers.dataset import Dataset
from cellfill.writers.check import OutputFormat, check_apart, check_dtype, check_output, output_format
from cellfill.writers.sink import Annotations, Dtype, Sink

__all__ = [
    "Annotations",
    "Dtype",
    "OutputFormat",
    "Sink",
    "check_apart",
    "check_dtype",
    "check_output",
    "open_sink",
    "output_format",
]


def open_sink(
    output: str | Path, *, dataset: Dataset, key: str, dense: bool, dtype: Dtype = "float32", overwrite: bool
) -> Sink:
    """Begin a result; its format is that of its name, see `output_format`.

    Parameters
    ----------
    output
        The file or folder. It may be the input's own, with ``overwrite``.
    dataset
        What was imputed; it must stay open until the sink is finished.
    key
        Name of the layer in an AnnData. 10x folders and tables hold the result itself.
    dense
        Whether the layer is dense; blocks of either kind are taken, and converted.
    dtype
        Of the layer; float16 is for dense layers only, not for text, which is written with the digits of a float32.
    overwrite
        Replace what is there.

    Raises
    ------
    OutputError
        When it cannot be written, see `check_output`; nothing is left behind then.
    UsageError
        When a sparse float16 layer is asked for, or float16 for text.
    MissingDependencyError
        When the extra for the format is not installed.
    """
    path = Path(output)
    form = check_output(path, overwrite=overwrite)
    check_dtype(form, dtype)
    if form == "10x-mtx":
        from cellfill.writers.mtx_sink import MtxSink

        return MtxSink(path, dataset=dataset, overwrite=overwrite)
    if form == "table":
        from cellfill.writers.table_sink import TableSink

        return TableSink(path, dataset=dataset, overwrite=overwrite)
    from cellfill.writers.anndata_sink import AnnDataSink

    return AnnDataSink(path, form=form, dataset=dataset, key=key, dense=dense, dtype=dtype, overwrite=overwrite)
