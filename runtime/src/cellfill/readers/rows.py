"""Matrices of which a block of rows can be had at a time, from memory or from a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill.readers.failures import reading

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from cellfill.readers.dataset import Rows
    from cellfill.readers.remote import Source

# The most that is kept of the chunk in which a slice ended. Larger chunks are decoded again.
_MOST_KEPT = 64 << 20

Read = Callable[[int, int], "NDArray[Any]"]


def native(values: Any) -> NDArray[Any]:
    """Return values in this machine's byte order, the only one that scipy takes."""
    array = np.asarray(values)
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


class ChunkedReader:
    """Slices of a chunked array in a row, without decoding any chunk twice. Threads may take turns.

    Parameters
    ----------
    read
        Returns what is between two places of the array's first axis.
    length
        Of that axis.
    chunk
        Length of a chunk along that axis; 1 for none.
    """

    def __init__(self, read: Read, *, length: int, chunk: int) -> None:
        self._read, self._length, self._chunk = read, length, chunk
        self._start, self._kept, self._lock = 0, None, Lock()

    _kept: NDArray[Any] | None

    def __call__(self, start: int, stop: int) -> NDArray[Any]:
        """Return what is between two places."""
        parts: list[NDArray[Any]] = []
        at = start
        with self._lock:
            if self._kept is not None and self._start <= at < self._start + len(self._kept):
                parts.append(self._kept[at - self._start : stop - self._start])
                at += len(parts[0])
            if at < stop or not parts:
                parts.append(self._read_on(at, stop))
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _read_on(self, at: int, stop: int) -> NDArray[Any]:
        """Read to the end of a chunk, and keep what is not asked for yet."""
        last = max(stop - 1, 0) // self._chunk * self._chunk
        end = max(min(last + self._chunk, self._length), stop)
        if end == stop or at == stop:
            self._kept = None
            return self._read(at, stop)
        values = self._read(at, end)
        kept = values[stop - at :]
        self._start, self._kept = (stop, kept.copy()) if kept.nbytes <= _MOST_KEPT else (0, None)
        return values[: stop - at]


def reader_of(array: Any) -> Read:
    """Return a reader of the first axis of an HDF5 or zarr array."""
    chunks = getattr(array, "chunks", None)
    if not chunks or array.ndim == 0:
        return lambda start, stop: native(array[start:stop])
    row = int(np.prod(array.shape[1:], dtype=np.int64)) * array.dtype.itemsize
    chunk = min(chunks[0], max(array.shape[0], 1))  # HDF5 takes chunks longer than what they hold
    chunk = chunk if chunk * row <= _MOST_KEPT else 1
    return ChunkedReader(lambda a, b: native(array[a:b]), length=array.shape[0], chunk=chunk)


class StoredCsr:
    """CSR that stays in a file, but for the places where its rows start.

    Parameters
    ----------
    data, indices, indptr
        The three arrays of the file, HDF5 or zarr.
    shape
        Cells x genes.

    Raises
    ------
    ValueError
        When the arrays do not fit each other.
    """

    def __init__(self, data: Any, indices: Any, indptr: Any, *, shape: tuple[int, int]) -> None:
        _check_lengths(data, indices, indptr, length=shape[0])
        starts = np.asarray(indptr[:])
        if starts.dtype.kind not in "iu" or indices.dtype.kind not in "iu":
            raise ValueError("indices and indptr must be whole numbers")
        starts = starts.astype(np.int64)
        if starts[0] != 0 or (np.diff(starts) < 0).any():
            raise ValueError("indptr does not ascend from 0")
        if data.shape != indices.shape or data.shape != (starts[-1],):
            raise ValueError(f"{data.shape[0]} values, {indices.shape[0]} indices, but indptr ends at {starts[-1]}")
        self._starts, self.shape, self.dtype = starts, shape, np.dtype(data.dtype)
        self._data, self._indices = reader_of(data), reader_of(indices)

    def __getitem__(self, rows: slice, /) -> csr_matrix:
        """Return some rows."""
        from scipy.sparse import csr_matrix

        start, stop = _bounds(rows, self.shape[0])
        starts = self._starts[start : stop + 1]
        first, last = int(starts[0]), int(starts[-1])
        indices = self._indices(first, last)
        if indices.size and (indices.max() >= self.shape[1] or indices.min() < 0):
            raise ValueError(f"a column index is beyond the {self.shape[1]} genes")
        parts = (
            self._data(first, last),
            indices.astype(np.int32, copy=False),
            (starts - first).astype(np.int32 if last - first < 2**31 else np.int64),
        )
        return csr_matrix(parts, shape=(stop - start, self.shape[1]))


def _check_lengths(data: Any, indices: Any, indptr: Any, *, length: int) -> None:
    """Refuse parts of other lengths than their matrix has, before any is read."""
    if indptr.shape != (length + 1,):
        raise ValueError(f"indptr has {indptr.shape} values for {length} rows or columns")
    if data.shape != indices.shape or len(data.shape) != 1:
        raise ValueError(f"values are of shape {data.shape}, indices of shape {indices.shape}")


class StoredCsc:
    """CSC of a file, converted to CSR in memory when rows of it are first asked for: it has no rows of its own.

    Parameters
    ----------
    data, indices, indptr
        The three arrays of the file, HDF5 or zarr.
    shape
        Cells x genes.
    """

    def __init__(self, data: Any, indices: Any, indptr: Any, *, shape: tuple[int, int]) -> None:
        _check_lengths(data, indices, indptr, length=shape[1])
        self.shape, self.dtype = shape, np.dtype(data.dtype)
        self._parts, self._rows = (data, indices, indptr), None

    _rows: Rows | None

    def __getitem__(self, rows: slice, /) -> csr_matrix | NDArray[Any]:
        """Return some rows."""
        if self._rows is None:
            from scipy.sparse import csc_matrix

            whole = csc_matrix(tuple(native(part[:]) for part in self._parts), shape=self.shape)
            whole.check_format(full_check=True)
            self._rows = in_memory(whole)
        return self._rows[rows]


class StoredDense:
    """A dense matrix that stays in a file; also the rows of any other array that has no better reader.

    Parameters
    ----------
    array
        HDF5, zarr or lazy array, cells x genes; blocks of a lazy one (Dask) are computed as they are asked for.
    """

    def __init__(self, array: Any) -> None:
        if len(array.shape) != 2:
            raise ValueError(f"a matrix has two axes, this has {len(array.shape)}")
        self.shape, self.dtype = (int(array.shape[0]), int(array.shape[1])), np.dtype(array.dtype)
        self._lazy = array if hasattr(array, "compute") else None
        self._read = reader_of(array) if self._lazy is None else None

    def __getitem__(self, rows: slice, /) -> Any:
        """Return some rows."""
        start, stop = _bounds(rows, self.shape[0])
        if self._read is not None:
            return self._read(start, stop)
        assert self._lazy is not None
        values = self._lazy[start:stop].compute()
        return in_memory(values)[:]


class TransposedDense:
    """A dense genes x cells matrix of a file, given by cells, as CSR: such files hold mostly zeros."""

    def __init__(self, array: Any) -> None:
        if len(array.shape) != 2:
            raise ValueError(f"a matrix has two axes, this has {len(array.shape)}")
        self.shape, self.dtype = (int(array.shape[1]), int(array.shape[0])), np.dtype(array.dtype)
        chunk = min(array.chunks[1], max(array.shape[1], 1)) if array.chunks else 1
        chunk = chunk if chunk * self.shape[1] * self.dtype.itemsize <= _MOST_KEPT else 1
        self._read = ChunkedReader(
            lambda a, b: np.ascontiguousarray(native(array[:, a:b]).T), length=self.shape[0], chunk=chunk
        )

    def __getitem__(self, rows: slice, /) -> csr_matrix:
        """Return some rows."""
        from scipy.sparse import csr_matrix

        return csr_matrix(self._read(*_bounds(rows, self.shape[0])))


class MemoryRows:
    """A matrix in memory, CSR or dense."""

    def __init__(self, matrix: csr_matrix | NDArray[Any]) -> None:
        self._matrix = matrix
        self.shape, self.dtype = (int(matrix.shape[0]), int(matrix.shape[1])), np.dtype(matrix.dtype)

    def __getitem__(self, rows: slice, /) -> csr_matrix | NDArray[Any]:
        """Return some rows; all of them share the memory."""
        start, stop = _bounds(rows, self.shape[0])
        return self._matrix if (start, stop) == (0, self.shape[0]) else self._matrix[start:stop]


def in_memory(matrix: Any) -> Rows:
    """Return the rows of a matrix in memory; CSC is converted to CSR once, which takes its memory again.

    Raises
    ------
    TypeError
        When it is neither a numpy array nor a scipy sparse matrix of two axes.
    """
    from scipy import sparse

    if sparse.issparse(matrix) and matrix.ndim == 2:
        return MemoryRows(sparse.csr_matrix(matrix))
    if isinstance(matrix, np.ndarray) and matrix.ndim == 2:
        return MemoryRows(native(matrix))
    if hasattr(matrix, "compute"):
        return StoredDense(matrix)
    shape = f" of shape {matrix.shape}" if hasattr(matrix, "shape") else ""
    raise TypeError(f"it is a {type(matrix).__name__}{shape}, not a numpy array or scipy sparse matrix of two axes")


@dataclass(frozen=True, slots=True)
class GuardedRows:
    """Rows whose failures name the file and are errors of cellfill."""

    _rows: Rows
    _path: Source | None
    _kind: str

    @property
    def shape(self) -> tuple[int, int]:
        """Cells x genes."""
        return self._rows.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the values."""
        return self._rows.dtype

    def __getitem__(self, rows: slice, /) -> csr_matrix | NDArray[Any]:
        """Return some rows.

        Raises
        ------
        DataError
            When the file turns out to be damaged there.
        """
        with reading(self._path, self._kind):
            return self._rows[rows]


def _bounds(rows: slice, length: int) -> tuple[int, int]:
    start, stop, step = rows.indices(length)
    if step != 1:
        raise ValueError(f"rows are read in order, not by steps of {step}")
    return start, max(start, stop)
