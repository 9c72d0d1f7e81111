"""Raw counts: check that a matrix holds them, and cut it into the blocks that inference reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill.errors import CountsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

_MOST_NAMED = 10


def counts_wanted(others: Sequence[str]) -> str:
    """Return what to try where a matrix holds no counts.

    Parameters
    ----------
    others
        What else of the dataset can be asked for as a layer.
    """
    if not others:
        return "cellfill needs raw counts, and the data have no layer that could hold them"
    some = ", ".join(name[:60] for name in others[:_MOST_NAMED])
    return f"cellfill needs raw counts: name the layer that holds them with --layer (layer=...): {some}"


def as_counts(matrix: Any, *, where: str = "X", others: Sequence[str] = ()) -> csr_matrix:
    """Return a matrix as CSR float32 after checking that it holds raw counts.

    Parameters
    ----------
    matrix
        Cells x genes; a numpy array or a scipy sparse matrix or array, of any numeric dtype.
    where
        What to call it in a message: ``X`` or the layer's name.
    others
        The other layers of the dataset, for a message.

    Returns
    -------
    The counts, cells x genes, CSR, without explicit zeros. Shares no memory that it changes with ``matrix``.

    Raises
    ------
    CountsError
        When the matrix is empty, or holds anything but finite, non-negative whole numbers.
    """
    from scipy import sparse

    wanted = counts_wanted(others)
    if matrix is None:
        raise CountsError(f"{where} is absent. {wanted}.")
    if not sparse.issparse(matrix) and not isinstance(matrix, np.ndarray):
        raise CountsError(
            f"{where} is a {type(matrix).__name__}, not a numpy array or scipy sparse matrix. Load it first."
        )
    if matrix.ndim != 2 or 0 in matrix.shape:
        raise CountsError(f"{where} is empty: its shape is {tuple(matrix.shape)} (cells x genes).")
    if matrix.dtype.kind not in "biuf":
        raise CountsError(f"{where} holds {matrix.dtype} values, not numbers. {wanted}.")
    counts = sparse.csr_matrix(widened(matrix))
    _check_values(counts.data, where, wanted)
    counts = counts.astype(np.float32)  # a copy unless it is float32 already
    if not counts.has_canonical_format or (counts.data == 0).any():
        counts = counts.copy()
        counts.sum_duplicates()
        counts.eliminate_zeros()
    if counts.nnz == 0:
        raise CountsError(f"{where} holds only zeros: there are no counts to go by.")
    return counts


def widened(matrix: Any) -> Any:
    """Return a matrix in which duplicate entries can be summed: of a type of less than 32 bits, as float32.

    Whole numbers of 8 or 16 bits would overflow, booleans do not count, and scipy has no sparse float16.
    """
    return matrix.astype(np.float32) if matrix.dtype.itemsize < 4 else matrix


def _check_values(values: NDArray[Any], where: str, wanted: str) -> None:
    """Refuse values that are not counts, saying what was seen."""
    if values.size == 0:
        return
    if not np.isfinite(values).all():
        raise CountsError(f"{where} holds NaN or infinite values ({_count(~np.isfinite(values))}). {wanted}.")
    if values.min() < 0:
        raise CountsError(
            f"{where} holds negative values (the lowest is {values.min():.4g}): it was scaled or centred. {wanted}."
        )
    if values.max() > 2**24:
        raise CountsError(
            f"{where} holds values up to {values.max():.4g}, more than a cell has molecules. {wanted}."
        )
    fractional = values != np.floor(values)
    if fractional.any():
        kind = (
            "it looks log-normalised" if values.max() < 20 else "it looks normalised or corrected"
        )  # log1p of counts per 10,000 stays below 10
        raise CountsError(
            f"{where} holds fractions ({_count(fractional)}, for example {values[fractional][0]:.4g}; the "
            f"highest value is {values.max():.4g}): {kind}. {wanted}."
        )


def _count(mask: NDArray[np.bool_]) -> str:
    return f"{int(mask.sum()):,} of {mask.size:,} stored values"


def select_columns(counts: csr_matrix, target: NDArray[np.intp], width: int) -> csr_matrix:
    """Return counts with every column moved to ``target[column]``; columns of one target stay several entries.

    Parameters
    ----------
    counts
        Cells x genes, CSR.
    target
        For every column its new place, or -1 to drop it.
    width
        Number of columns of the result.
    """
    from scipy import sparse

    place = np.take(target.astype(np.int32), counts.indices)
    kept = np.flatnonzero(place >= 0)
    if len(kept) == len(place):
        parts = (counts.data.copy(), place, counts.indptr.copy())
    else:
        parts = (counts.data[kept], place[kept], np.searchsorted(kept, counts.indptr).astype(counts.indptr.dtype))
    return sparse.csr_matrix(parts, shape=(counts.shape[0], width))


def remap_columns(counts: csr_matrix, target: NDArray[np.intp], width: int) -> csr_matrix:
    """Return the same as `select_columns`, sorted, with the columns of one target summed."""
    moved = select_columns(counts, target, width)
    moved.sum_duplicates()
    return moved
