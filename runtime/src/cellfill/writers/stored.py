"""Matrices that grow row by row in a group of an HDF5 file or zarr store, encoded as anndata does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill.readers.encoding import is_hdf5
from cellfill.writers.blocks import csr_parts, dense

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

    from cellfill.results.named import Values

_HDF5_CHUNK_BYTES = 1 << 20
_ZARR_CHUNK_BYTES = 4 << 20  # one file each


class GrowingArray:
    """An array that is written from its start on, in whole chunks.

    Parameters
    ----------
    group, name
        Where it is made.
    dtype
        Of its values.
    row_shape
        Of one entry along its first axis: ``()`` for a vector.
    length
        Of its first axis, where that is known already.
    """

    def __init__(
        self,
        group: Any,
        name: str,
        *,
        dtype: DTypeLike,
        row_shape: tuple[int, ...] = (),
        length: int | None = None,
    ) -> None:
        self._hdf5, self._fixed = is_hdf5(group), length is not None
        row = max(1, int(np.prod(row_shape)) * np.dtype(dtype).itemsize)
        chunk = max(1, (_HDF5_CHUNK_BYTES if self._hdf5 else _ZARR_CHUNK_BYTES) // row)
        chunk = chunk if length is None else min(chunk, max(1, length))
        shape = (length or 0, *row_shape)
        chunks = (chunk, *(max(1, n) for n in row_shape))
        self._array: Any
        if self._hdf5:  # in chunks always: they fit into the space of a layer that is replaced
            options = {"maxshape": (None, *row_shape), "chunks": chunks, "fill_time": "never"}
            self._array = group.create_dataset(name, shape=shape, dtype=dtype, **options)
        else:
            make = group.create_array if hasattr(group, "create_array") else group.create_dataset
            self._array = make(name, shape=shape, dtype=np.dtype(dtype), chunks=chunks)
        self._chunk, self._written = chunk, 0
        self._waiting: NDArray[Any] = np.empty((chunk, *row_shape), dtype=dtype)
        self._waits = 0
        self.attrs = self._array.attrs

    def append(self, values: NDArray[Any]) -> None:
        """Write values, or keep them until they fill a chunk."""
        if self._waits:
            taken = min(self._chunk - self._waits, len(values))
            self._waiting[self._waits : self._waits + taken] = values[:taken]
            self._waits += taken
            values = values[taken:]
            if self._waits == self._chunk:
                self._write(self._waiting)
                self._waits = 0
        whole = len(values) // self._chunk * self._chunk
        if whole:
            self._write(values[:whole])
        rest = len(values) - whole
        if rest:
            self._waiting[:rest] = values[whole:]
            self._waits = rest

    def finish(self) -> None:
        """Write what waits."""
        if self._waits:
            self._write(self._waiting[: self._waits])
            self._waits = 0

    def _write(self, values: NDArray[Any]) -> None:
        end = self._written + len(values)
        if not self._fixed:
            self._array.resize((end, *self._array.shape[1:]))
        if self._hdf5 and len(values) % self._chunk == 0:
            from h5py._objects import phil

            # Past HDF5's selections and cache: nearly as fast as writing a plain file. Of all its calls h5py leaves
            # this one without its lock, and other threads read meanwhile.
            rest = (0,) * (values.ndim - 1)
            for start in range(0, len(values), self._chunk):
                chunk = np.ascontiguousarray(values[start : start + self._chunk])
                with phil:
                    self._array.id.write_direct_chunk((self._written + start, *rest), chunk)
        else:
            self._array[self._written : end] = values
        self._written = end


class CsrWriter:
    """Appends blocks to a CSR matrix; indices are int32, indptr int64."""

    def __init__(self, parent: Any, name: str, *, shape: tuple[int, int], dtype: DTypeLike) -> None:
        self._group = parent.create_group(name)
        self._group.attrs["encoding-type"], self._group.attrs["encoding-version"] = "csr_matrix", "0.1.0"
        self._group.attrs["shape"] = shape if not is_hdf5(parent) else np.array(shape, dtype=np.int64)
        self._data = GrowingArray(self._group, "data", dtype=dtype)
        self._indices = GrowingArray(self._group, "indices", dtype=np.int32)
        self._indptr = GrowingArray(self._group, "indptr", dtype=np.int64, length=shape[0] + 1)
        self._indptr.append(np.zeros(1, dtype=np.int64))
        self._dtype, self._end = np.dtype(dtype), 0

    def add(self, block: Values) -> None:
        """Append a block of rows."""
        data, indices, lengths = csr_parts(block)
        self._data.append(data.astype(self._dtype, copy=False))
        self._indices.append(indices)
        self._indptr.append(self._end + np.cumsum(lengths))
        self._end += len(data)

    def finish(self) -> None:
        """Write what waits."""
        for part in (self._data, self._indices, self._indptr):
            part.finish()


class DenseWriter:
    """Appends blocks to a dense matrix."""

    def __init__(self, parent: Any, name: str, *, shape: tuple[int, int], dtype: DTypeLike) -> None:
        self._array = GrowingArray(parent, name, dtype=dtype, row_shape=shape[1:], length=shape[0])
        self._array.attrs["encoding-type"], self._array.attrs["encoding-version"] = "array", "0.2.0"
        self._dtype = np.dtype(dtype)

    def add(self, block: Values) -> None:
        """Append a block of rows."""
        self._array.append(dense(block).astype(self._dtype, copy=False))

    def finish(self) -> None:
        """Write what waits."""
        self._array.finish()
