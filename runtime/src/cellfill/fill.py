"""Put imputed values into a matrix of counts: which entries are replaced, and by which estimate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from cellfill.estimates import expressed, posterior

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from cellfill.estimates import Estimate

Policy = Literal["zeros", "max", "all"]
POLICIES: tuple[Policy, ...] = get_args(Policy)


def estimate_counts(
    mean: NDArray[np.float32],
    counts: NDArray[np.float32],
    *,
    estimate: Estimate,
    meaning: Literal["expected", "expressed"],
    inverse_dispersion: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Turn what the graph says into the estimate that was asked for.

    Parameters
    ----------
    mean
        The graph's counts, calibrated, cells x genes.
    counts
        The observed counts, cells x genes.
    estimate
        One that the model has.
    meaning
        What the graph's output means.
    inverse_dispersion
        phi of each gene; read for ``posterior`` only.
    """
    if estimate == "posterior":
        return posterior(mean, counts, inverse_dispersion)
    if estimate == "expressed" and meaning == "expected":
        return expressed(mean)
    return mean


def fill_block(
    counts: csr_matrix,
    columns: NDArray[np.intp],
    observed: NDArray[np.float32],
    values: NDArray[np.float32],
    *,
    policy: Policy,
) -> tuple[NDArray[np.float32], int]:
    """Replace entries of a block of counts by imputed values.

    Parameters
    ----------
    counts
        Cells x the dataset's genes, CSR.
    columns
        The columns that are imputed.
    observed, values
        The counts there and the imputed values for them, cells x imputed columns.
    policy
        ``zeros``: only zeros are filled, every observed count stays as it is. ``max``: the larger of the
        two. ``all``: every entry of an imputed gene is replaced.

    Returns
    -------
    The filled block, dense, and the number of zeros that were filled.
    """
    zero = observed == 0
    if policy == "zeros":
        new = np.where(zero, values, observed)
    elif policy == "max":
        new = np.maximum(values, observed)
    else:
        new = values
    block: NDArray[np.float32] = counts.toarray()
    block[:, columns] = new
    return block, int(np.count_nonzero(new[zero]))
