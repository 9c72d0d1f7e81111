"""Do cells of a study that trained nothing lie by type, beside principal components."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cellfill_training.architectures.classifier.genes import log_levels
from cellfill_training.evaluation.protocols.embedding.places import PCA, score_places
from cellfill_training.judging.annotation.principal import principal_components
from common import table

from .seen import FULL, SHALLOW, merging, only, say, see, study_names, teachers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellfill_training.architectures.classifier.cells import Cells

    from .networks import Trained
    from .seen import Seen
    from .studies import Studies

OURS, TRAINED_PCA = "cellfill, the classifier's last layer", "PCA of the training cells, applied"
FEW = "200 cells"
FIGURES = ("knn", "ari", "matched_ari", "silhouette")
_GENES, _COMPONENTS = 2000, 30


def judge(found: Studies, cells: Cells, networks: dict[str, Trained], tell) -> str:
    """Return how well types lie apart, in each embedding."""
    leaves = np.array(found.table.tree.leaves)
    figures: dict[tuple[str, str], list[list[float]]] = {}
    for name in study_names(found):
        taught = only(cells, teachers(name))
        for what in (FULL, SHALLOW, FEW):
            tell(f"{name}, {what}")
            seen = see(cells, name, SHALLOW if what == SHALLOW else FULL)
            rows = np.flatnonzero(seen.leaf >= 0)
            if what == FEW:
                rows = np.sort(np.random.default_rng(0).choice(rows, 200, replace=False))
            labels = leaves[merging(name, tuple(leaves))[seen.leaf[rows]]]
            measured = np.flatnonzero(seen.measured)
            for method, places in (
                (OURS, say(networks[name], cells, seen).places[rows]),
                (PCA, principal_components(seen.counts[rows][:, measured])),
                (TRAINED_PCA, _applied(taught, seen, rows)),
            ):
                scores = score_places(places, labels)
                figures.setdefault((what, method), []).append([scores[f] for f in FIGURES])
    head = ["kNN / ARI / ARI at as many clusters / silhouette", "mean of six", *study_names(found)]
    rows = [
        [f"{method}, {what}", _shown(np.mean(v, axis=0), bold=True), *map(_shown, v)]
        for (what, method), v in figures.items()
    ]
    about = (
        "Each study in the embedding of the network that never saw it. kNN: share of the cells that most of "
        "their 15 nearest neighbours have the type of. ARI: Leiden at resolution 1, and at that which gives as "
        "many clusters as types."
    )
    return f"{about}\n\n{table(head, rows)}"


def _applied(taught: Cells, seen: Seen, rows: NDArray[np.intp]) -> NDArray[np.float32]:
    """Return the study's cells on principal components of the training cells, in the genes that all have."""
    from sklearn import decomposition

    known = np.flatnonzero(taught.measured.all(axis=0) & seen.measured)
    there, here = (
        log_levels(c[:, known], np.maximum(c[:, known].sum(axis=1).A1, 1) / 1e4)
        for c in (taught.counts, seen.counts[rows])
    )
    variance = there.multiply(there).mean(axis=0).A1 - there.mean(axis=0).A1 ** 2
    chosen = np.argsort(-variance, kind="stable")[:_GENES]
    taught_levels = there[:, chosen].toarray()
    middle = taught_levels.mean(axis=0)
    fitted = decomposition.PCA(_COMPONENTS, svd_solver="randomized", random_state=0).fit(taught_levels - middle)
    return fitted.transform(here[:, chosen].toarray() - middle).astype(np.float32)


def _shown(figures, *, bold: bool = False) -> str:
    text = " / ".join(f"{figure:.3f}" for figure in figures)
    return f"**{text}**" if bold else text
