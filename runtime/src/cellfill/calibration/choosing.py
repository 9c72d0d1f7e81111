"""How far a calibration goes: each part must help on cells and genes that were kept aside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cellfill.calibration.corrections import PARTS, Part
from cellfill.calibration.fitting import depth_alone, fit_beyond, fit_levels, with_scores

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellfill.calibration.sample import Sample

    Float32 = NDArray[np.float32]
    Float64 = NDArray[np.float64]

# Whether a part helps is judged on half of so many cells, by its gain in standard errors. Level and contrast have
# priors and are left out where they do harm; the scores, which have the most freedom, must do good.
_CHECK_CELLS = 1024
_LEAST_CHECK_CELLS = 20
_STANDARD_ERRORS: dict[Part, float] = {"level": -2.0, "contrast": -2.0, "scores": 1.0}
_LEAST_MEAN = np.float32(1e-9)


def choose_part(sample: Sample) -> Part:
    """Return the furthest part that raises the likelihood of genes and cells that had no part in its fit.

    Fitted on every other cell, with scores made of every other gene; judged on the other cells and the other
    genes, so that no count is predicted from itself. The cells come in an order without meaning.
    """
    cells = min(sample.mean.shape[1], _CHECK_CELLS)
    if cells < _LEAST_CHECK_CELLS:
        return "contrast"
    scored, judged = np.arange(0, len(sample.mean), 2), slice(1, None, 2)
    some, held = sample.take(slice(0, cells, 2)), sample.take(slice(1, cells, 2))
    fitted = some.take(genes=judged)
    factors, by_cell = fit_levels(fitted), held.counts.T.tocsr()
    mean, truth = np.ascontiguousarray(held.mean[judged].T), by_cell[:, judged].toarray()
    chosen: Part = "none"
    before = _likelihood(mean, truth)
    for part in PARTS[1:]:
        if part == "level":
            told = mean * factors.astype(np.float32)
        else:
            basis = with_scores(some, scored) if part == "scores" else depth_alone(some.size_factors)
            told = fit_beyond(fitted, factors, basis).correct(mean, by_cell, held.size_factors)
        now = _likelihood(told, truth)
        gain = now - before
        if gain.mean() > _STANDARD_ERRORS[part] * gain.std() / len(gain) ** 0.5:
            chosen, before = part, now
    return chosen


def _likelihood(mean: Float32, counts: Float32) -> Float64:
    """Return the log likelihood of each cell, but for a constant."""
    logs = np.log(np.maximum(mean, _LEAST_MEAN))
    likelihood: Float64 = np.einsum("cg,cg->c", counts, logs).astype(np.float64) - mean.sum(
        axis=1, dtype=np.float64
    )
    return likelihood
