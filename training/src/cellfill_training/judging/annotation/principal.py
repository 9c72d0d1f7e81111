"""What a person would do without a model: principal components of the very cells that are judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cellfill.errors import DataError
from cellfill_training.architectures.classifier.genes import log_levels

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

_LIBRARY, _GENES, _COMPONENTS = 1e4, 2000, 30


def principal_components(counts: csr_matrix, *, seed: int = 0) -> NDArray[np.float64]:
    """Return 30 components, the largest first; fewer where there are fewer cells or genes; cells x components.

    Counts to 10,000 a cell, log1p, the 2,000 genes of most variance. Not scaled to one variance, which would tell
    types less well in 13 of 18 figures of two models' cards: what stands beside a model should be strong.

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
    from scipy.sparse.linalg import LinearOperator, svds

    if min(counts.shape) < 3:
        raise DataError(
            f"{counts.shape[0]:,} cells x {counts.shape[1]:,} genes have no principal components that say "
            "something: three are the least of both."
        )
    levels = log_levels(counts, np.maximum(counts.sum(axis=1).A1, 1) / _LIBRARY)
    mean = levels.mean(axis=0).A1
    variance = levels.multiply(levels).mean(axis=0).A1 - mean**2
    chosen = np.sort(np.argsort(-variance, kind="stable")[:_GENES])
    levels, mean = levels[:, chosen].tocsr(), mean[chosen]
    centred = LinearOperator(
        levels.shape,
        matvec=lambda x: levels @ x.ravel() - mean @ x.ravel(),
        rmatvec=lambda y: levels.T @ y.ravel() - mean * y.sum(),
        dtype=np.float64,
    )
    number = min(_COMPONENTS, min(levels.shape) - 1)
    begin = np.random.default_rng([seed, 9]).normal(size=min(levels.shape))
    left, singular, _ = svds(centred, k=number, v0=begin)
    return np.asarray((left * singular)[:, ::-1])  # svds begins with the least
