"""Groups of cells where a dataset has no labels: clusters of a sample, named by genes that stand out in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cellfill.genes.named import has_a_name
from cellfill.plots.style import legible
from cellfill.report.labels import UNKNOWN, Labels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Float32 = NDArray[np.float32]
    Float64 = NDArray[np.float64]

_MOST = 10  # clusters
LEAST_CELLS = 5  # of a cluster; fewer are outliers
# By how much a gene's mean log count must be above that of every other group for the group to stand out by it, and
# for the gene to be told.
STANDS_OUT, TELLS = 0.35, 0.15
_OFF = 0.2  # a mean log count that is as good as none
_NAMED_BY = 2


def find_clusters(components: Float64, logs: Float32, names: Sequence[str]) -> Labels:
    """Cluster cells: Ward's tree of their principal components, cut as finely as each cluster stands out by a gene.

    The tree asks for no number of clusters and draws nothing. It is cut into ten at most, and into no more than
    leave every cluster of five cells or more a gene whose mean log count is higher by 0.35 than in each other one:
    fine distinctions, such as those of T cells, stay together.

    Parameters
    ----------
    components
        Cells x components.
    logs, names
        Log-normalised cells x genes, and the genes.

    Returns
    -------
    One label a cell, such as ``1: CD79A MS4A1``, the largest cluster first.
    """
    from scipy.cluster.hierarchy import fcluster, linkage

    if len(components) < 2 * LEAST_CELLS:
        return Labels(column="", of_cell=("all cells",) * len(components))
    tree = linkage(components, method="ward")
    for number in range(min(_MOST, len(components) // LEAST_CELLS), 0, -1):
        of_cell = fcluster(tree, number, "maxclust")
        kinds, sizes = np.unique(of_cell, return_counts=True)
        kept = kinds[sizes >= LEAST_CELLS][np.argsort(-sizes[sizes >= LEAST_CELLS], kind="stable")]
        if len(kept) < 2:
            continue
        apart, distinct = standing_out(logs, [of_cell == kind for kind in kept])
        if (apart.max(axis=1) >= STANDS_OUT).all():
            return Labels(column="", of_cell=_named(of_cell, kept, distinct, names))
    return Labels(column="", of_cell=("all cells",) * len(components))


def standing_out(logs: Float32, groups: Sequence[NDArray[np.bool_]]) -> tuple[Float64, Float64]:
    """Return by how much each gene's mean in each group is above that in every other, and how much that tells.

    A gene that others hardly have tells more than one that all have, by the same difference.

    Returns
    -------
    Both groups x genes: the difference of mean log counts to the highest other group; and that as a share of the
    other's mean, 0 where the difference is small.
    """
    means = np.stack([logs[group].mean(axis=0, dtype=np.float64) for group in groups])
    second, first = np.sort(means, axis=0)[-2:]
    others = np.where(means == first, second, first)
    apart: Float64 = means - others
    return apart, np.where(apart >= TELLS, apart / (others + _OFF), 0.0)


def _named(
    of_cell: NDArray[np.int32], kept: NDArray[np.int32], distinct: Float64, names: Sequence[str]
) -> tuple[str, ...]:
    texts, nameless = {}, np.array([not has_a_name(name) for name in names])
    for place, kind in enumerate(kept.tolist()):
        # The least of a gene with a name comes before the most of one without.
        best = np.lexsort((-distinct[place], nameless & (distinct[place] > 0), distinct[place] <= 0))[:_NAMED_BY]
        told = " ".join(legible(names[gene], most=16) for gene in best.tolist() if distinct[place, gene] > 0)
        texts[kind] = f"{place + 1}: {told}"
    return tuple(texts.get(kind, UNKNOWN) for kind in of_cell.tolist())
