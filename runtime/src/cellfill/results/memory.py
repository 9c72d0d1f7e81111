"""Collect blocks of cells in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from cellfill.results.named import Dtype, Layer


class DenseRows:
    """Collects blocks of rows in a dense matrix."""

    notes: tuple[str, ...] = ()

    def __init__(self, shape: tuple[int, int], *, dtype: Dtype) -> None:
        self._values = np.empty(shape, dtype=dtype)
        self._done = 0

    def add(self, block: NDArray[Any]) -> None:
        """Append a block of rows."""
        self._values[self._done : self._done + len(block)] = block
        self._done += len(block)

    def matrix(self) -> NDArray[Any]:
        """Return the matrix."""
        return self._values


class SparseRows:
    """Collects blocks of rows in a CSR float32 matrix, in arrays that grow as they must.

    Parameters
    ----------
    shape
        Of the matrix, cells x genes.
    """

    notes: tuple[str, ...] = ()

    def __init__(self, shape: tuple[int, int]) -> None:
        self._shape = shape
        self._data = np.empty(0, dtype=np.float32)
        self._indices = np.empty(0, dtype=np.int32)
        self._starts = np.zeros(shape[0] + 1, dtype=np.int64)
        self._done = 0

    def add(self, block: csr_matrix) -> None:
        """Append a block of rows."""
        start = int(self._starts[self._done])
        end = start + block.nnz
        cells = self._done + block.shape[0]
        if end > len(self._data):
            # As many values a cell as so far, and a little more. What is never written to takes no memory.
            most = max(end, int(end / cells * self._shape[0] * 1.05))
            self._data, self._indices = _longer(self._data, most), _longer(self._indices, most)
        self._data[start:end] = block.data
        self._indices[start:end] = block.indices
        self._starts[self._done + 1 : cells + 1] = start + block.indptr[1:]
        self._done = cells

    def matrix(self) -> csr_matrix:
        """Return the matrix."""
        from scipy.sparse import csr_matrix

        end = int(self._starts[-1])
        parts = (self._data[:end], self._indices[:end], self._starts)
        result = csr_matrix(parts, shape=self._shape)
        result.has_sorted_indices = result.has_canonical_format = True
        return result


def _longer(values: NDArray[Any], length: int) -> NDArray[Any]:
    result = np.empty(length, dtype=values.dtype)
    result[: len(values)] = values
    return result


class MemorySink:
    """Collects layers in memory.

    Parameters
    ----------
    shape
        Of each, cells x genes.
    layer
        Their names and form; None where a task gives no layer.
    """

    notes: tuple[str, ...] = ()

    def __init__(self, shape: tuple[int, int], layer: Layer | None) -> None:
        self._rows: dict[str, DenseRows | SparseRows] = {}
        if layer is not None:
            for name in layer.names:
                self._rows[name] = DenseRows(shape, dtype=layer.dtype) if layer.dense else SparseRows(shape)

    def add(self, *blocks: Any) -> None:
        """Append a block of rows of each layer."""
        for rows, block in zip(self._rows.values(), blocks, strict=True):
            rows.add(block)

    def layers(self) -> dict[str, Any]:
        """Return the matrices by name."""
        return {name: rows.matrix() for name, rows in self._rows.items()}
