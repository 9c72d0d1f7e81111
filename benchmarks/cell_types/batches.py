"""Do batches mix, and are labels of one worth more for another, when their shifts are taken out by type."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from cellfill.tasks.embedding.batches import without_batches
from cellfill_training.evaluation.protocols.embedding.mixing import score_mixing
from cellfill_training.judging.annotation.neighbours import knn_accuracy, transfer_accuracy
from cellfill_training.judging.annotation.principal import principal_components
from common import table

from .peers import harmony
from .seen import FULL, merging, say, see
from .studies import NEVER

if TYPE_CHECKING:
    from cellfill_training.architectures.classifier.cells import Cells

    from .networks import Trained
    from .studies import Studies


def judge(found: Studies, cells: Cells, networks: dict[str, Trained], python: str, tell) -> str:
    """Return how well batches mix and labels carry over, by each way, on studies that trained nothing."""
    leaves = np.array(found.table.tree.leaves)
    kang, zheng = (see(cells, name, FULL) for name in NEVER)
    rows = []
    for title, parts, batches in (
        ("kang_pbmc: stimulated, control", [kang], found.batches["kang_pbmc"]),
        ("kang_pbmc, zheng_pbmc14k_3500: two labs", [kang, zheng], None),
    ):
        tell(title)
        own = [np.flatnonzero(part.leaf >= 0) for part in parts]
        labels = np.concatenate(
            [leaves[merging(p.name, tuple(leaves))[p.leaf[r]]] for p, r in zip(parts, own, strict=True)]
        )
        which = (
            np.concatenate([[p.name] * len(r) for p, r in zip(parts, own, strict=True)])
            if batches is None
            else batches[own[0]]
        )
        said = [say(networks[p.name], cells, p) for p in parts]
        places = np.concatenate([s.places[r] for s, r in zip(said, own, strict=True)])
        probabilities = np.concatenate([s.probabilities[r] for s, r in zip(said, own, strict=True)])
        shared = np.flatnonzero(np.all([p.measured for p in parts], axis=0))
        counts = sparse.vstack([p.counts[r][:, shared] for p, r in zip(parts, own, strict=True)], format="csr")
        components = principal_components(counts)
        numbers = np.unique(which, return_inverse=True)[1]
        ways = {
            "PCA of these cells, nothing done": components,
            "PCA of these cells, Harmony": harmony(python, components, which),
            "cellfill, nothing done": places,
            "cellfill, Harmony": harmony(python, places, which),
            "cellfill, batches taken out by type": without_batches(
                places, probabilities.astype(np.float32), numbers
            ),
        }
        for method, way in ways.items():
            mixing = score_mixing(way, labels, which)
            rows.append(
                [
                    title,
                    method,
                    f"**{mixing['ilisi']:.3f}**",
                    f"{mixing['clisi']:.3f}",
                    f"**{transfer_accuracy(way, labels, which):.3f}**",
                    f"{knn_accuracy(way, labels):.3f}",
                ]
            )
    about = (
        "Studies that trained nothing, by the network of all four that train. iLISI of batches and cLISI of "
        "types, 0 to 1, 1 is best (Korsunsky 2019; perplexity 30); how often the labels of the other batch name "
        "a cell by its 15 nearest cells there; and kNN among all cells."
    )
    return f"{about}\n\n{table(['cells', '', 'iLISI', 'cLISI', 'label transfer', 'kNN'], rows)}"
