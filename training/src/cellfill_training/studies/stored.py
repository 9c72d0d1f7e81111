"""Counts that stay on disk: rows are read as they are needed, so that memory does not grow with the cells."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path
from threading import Lock
from typing import IO, TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

_VALUE, _PLACE = np.dtype(np.float32), np.dtype(np.int32)


class _File:
    """An array on disk of one type; it is gone with the object."""

    def __init__(self, folder: Path, dtype: np.dtype[Any]) -> None:
        self._file: IO[bytes] = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115  closed with this object
        self._dtype, self._lock = dtype, Lock()

    def append(self, values: NDArray[Any]) -> None:
        self._file.write(np.ascontiguousarray(values, dtype=self._dtype).data)

    def read(self, starts: NDArray[np.int64], stops: NDArray[np.int64]) -> NDArray[Any]:
        """Return what is between pairs of places, one after the other; neighbours are read at once."""
        result = np.empty(int((stops - starts).sum()), dtype=self._dtype)
        begins = np.ones(len(starts), dtype=bool)
        begins[1:] = starts[1:] != stops[:-1]
        firsts, lasts = starts[begins], stops[np.roll(begins, -1)]
        at, size = 0, self._dtype.itemsize
        with self._lock:
            for first, last in zip(firsts.tolist(), lasts.tolist(), strict=True):
                self._file.seek(first * size)
                part = result[at : at + last - first].data.cast("B")
                if self._file.readinto(part) != len(part):  # type: ignore[attr-defined]
                    raise OSError("A temporary file of counts ends too soon: is its disk full?")
                at += last - first
        return result


class StoredCounts:
    """Counts on disk, cells x genes, float32; as much of ``csr_matrix`` as a training needs of its counts.

    Attributes
    ----------
    shape
        Cells x genes.
    folder
        Where the temporary files are that hold it, and those that are made of it.
    """

    def __init__(self, folder: Path, blocks: Iterable[csr_matrix], width: int) -> None:
        self.folder, self.shape = folder, (0, width)
        self._values, self._places = _File(folder, _VALUE), _File(folder, _PLACE)
        sizes = [np.zeros(0, dtype=np.int64)]
        for block in blocks:
            self._values.append(block.data)
            self._places.append(block.indices)
            sizes.append(np.diff(block.indptr).astype(np.int64))
        stops = np.cumsum(np.concatenate(sizes))
        self._choose(stops - np.concatenate(sizes), stops)

    def _choose(self, starts: NDArray[np.int64], stops: NDArray[np.int64]) -> None:
        self._starts, self._stops, self.shape = starts, stops, (len(starts), self.shape[1])

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Number of detected genes of each cell."""
        return self._stops - self._starts

    def take(self, cells: NDArray[np.intp] | NDArray[np.bool_]) -> StoredCounts:
        """Return some of the cells, of the same files."""
        part = StoredCounts.__new__(StoredCounts)
        part.folder, part.shape, part._values, part._places = self.folder, self.shape, self._values, self._places
        part._choose(self._starts[cells], self._stops[cells])
        return part

    def __getitem__(self, rows: slice | NDArray[np.intp] | NDArray[np.bool_]) -> csr_matrix:
        """Return some of the cells, in memory."""
        from scipy.sparse import csr_matrix

        starts, stops = self._starts[rows], self._stops[rows]
        ends = np.concatenate([[0], np.cumsum(stops - starts)])
        parts = (self._values.read(starts, stops), self._places.read(starts, stops), ends)
        return csr_matrix(parts, shape=(len(starts), self.shape[1]))
