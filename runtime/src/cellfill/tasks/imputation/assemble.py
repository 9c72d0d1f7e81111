"""Put imputed genes back among all genes of a dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill.counts.matrix import select_columns
from cellfill.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from cellfill.results.named import Dtype


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
