"""The leading singular vectors of a matrix with one short side, exactly and in one eigenvalue problem."""

from typing import Any

import numpy as np
from scipy.linalg import eigh


def leading(matrix: Any, *, number: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return left vectors, values (largest first) and right vectors, by way of the Gram matrix of the short side.

    Parameters
    ----------
    matrix
        Cells x genes, dense or CSR.
    number
        How many; below the short side.
    """
    flat = matrix.shape[0] <= matrix.shape[1]
    gram = matrix @ matrix.T if flat else matrix.T @ matrix
    gram = np.asarray(gram.toarray() if hasattr(gram, "toarray") else gram, dtype=np.float64)
    size = len(gram)
    squares, vectors = eigh(gram, subset_by_index=(size - number, size - 1))
    values, vectors = np.sqrt(np.maximum(squares[::-1], 0)), vectors[:, ::-1]
    safe = np.maximum(values, 1e-12)
    if flat:
        return vectors, values, (matrix.T @ vectors / safe).T
    return matrix @ vectors / safe, values, vectors.T
