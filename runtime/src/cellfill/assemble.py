"""Put filled blocks together into one matrix, held once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix


class DenseRows:
    """Collects blocks of rows in a dense float32 matrix."""

    def __init__(self, shape: tuple[int, int]) -> None:
        self._values = np.empty(shape, dtype=np.float32)
        self._done = 0

    def add(self, block: NDArray[np.float32]) -> None:
        """Append a block of rows."""
        self._values[self._done : self._done + len(block)] = block
        self._done += len(block)

    def matrix(self) -> NDArray[np.float32]:
        """Return the matrix."""
        return self._values


class SparseRows:
    """Collects blocks of rows in a CSR float32 matrix, in arrays that are made once for the most it can hold.

    Parameters
    ----------
    shape
        Of the matrix, cells x genes.
    most
        An upper bound of the number of values that are not zero. Memory that is not written to costs nothing.
    """

    def __init__(self, shape: tuple[int, int], *, most: int) -> None:
        self._shape = shape
        self._data = np.empty(most, dtype=np.float32)
        self._indices = np.empty(most, dtype=np.int32)
        self._starts = np.zeros(shape[0] + 1, dtype=np.int64)
        self._columns = np.arange(shape[1], dtype=np.int32)
        self._done = 0

    def add(self, block: NDArray[np.float32]) -> None:
        """Append a block of rows, dense; its zeros are not kept."""
        kept = block != 0
        start = int(self._starts[self._done])
        ends = start + np.cumsum(np.count_nonzero(kept, axis=1))
        self._data[start : ends[-1]] = block[kept]
        self._indices[start : ends[-1]] = np.broadcast_to(self._columns, block.shape)[kept]
        self._starts[self._done + 1 : self._done + 1 + len(block)] = ends
        self._done += len(block)

    def matrix(self) -> csr_matrix:
        """Return the matrix."""
        from scipy.sparse import csr_matrix

        end = int(self._starts[-1])
        parts = (self._data[:end], self._indices[:end], self._starts)
        result = csr_matrix(parts, shape=self._shape)
        result.has_sorted_indices = result.has_canonical_format = True
        return result
