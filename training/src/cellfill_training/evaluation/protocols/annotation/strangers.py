"""Cells of types that a model does not know: how many it leaves unassigned, and what certainty alone would do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

CERTAINTY = "largest probability"


def figures_of_strangers(
    known: NDArray[np.bool_],
    foreign: NDArray[np.bool_],
    known_certainty: NDArray[np.floating],
    foreign_certainty: NDArray[np.floating],
) -> tuple[dict[str, float], dict[str, float]]:
    """Return the figures of a model's check, and those of a threshold on the largest probability.

    The threshold keeps as many known cells as the model does: what its check is worth beyond the classifier's own
    certainty.

    Parameters
    ----------
    known, foreign
        (cells,) whether each is unassigned.
    known_certainty, foreign_certainty
        (cells,) largest probability of each.
    """
    threshold = np.quantile(known_certainty, known.mean(), method="lower") if len(known) else 0.0
    by_certainty = {
        "unassigned": float((foreign_certainty < threshold).mean()),
        "known_kept": float((known_certainty >= threshold).mean()),
    }
    return {"unassigned": float(foreign.mean()), "known_kept": float(1 - known.mean())}, by_certainty
