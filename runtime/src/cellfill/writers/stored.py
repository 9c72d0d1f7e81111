"""Matrices that grow row by row in a group of an HDF5 file or zarr store, encoded as anndata does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill.readers.encoding import is_hdf5
from cellfill.writers.blocks import csr_parts, dense
from cellfill.writers.packing import FILTERS, packed_in_threads, packs

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

    from cellfill.results.named import Values

_HDF5_CHUNK_BYTES = 1 << 20
_ZARR_CHUNK_BYTES = 4 << 20  # one file each


class GrowingArray:
    """An array that is written from its start on, in whole chunks; in HDF5 packed, if that pays for the first.

    Parameters
    ----------
    group, name
        Where it is made, when the first values are written.
    dtype
        Of its values.
    row_shape
        Of one entry along its first axis: ``()`` for a vector.
    length
        Of its first axis, where that is known already.
    attrs
        What is said of it.
    """

    def __init__(
        self,
        group: Any,
        name: str,
        *,
        dtype: DTypeLike,
        row_shape: tuple[int, ...] = (),
        length: int | None = None,
        attrs: Mapping[str, str] | None = None,
    ) -> None:
        self._group, self._name, self._attrs = group, name, attrs or {}
        self._hdf5, self._fixed = is_hdf5(group), length is not None
        row = max(1, int(np.prod(row_shape)) * np.dtype(dtype).itemsize)
        chunk = max(1, (_HDF5_CHUNK_BYTES if self._hdf5 else _ZARR_CHUNK_BYTES) // row)
        self._chunk = chunk if length is None else min(chunk, max(1, length))
        self._shape, self._dtype = (length or 0, *row_shape), np.dtype(dtype)
        self._array: Any = None
        self._packs, self._written = False, 0
        self._waiting: NDArray[Any] = np.empty((self._chunk, *row_shape), dtype=dtype)
        self._waits = 0

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
        if self._waits or self._array is None:
            self._write(self._waiting[: self._waits])
            self._waits = 0

    def _make(self, first: NDArray[Any]) -> Any:
        chunks = (self._chunk, *(max(1, n) for n in self._shape[1:]))
        array: Any
        if self._hdf5:  # in chunks always: they fit into the space of a layer that is replaced
            self._packs = packs(first)
            options: dict[str, Any] = {"maxshape": (None, *self._shape[1:]), "chunks": chunks, "fill_time": "never"}
            options |= FILTERS if self._packs else {}
            array = self._group.create_dataset(self._name, shape=self._shape, dtype=self._dtype, **options)
        else:
            group = self._group
            make = group.create_array if hasattr(group, "create_array") else group.create_dataset
            array = make(self._name, shape=self._shape, dtype=self._dtype, chunks=chunks)
        for name, said in self._attrs.items():
            array.attrs[name] = said
        return array

    def _write(self, values: NDArray[Any]) -> None:
        if self._array is None:
            self._array = self._make(values[: self._chunk])
        end = self._written + len(values)
        if not self._fixed:
            self._array.resize((end, *self._array.shape[1:]))
        if self._hdf5 and len(values) and len(values) % self._chunk == 0:
            self._write_chunks(values)
        elif len(values):
            self._array[self._written : end] = values
        self._written = end

    def _write_chunks(self, values: NDArray[Any]) -> None:
        """Write whole chunks past HDF5's selections and cache: nearly as fast as writing a plain file."""
        from h5py._objects import phil

        starts = range(0, len(values), self._chunk)
        chunks = [np.ascontiguousarray(values[start : start + self._chunk]) for start in starts]
        rest = (0,) * (values.ndim - 1)
        for start, stored in zip(starts, packed_in_threads(chunks) if self._packs else chunks, strict=True):
            with phil:  # of all its calls h5py leaves this one without its lock, and other threads read meanwhile
                self._array.id.write_direct_chunk((self._written + start, *rest), stored)


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
        said = {"encoding-type": "array", "encoding-version": "0.2.0"}
        self._array = GrowingArray(parent, name, dtype=dtype, row_shape=shape[1:], length=shape[0], attrs=said)
        self._dtype = np.dtype(dtype)

    def add(self, block: Values) -> None:
        """Append a block of rows."""
        self._array.append(dense(block).astype(self._dtype, copy=False))

    def finish(self) -> None:
        """Write what waits."""
        self._array.finish()
