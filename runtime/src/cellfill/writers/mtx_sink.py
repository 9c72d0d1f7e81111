"""A 10x matrix folder as Cell Ranger 3 writes it, which holds the result itself."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import IO, TYPE_CHECKING

import numpy as np

from cellfill.readers.dataset import Dataset
from cellfill.readers.identity import size_of
from cellfill.results.named import Results
from cellfill.writers.blocks import csr_parts
from cellfill.writers.check import GENES_WITHIN, RECORD_WITHIN
from cellfill.writers.genes import features, one_line, write_genes, write_record
from cellfill.writers.numbers import coordinate_lines
from cellfill.writers.place import Place, writing
from cellfill.writers.whole import WholeSink

if TYPE_CHECKING:
    from cellfill.results.named import Values

_HEADER_BYTES = 256
_LEVEL = 1  # gzip: a fifth larger than the default, several times faster


class MtxSink(WholeSink):
    """Writes ``matrix.mtx.gz`` (genes x cells, real), ``features.tsv.gz``, ``barcodes.tsv.gz``, and the record.

    Every block is a member of the gzip file of its own. The first member is stored, not compressed, so that the
    number of values can be put there at the end.

    Parameters
    ----------
    output
        The folder to write; see `cellfill.writers.check_output`.
    dataset
        What was imputed.
    overwrite
        Replace what is there.
    """

    def __init__(self, output: Path, *, dataset: Dataset, overwrite: bool) -> None:
        super().__init__(Place(output), dataset=dataset, overwrite=overwrite)
        self._values = 0
        self._file: IO[bytes] | None = None
        try:
            with writing(self._place.target):
                self._place.scratch.mkdir()
                self._write_names()
                self._file = (self._place.scratch / "matrix.mtx.gz").open("wb")
                self._file.write(self._header())
        except BaseException:
            self.abort()
            raise

    def _write_names(self) -> None:
        genes = "".join("\t".join(gene) + "\n" for gene in features(self._dataset))
        cells = "".join(f"{one_line(name)}\n" for name in self._dataset.cell_names())
        for name, text in (("features.tsv.gz", genes), ("barcodes.tsv.gz", cells)):
            (self._place.scratch / name).write_bytes(gzip.compress(text.encode(), _LEVEL, mtime=0))

    def _header(self) -> bytes:
        """Return the lines before the values; their length does not depend on the number of values."""
        first = b"%%MatrixMarket matrix coordinate real general\n%"
        last = f"\n{len(self._dataset.var)} {self._dataset.cells} {self._values}\n".encode()
        padding = b" " * (_HEADER_BYTES - len(first) - len(last))
        return gzip.compress(first + padding + last, 0, mtime=0)

    def add(self, block: Values, *_also: Values) -> None:
        """Append a block of cells."""
        with writing(self._place.target):
            assert self._file is not None
            data, genes, lengths = csr_parts(block)
            cells = np.repeat(np.arange(self._cells, self._cells + len(lengths)), lengths)
            shape = (len(self._dataset.var), self._dataset.cells)
            lines = gzip.compress(coordinate_lines(data, genes, cells, shape=shape), _LEVEL, mtime=0)
            if not self._cells:
                self._expect(len(lines), cells=len(lengths), there=size_of(self._place.scratch))
            self._file.write(lines)
        self._cells += len(lengths)
        self._values += len(data)

    def _end(self, results: Results) -> None:
        assert self._file is not None
        self._file.seek(0)
        self._file.write(self._header())
        self._file.close()
        write_genes(self._place.scratch / GENES_WITHIN, self._dataset, results)
        write_record(self._place.scratch / RECORD_WITHIN, results)

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
