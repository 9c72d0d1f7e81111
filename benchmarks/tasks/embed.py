"""Embed: do cells of a type lie together, and do neighbours tell molecules that were held back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from cellfill.fitness.hiding import split_molecules
from cellfill_training.architectures.classifier.genes import log_levels
from cellfill_training.evaluation.protocols.embedding.places import score_places
from cellfill_training.judging.annotation.principal import principal_components
from cellfill_training.judging.places import deviance_explained

from .methods import PRE_TRAINED
from .networks import model_of, outputs
from .sources import BLOOD, read_cells

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .sources import Cells
    from .worker import Run

SHARE, COMPONENTS = 0.9, 30


def run(run: Run, cells: Cells) -> dict[str, dict[str, float]]:
    """Return how well types are told by 15 neighbours and by clusters, and molecules that were held back."""
    seen, hidden = split_molecules(cells.counts, seed=run.seed, share=SHARE)
    kept = np.flatnonzero(np.diff(seen.indptr) > 0)
    cells, hidden = replace(cells.take(kept), counts=seen[kept].tocsr()), hidden[kept]
    with run.watch():
        places = _places(run, cells)
    here = np.isfinite(places).all(axis=1)
    known = here & (cells.types != "")
    scores = score_places(places[known], cells.types[known])
    told = deviance_explained(places[here], cells.counts[here], hidden[here])
    return {
        "": {name: scores[name] for name in ("knn", "matched_ari", "silhouette")}
        | {"explained": told, "dimensions": float(places.shape[1])}
    }


def _places(run: Run, cells: Cells) -> NDArray[np.floating]:
    if run.method.network:
        made = model_of(run, cells)
        return outputs(made, cells.study())["embedding"]
    if run.name == "random":
        return np.random.default_rng(run.seed).normal(size=(cells.counts.shape[0], COMPONENTS))
    number = 2 if run.name == "pca-2" else COMPONENTS
    if run.way == PRE_TRAINED:
        return _applied(read_cells(run.scratch / "cells", BLOOD), cells, number)
    return principal_components(cells.counts, seed=run.seed)[:, :number]


def _applied(taught: Cells, cells: Cells, number: int) -> NDArray[np.float32]:
    """Return cells on the principal components of others."""
    from sklearn.decomposition import PCA

    there, here = (
        log_levels(c.counts, np.maximum(c.counts.sum(axis=1).A1, 1) / 1e4).toarray() for c in (taught, cells)
    )
    fitted = PCA(number, svd_solver="randomized", random_state=0).fit(there)
    return fitted.transform(here).astype(np.float32)
