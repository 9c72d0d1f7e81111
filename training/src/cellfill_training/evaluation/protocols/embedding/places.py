"""How well known types lie apart in an embedding."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np

from cellfill.errors import DataError
from cellfill_training.evaluation.protocols.clusters import place_scores
from cellfill_training.judging.annotation.neighbours import NEIGHBOURS, knn_accuracy

if TYPE_CHECKING:
    from numpy.typing import NDArray

PCA = "PCA of these cells"
LEAST_CELLS = NEIGHBOURS + 1  # so that each has the neighbours that it is judged by


def score_places(places: NDArray[np.floating], labels: NDArray[np.str_], *, seed: int = 0) -> dict[str, float]:
    """Return how well the types of cells can be told by where they lie.

    Parameters
    ----------
    places
        Cells x dimensions.
    labels
        (cells,) the type of each.
    seed
        Of neighbours and Leiden.

    Returns
    -------
    ``knn``, the share of the cells that most of their 15 nearest neighbours have the type of; ``ari``,
    ``matched_ari`` and ``silhouette``, see `clusters.ClusterScores`.

    Raises
    ------
    DataError
        When there are fewer cells than `LEAST_CELLS`.
    """
    if len(places) < LEAST_CELLS:
        raise DataError(f"No figures: {too_few(len(places))}.")
    found = asdict(place_scores(places, labels, seed=seed))
    return {"knn": knn_accuracy(places, labels)} | {
        name: float(found[name]) for name in ("ari", "matched_ari", "silhouette")
    }


def too_few(cells: int) -> str:
    """Return why so few cells do not judge an embedding."""
    return (
        f"{cells} cell{' is' if cells == 1 else 's are'} judged, and where each lies is judged by its {NEIGHBOURS} "
        f"nearest others: give {LEAST_CELLS} cells or more"
    )
