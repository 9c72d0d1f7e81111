"""A text table of one row a cell, which holds what a task says of cells where it gives no layer."""

from __future__ import annotations

import csv
import gzip
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill.readers.dataset import Dataset
from cellfill.results.named import Results
from cellfill.writers.genes import write_record
from cellfill.writers.leftovers import SIDE_ENDINGS
from cellfill.writers.place import Place, writing
from cellfill.writers.whole import WholeSink

if TYPE_CHECKING:
    from cellfill.results.named import Values

_ROWS = 4096


class CellTableSink(WholeSink):
    """Writes ``.csv`` or ``.tsv``, gzipped or not: a row a cell, columns of obs, then those of obsm.

    Beside it appears ``NAME.cellfill.json``, the record.

    Parameters
    ----------
    output
        The file to write; see `cellfill.writers.check_output`.
    dataset
        What the cells are of.
    overwrite
        Replace what is there.
    """

    def __init__(self, output: Path, *, dataset: Dataset, overwrite: bool) -> None:
        name = output.name.lower()
        place = Place(output, beside=SIDE_ENDINGS[:1])
        super().__init__(place, dataset=dataset, overwrite=overwrite, layered=False)
        self._separator, self._zipped = "," if ".csv" in name[-7:] else "\t", name.endswith(".gz")

    def add(self, block: Values, *_also: Values) -> None:
        """Take no layer: there is none."""
        raise AssertionError(f"a table of cells has no place for {block.shape[1]} genes")

    def _end(self, results: Results) -> None:
        columns: dict[str, Any] = dict(results.obs)
        for name, matrix in results.obsm.items():
            heads = results.obsm_columns.get(name) or tuple(map(str, range(1, matrix.shape[1] + 1)))
            columns |= {f"{name}:{head}": matrix[:, place] for place, head in enumerate(heads)}
        names = self._dataset.cell_names()
        with writing(self._place.target), self._place.scratch.open("wb") as file:
            self._write(file, [["" if "cell" in columns else "cell", *columns]])
            for start in range(0, len(names), _ROWS):
                rows = slice(start, start + _ROWS)
                texts = [
                    [str(name) for name in names[rows]],
                    *(_texts(values[rows]) for values in columns.values()),
                ]
                self._write(file, list(zip(*texts, strict=True)))
        (record,) = self._place.beside
        write_record(record, results)

    def _write(self, file: Any, rows: list[Any]) -> None:
        text = StringIO()
        csv.writer(text, delimiter=self._separator, lineterminator="\n").writerows(rows)
        encoded = text.getvalue().encode()
        file.write(gzip.compress(encoded, 1, mtime=0) if self._zipped else encoded)

    def _close(self) -> None:
        """Hold nothing open."""


def _texts(values: Any) -> list[str]:
    """Return values as text: numbers with the digits of a float32, an unknown one as nothing."""
    if isinstance(values, list):
        return [str(value) for value in values]
    if values.dtype.kind == "f":
        return ["" if np.isnan(value) else f"{value:.6g}" for value in values.tolist()]
    return [str(value) for value in values.tolist()]
