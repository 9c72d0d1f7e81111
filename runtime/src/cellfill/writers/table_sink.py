"""A text table of cells x genes, which holds the result itself."""

from __future__ import annotations

import csv
import gzip
from io import StringIO
from pathlib import Path
from typing import IO, TYPE_CHECKING

from cellfill.readers.dataset import Dataset
from cellfill.results.named import Results
from cellfill.writers.blocks import dense
from cellfill.writers.genes import write_genes, write_record
from cellfill.writers.leftovers import SIDE_ENDINGS
from cellfill.writers.numbers import table_lines
from cellfill.writers.place import Place, writing
from cellfill.writers.whole import WholeSink

if TYPE_CHECKING:
    from cellfill.results.named import Values

_LEVEL = 1


class TableSink(WholeSink):
    """Writes ``.csv`` or ``.tsv``, gzipped or not: cells in rows, whatever the input had.

    Beside it appear ``NAME.cellfill.json``, the record, and ``NAME.cellfill.tsv``, what it says of its genes.

    Parameters
    ----------
    output
        The file to write; see `cellfill.writers.check_output`.
    dataset
        What was imputed.
    columns
        Those of the genes that are written; None for all.
    overwrite
        Replace what is there.
    """

    def __init__(
        self, output: Path, *, dataset: Dataset, columns: tuple[int, ...] | None = None, overwrite: bool
    ) -> None:
        name = output.name.lower()
        super().__init__(Place(output, beside=SIDE_ENDINGS), dataset=dataset, overwrite=overwrite)
        self._separator, self._zipped = "," if ".csv" in name[-7:] else "\t", name.endswith(".gz")
        self._file: IO[bytes] | None = None
        self._columns = None if columns is None else list(columns)
        try:
            with writing(self._place.target):
                self._names = dataset.cell_names()
                self._file = self._place.scratch.open("wb")
                genes = [str(name) for name in dataset.var.index]
                genes = genes if self._columns is None else [genes[column] for column in self._columns]
                self._file.write(self._stored(self._fields(["", *genes]) + b"\n"))
        except BaseException:
            self.abort()
            raise

    def _fields(self, values: list[str]) -> bytes:
        """Return names as fields of a line, in quotes where need be."""
        text = StringIO()
        csv.writer(text, delimiter=self._separator, lineterminator="").writerow(values)
        return text.getvalue().encode()

    def _stored(self, text: bytes) -> bytes:
        return gzip.compress(text, _LEVEL, mtime=0) if self._zipped else text

    def add(self, block: Values, *_also: Values) -> None:
        """Append a block of cells."""
        assert self._file is not None
        with writing(self._place.target):
            separator = self._separator.encode()
            values = dense(block if self._columns is None else block[:, self._columns])
            lines = table_lines(values, separator=separator)
            names = self._names[self._cells : self._cells + len(lines)]
            rows = [self._fields([str(name)]) + separator + line for name, line in zip(names, lines, strict=True)]
            text = self._stored(b"\n".join([*rows, b""]))
            if not self._cells:
                self._expect(len(text), cells=len(rows))
            self._file.write(text)
        self._cells += block.shape[0]

    def _end(self, results: Results) -> None:
        assert self._file is not None
        self._file.close()
        record, genes = self._place.beside
        write_record(record, results)
        write_genes(genes, self._dataset, results, columns=self._columns)

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
