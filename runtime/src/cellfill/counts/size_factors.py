"""Size factors: how deeply a cell was sequenced, relative to the model's training cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix


def size_factors(
    counts: csr_matrix,
    means: NDArray[np.float64],
    measured: NDArray[np.bool_],
    *,
    gene_of_column: NDArray[np.intp] | None = None,
) -> NDArray[np.float32]:
    """Counts over the shared genes, divided by what a training cell of size factor 1 has there.

    Genes that the dataset did not measure are left out of both sums, so that they do not make cells look
    shallow: the maximum-likelihood depth of a cell under Poisson counts with the training means.

    Parameters
    ----------
    counts
        Cells x model genes, or cells x the columns of a dataset.
    means
        Mean count of each model gene in a training cell of size factor 1.
    measured
        Which model genes the dataset has.
    gene_of_column
        For every column of a dataset its model gene, -1 for none.

    Returns
    -------
    One factor a cell, float32; 0 for a cell without counts in the shared genes.
    """
    weight = measured.astype(np.float64)
    of_column = weight if gene_of_column is None else np.append(weight, 0.0)[gene_of_column]
    return np.asarray(counts @ of_column / (means @ weight), dtype=np.float32)
