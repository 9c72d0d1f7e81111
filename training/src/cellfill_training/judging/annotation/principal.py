"""What a person would do without a model: principal components of the very cells that are judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cellfill.errors import DataError
from cellfill_training.architectures.classifier.genes import log_levels

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

_LIBRARY, _GENES, _COMPONENTS, _BOUND = 1e4, 2000, 30, 10.0


def principal_components(counts: csr_matrix, *, seed: int = 0) -> NDArray[np.float32]:
    """Return 30 components, or fewer where there are fewer cells or genes, cells x components.

    Counts to 10,000 a cell, log1p, the 2,000 genes of most variance, each to mean 0 and variance 1 within 10
    standard deviations.

    Parameters
    ----------
    counts
        Cells x genes.
    seed
        Of the vector that the decomposition begins with.

    Raises
    ------
    DataError
        When there are fewer than three cells or genes.
    """
    from scipy.sparse.linalg import svds

    if min(counts.shape) < 3:
        raise DataError(
            f"{counts.shape[0]:,} cells x {counts.shape[1]:,} genes have no principal components that say "
            "something: three are the least of both."
        )
    levels = log_levels(counts, np.maximum(counts.sum(axis=1).A1, 1) / _LIBRARY)
    variance = levels.multiply(levels).mean(axis=0).A1 - levels.mean(axis=0).A1 ** 2
    chosen = np.argsort(-variance, kind="stable")[:_GENES]
    dense = levels[:, chosen].toarray()
    dense -= dense.mean(axis=0)
    dense = np.clip(dense / (dense.std(axis=0) + 1e-6), -_BOUND, _BOUND)
    dense -= dense.mean(axis=0)
    number = min(_COMPONENTS, min(dense.shape) - 1)
    begin = np.random.default_rng([seed, 9]).normal(size=min(dense.shape))
    left, singular, _ = svds(dense, k=number, v0=begin)
    return np.asarray(left * singular, dtype=np.float32)
