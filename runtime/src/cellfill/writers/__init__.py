"""Writers: results of any format, block by block; what is written appears whole or not at all."""

from __future__ import annotations

from pathlib import Path

from cellfill.errors import UsageError
from cellfill.readers.dataset import Dataset
from cellfill.results.named import Layer
from cellfill.writers.check import OutputFormat, check_apart, check_dtype, check_layers, check_output, output_format
from cellfill.writers.sink import Sink

__all__ = [
    "OutputFormat",
    "Sink",
    "check_apart",
    "check_dtype",
    "check_layers",
    "check_output",
    "open_sink",
    "output_format",
]


def open_sink(output: str | Path, *, dataset: Dataset, layer: Layer | None, overwrite: bool) -> Sink:
    """Begin a result; its format is that of its name, see `output_format`.

    Parameters
    ----------
    output
        The file or folder. It may be the input's own, with ``overwrite``.
    dataset
        What was imputed; it must stay open until the sink is finished.
    layer
        Its name, which is of meaning in an AnnData only, and its form: blocks of either kind are taken, and
        converted. float16 is for dense layers only, not for text, which is written with the digits of a float32.
        None where there is no layer: a table has one row a cell then, and 10x folders cannot do without.
    overwrite
        Replace what is there.

    Raises
    ------
    OutputError
        When it cannot be written, see `check_output`; nothing is left behind then.
    UsageError
        When a sparse float16 layer is asked for, float16 for text, or a 10x folder where there is no layer.
    MissingDependencyError
        When the extra for the format is not installed.
    """
    path = Path(output)
    form = check_output(path, overwrite=overwrite)
    if layer is not None:
        check_dtype(form, layer.dtype)
    elif form == "10x-mtx":
        raise UsageError(
            f"{path} would be a 10x folder, which holds counts only: give an .h5ad, .zarr, .csv or .tsv as output."
        )
    if form == "10x-mtx":
        from cellfill.writers.mtx_sink import MtxSink

        return MtxSink(path, dataset=dataset, overwrite=overwrite)
    if form == "table" and layer is None:
        from cellfill.writers.cell_table_sink import CellTableSink

        return CellTableSink(path, dataset=dataset, overwrite=overwrite)
    if form == "table":
        from cellfill.writers.table_sink import TableSink

        columns = None if layer is None else layer.columns
        return TableSink(path, dataset=dataset, columns=columns, overwrite=overwrite)
    from cellfill.writers.anndata_sink import AnnDataSink

    return AnnDataSink(path, form=form, dataset=dataset, layer=layer, overwrite=overwrite)
