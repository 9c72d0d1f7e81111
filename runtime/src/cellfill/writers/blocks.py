"""Blocks of cells, sparse or dense, as the parts that are written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from cellfill.readers.dataset import Rows

_BLOCK_BYTES = 32 << 20  # of a dense block that is copied from matrix to matrix


def csr_parts(block: csr_matrix | NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int32], NDArray[np.int64]]:
    """Return values, columns (int32) and number of values of each row of a block, without zeros if it is dense."""
    if not isinstance(block, np.ndarray):
        return block.data, block.indices.astype(np.int32, copy=False), np.diff(block.indptr).astype(np.int64)
    kept = block != 0
    columns = np.broadcast_to(np.arange(block.shape[1], dtype=np.int32), block.shape)[kept]
    return block[kept], columns, np.count_nonzero(kept, axis=1).astype(np.int64)


def dense(block: csr_matrix | NDArray[Any]) -> NDArray[Any]:
    """Return a block as an array."""
    return block if isinstance(block, np.ndarray) else block.toarray()


def blocks_of(rows: Rows) -> Iterator[csr_matrix | NDArray[Any]]:
    """Yield all of a matrix, some rows at a time."""
    cells, genes = rows.shape
    step = max(1, _BLOCK_BYTES // max(1, genes * rows.dtype.itemsize))
    for start in range(0, cells, step):
        yield rows[start : min(start + step, cells)]
