"""Correct: do batches mix while types stay apart, and are labels of one batch worth more for another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cellfill.tasks.embedding.batches import without_batches
from cellfill_training.evaluation.protocols.embedding.mixing import score_mixing
from cellfill_training.judging.annotation.neighbours import knn_accuracy, transfer_accuracy
from cellfill_training.judging.annotation.principal import principal_components

from .networks import model_of, outputs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .sources import Cells
    from .worker import Run


def run(run: Run, cells: Cells) -> dict[str, dict[str, float]]:
    """Return how batches mix, types stay apart and labels carry over; 1 is best of each."""
    with run.watch():
        places = _places(run, cells)
    known = (cells.types != "") & np.isfinite(places).all(axis=1)
    places, types, batches = places[known], cells.types[known], cells.batches[known]
    mixing = score_mixing(places, types, batches)
    figures = {name: mixing[name] for name in ("ilisi", "clisi")}
    figures |= {"transfer": transfer_accuracy(places, types, batches), "knn": knn_accuracy(places, types)}
    return {"": figures}


def _places(run: Run, cells: Cells) -> NDArray[np.floating]:
    if run.method.network:
        made = model_of(run, cells)
        found = outputs(made, cells.study())
        if run.name != "soft-types":
            return found["embedding"]
        numbers = np.unique(cells.batches, return_inverse=True)[1]
        return without_batches(found["embedding"], found["class_probabilities"], numbers)
    components = principal_components(cells.counts, seed=run.seed)
    if run.name == "pca":
        return components
    from accuracy.environments import python_of
    from cell_types.peers import harmony

    return harmony(str(python_of("harmony", run.scratch / "environments")), components, cells.batches)
