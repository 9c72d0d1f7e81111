"""The trivial embedding: principal components of the very cells that are judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cellfill_training.architectures.classifier.genes import log_levels
from cellfill_training.evaluation.extras import require

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

PCA = "PCA of these cells"
_LIBRARY, _GENES, _COMPONENTS, _BOUND = 1e4, 2000, 30, 10.0


def principal_components(counts: csr_matrix, *, seed: int = 0) -> NDArray[np.float32]:
    """Return 30 components, or fewer where there are fewer cells or genes, cells x components.

    Counts to 10,000 a cell, log1p, the 2,000 genes of most variance, each to mean 0 and variance 1 within 10
    standard deviations.
    """
    decomposition = require("sklearn.decomposition", purpose="Principal components")
    levels = log_levels(counts, np.maximum(counts.sum(axis=1).A1, 1) / _LIBRARY)
    variance = levels.multiply(levels).mean(axis=0).A1 - levels.mean(axis=0).A1 ** 2
    chosen = np.argsort(-variance, kind="stable")[:_GENES]
    dense = levels[:, chosen].toarray()
    dense -= dense.mean(axis=0)
    dense = np.clip(dense / (dense.std(axis=0) + 1e-6), -_BOUND, _BOUND)
    number = min(_COMPONENTS, *(n - 1 for n in dense.shape))
    pca = decomposition.PCA(number, svd_solver="randomized", random_state=seed)
    return np.asarray(pca.fit_transform(dense), dtype=np.float32)
