"""Small studies with structure, for tests of the evaluation."""

import numpy as np
from scipy import sparse

from cellfill_training.studies.study import Study


def study_of(counts, name="made", genes=None):
    matrix = sparse.csr_matrix(np.asarray(counts, dtype=np.float32))
    named = genes or [f"gene{i}" for i in range(matrix.shape[1])]
    return Study(name=name, counts=matrix, gene_names=(tuple(named),))


def programmes(cells=150, genes=60, *, seed=0, level=2.0):
    """Cells of two types with their own genes: the mean of every entry, and Poisson counts around it."""
    rng = np.random.default_rng(seed)
    kind = rng.integers(0, 2, cells)
    base = rng.gamma(2, level / 2, genes)
    fold = np.where(np.arange(genes)[None, :] % 2 == kind[:, None], 3.0, 0.5)
    mean = base * fold * rng.lognormal(0, 0.3, cells)[:, None]
    return mean.astype(np.float32), rng.poisson(mean).astype(np.float32), kind
