"""Which cells carry a protein: an antibody's counts, where they fall into two groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cellfill_training.evaluation.extras import require

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Two normal distributions lie apart above this distance of their means (Ashman 1994, "Detecting bimodality in
# astronomical datasets"), and must explain the cells better than one: 10 in BIC is "very strong" (Kass & Raftery
# 1995, "Bayes factors").
APART = 2.0
BETTER = 10.0
LEAST_CELLS = 15
# Ratios of few antibodies fall where another rises, and those of a count or two have gaps: the counts themselves
# must tell the two apart, in the medians.
LEAST_COUNT = 5.0
LEAST_FOLD = 3.0


def centred_log_ratios(counts: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return log1p counts of antibodies less the cell's mean of them, cells x antibodies (Stoeckius 2017)."""
    logs = np.log1p(np.asarray(counts, dtype=np.float64))
    return np.asarray(logs - logs.mean(axis=1, keepdims=True))


def carriers(counts: NDArray[np.floating], levels: NDArray[np.float64]) -> NDArray[np.bool_] | None:
    """Return which cells carry a protein, or None where its levels do not split them in two.

    A mixture of two normal distributions is fitted. Cells carry the protein where the upper one is the likelier;
    whatever lies above its mean does, and what lies below the mean of the lower one does not.

    Parameters
    ----------
    counts, levels
        Of one antibody, one a cell: raw, and centred log ratios.

    Returns
    -------
    One boolean a cell; None where the two lie less than `APART` apart, are not better than one, one of them has
    fewer than `LEAST_CELLS` cells, or the counts do not tell them apart.

    Raises
    ------
    MissingDependencyError
        When scikit-learn is not installed.
    """
    mixture = require("sklearn.mixture", purpose="Finding the cells that carry a protein").GaussianMixture
    column = np.asarray(levels, dtype=np.float64)[:, None]
    if len(column) < 2 * LEAST_CELLS or np.ptp(column) == 0:
        return None
    one = mixture(1, random_state=0).fit(column)
    two = mixture(2, n_init=5, random_state=0).fit(column)
    low, high = np.argsort(two.means_[:, 0])
    means, variances = two.means_[:, 0], two.covariances_[:, 0, 0]
    apart = np.sqrt(2) * (means[high] - means[low]) / np.sqrt(variances[low] + variances[high])
    if apart <= APART or one.bic(column) - two.bic(column) <= BETTER:
        return None
    likelier = two.predict_proba(column)[:, high] > 0.5
    carry: NDArray[np.bool_] = (likelier & (column[:, 0] > means[low])) | (column[:, 0] > means[high])
    if min(carry.sum(), (~carry).sum()) < LEAST_CELLS:
        return None
    least = max(LEAST_COUNT, LEAST_FOLD * float(np.median(counts[~carry])))
    return carry if np.median(counts[carry]) >= least else None
