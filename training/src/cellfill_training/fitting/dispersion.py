"""Inverse dispersion of each gene around a model's mean, for the Gamma-Poisson posterior."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from cellfill_training.studies.cohort import Cohort

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Moments of few counts run off to both sides; at these the prior weighs a twentieth of a count, or a hundred.
_LEAST, _MOST = 0.05, 100.0


def inverse_dispersion_of(
    means: Iterable[tuple[slice, NDArray[np.float32]]],
    cohort: Cohort,
    targets: int,
    *,
    rare: NDArray[np.bool_] | None = None,
) -> NDArray[np.float64]:
    """Estimate phi of each target gene by moments, E[(x - mu)^2] = mu + mu^2 / phi.

    A gene's two sums are drawn towards the ratio of all genes with the weight of the median gene that is not rare,
    since the moments of a rarely detected gene are mostly noise.

    Parameters
    ----------
    means
        Cells of a block, and the model's means of them, cells x targets.
    cohort
        The cells; the targets are its first genes.
    targets
        Number of them.
    rare
        (targets,) which are rare; None for none.

    Returns
    -------
    phi of each target, between 0.05 and 100.
    """
    excess, square = np.zeros(targets), np.zeros(targets)
    for rows, mean in means:
        counts = cohort.counts[rows][:, :targets].toarray()
        known = cohort.measured[cohort.study[rows]][:, :targets]
        excess += (((counts - mean) ** 2 - mean) * known).sum(axis=0, dtype=np.float64)
        square += (mean**2 * known).sum(axis=0, dtype=np.float64)
    weight = np.median(square if rare is None else square[~rare])
    overall = max(excess.sum() / max(square.sum(), 1e-300), 1 / _MOST)
    inverse = (excess + weight * overall) / np.maximum(square + weight, 1e-300)
    result: NDArray[np.float64] = np.clip(1 / np.maximum(inverse, 1 / _MOST), _LEAST, _MOST)
    return result
