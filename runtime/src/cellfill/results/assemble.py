"""Put imputed genes back among all genes of a dataset, and blocks of cells together in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from cellfill.counts.matrix import select_columns
from cellfill.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

Dtype = Literal["float32", "float16"]


def dense_block(
    counts: csr_matrix, columns: NDArray[np.intp], values: NDArray[np.float32], *, dtype: Dtype
) -> NDArray[Any]:
    """Return a dense block: the observed counts, with the imputed columns replaced by their values.

    Parameters
    ----------
    counts
        Cells x the dataset's genes, CSR.
    columns
        The columns that are imputed.
    values
        What they become, cells x imputed columns.
    dtype
        Of the result.

    Raises
    ------
    UsageError
        When it does not hold the values.
    """
    block: NDArray[Any] = counts.toarray()
    block[:, columns] = values
    if dtype == "float16" and block.max(initial=0) > np.finfo(np.float16).max:
        raise UsageError(
            f"float16 holds values up to 65,504, and there are some of {block.max():,.0f}: use float32."
        )
    return block.astype(dtype, copy=False)


def sparse_block(counts: csr_matrix, columns: NDArray[np.intp], values: NDArray[np.float32]) -> csr_matrix:
    """Return the same as `dense_block` as CSR, float32, sorted; values that are zero are not stored.

    Parameters
    ----------
    counts
        Cells x the dataset's genes, CSR, sorted.
    columns
        The columns that are imputed, ascending.
    values
        What they become, cells x imputed columns.
    """
    from scipy.sparse import csr_matrix

    cells, genes = counts.shape
    places = np.tile(columns.astype(np.int32), cells)
    starts = np.arange(cells + 1, dtype=np.int32 if values.size < 2**31 else np.int64) * len(columns)
    filled = csr_matrix((values.reshape(-1), places, starts), shape=counts.shape)
    filled.has_sorted_indices = filled.has_canonical_format = True
    if len(columns) == genes and values.all():
        return filled
    stay = np.arange(genes)
    stay[columns] = -1
    others = select_columns(counts, stay, genes)
    others.has_sorted_indices = others.has_canonical_format = True
    return filled + others  # merges the two in one pass, and leaves out what is zero


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


def memory_sink(shape: tuple[int, int], *, dense: bool, dtype: Dtype) -> DenseRows | SparseRows:
    """Return what collects a result, cells x genes, in memory."""
    return DenseRows(shape, dtype=dtype) if dense else SparseRows(shape)
