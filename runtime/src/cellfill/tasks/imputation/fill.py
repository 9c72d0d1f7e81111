"""Put imputed values among observed counts: which entries are replaced, and by which estimate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from cellfill.estimates import TRUST, expressed, posterior

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from cellfill.estimates import Estimate
    from cellfill.tasks.imputation.options import Policy

    Float32 = NDArray[np.float32]

_DIGITS_GONE = 13  # of the 24 binary digits of a float32


def estimate_counts(
    mean: Float32,
    observed: csr_matrix,
    *,
    estimate: Estimate,
    meaning: Literal["expected", "expressed"],
    inverse_dispersion: Float32,
    trusting: bool = False,
) -> Float32:
    """Turn what the graph says into the estimate that was asked for.

    Parameters
    ----------
    mean
        The graph's counts, calibrated, cells x genes.
    observed
        The observed counts of the same, CSR.
    estimate
        One that the model has.
    meaning
        What the graph's output means.
    inverse_dispersion
        phi of each gene; read for ``posterior`` only.
    trusting
        ``posterior`` that keeps correlations, of a mean that was tempered.

    Returns
    -------
    The estimate, cells x genes, in counts. ``expressed`` is never below 1, the least count of a transcript that was
    caught: a graph that gives it directly may say less.
    """
    if estimate == "posterior":
        where = entries(observed)
        if trusting:
            values, inverse_dispersion = mean.copy(), inverse_dispersion * np.float32(TRUST)
        else:
            values = posterior(mean, np.zeros(1, dtype=np.float32), inverse_dispersion)
        values.reshape(-1)[where] = posterior(
            mean.reshape(-1)[where], observed.data, inverse_dispersion[observed.indices]
        )
        return values
    if estimate == "expressed":
        return expressed(mean) if meaning == "expected" else np.maximum(mean, np.float32(1))
    return mean


def fill(values: Float32, observed: csr_matrix, *, policy: Policy, drop_below: float = 0.0) -> int:
    """Bring imputed values and observed counts together, in place.

    Parameters
    ----------
    values
        The imputed values, cells x imputed genes, C-contiguous; overwritten with the result.
    observed
        The observed counts of the same, CSR without duplicate entries.
    policy
        ``zeros``: only zeros are filled, every observed count stays as it is. ``max``: the larger of the
        two. ``all``: every entry is replaced.
    drop_below
        Values that would fill a zero and are smaller than this leave it zero.

    Returns
    -------
    The number of zeros that were filled.
    """
    where, flat = entries(observed), values.reshape(-1)
    imputed = flat[where]
    if drop_below > 0:
        values[values < np.float32(drop_below)] = 0
    filled = np.count_nonzero(flat != 0) - np.count_nonzero(flat[where])
    if policy == "zeros":
        flat[where] = observed.data
    elif policy == "max":
        flat[where] = np.maximum(imputed, observed.data)
    else:
        flat[where] = imputed
    return int(filled)


def round_values(values: Float32) -> None:
    """Round imputed values to 11 binary digits, in place: a half to even, by at most 1 / 2048 of a value.

    The digits that go are zeros then, and packed away (bit rounding: Kloewer 2021, "Compressing atmospheric data
    into its real information content"). A prediction is off by much more.

    Parameters
    ----------
    values
        At least 0, finite, C-contiguous; overwritten.
    """
    bits = values.view(np.uint32)
    last = (bits >> np.uint32(_DIGITS_GONE)) & np.uint32(1)
    bits += last + np.uint32((1 << (_DIGITS_GONE - 1)) - 1)
    bits &= np.uint32(0xFFFFFFFF ^ ((1 << _DIGITS_GONE) - 1))


def entries(matrix: csr_matrix) -> NDArray[np.int64]:
    """Return the places of the stored entries of a CSR matrix in its dense form, flattened."""
    starts = np.arange(matrix.shape[0], dtype=np.int64) * matrix.shape[1]
    places: NDArray[np.int64] = np.repeat(starts, np.diff(matrix.indptr)) + matrix.indices
    return places
