"""Clustering: how well Leiden finds known types in filled counts (Arisdakessian 2019, Fig. 4b, 5b)."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from cellfill_training.evaluation.extras import require
from cellfill_training.evaluation.methods import Method, as_values
from cellfill_training.evaluation.protocols.filling import fillings
from cellfill_training.studies.study import Study

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellfill_training.evaluation.methods import Values

_RESOLUTION = 1.0  # scanpy's default
_RANGE = (0.02, 8.0)  # in which the resolution that gives the true number of clusters is looked for
_STEPS = 12
_COMPONENTS, _NEIGHBOURS = 50, 15  # scanpy's defaults
_MOST_CELLS = 3000  # of the silhouette, whose cost grows with their square


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterScores:
    """Agreement of Leiden clusters with labels; 1 is perfect, 0 chance (Fowlkes-Mallows: not adjusted for it).

    Attributes
    ----------
    clusters, ari, ami, fowlkes_mallows
        At the resolution 1, scanpy's default: their number, adjusted Rand index, adjusted mutual information.
    matched_clusters, matched_ari, matched_ami, matched_fowlkes_mallows
        At the resolution, found by bisection between 0.02 and 8, whose number of clusters comes closest to that
        of the labels.
    silhouette
        Of the labels, not the clusters, in the space of the principal components, -1 to 1: how far apart the
        known types lie.
    """

    clusters: int
    ari: float
    ami: float
    fowlkes_mallows: float
    matched_clusters: int
    matched_ari: float
    matched_ami: float
    matched_fowlkes_mallows: float
    silhouette: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledCells:
    """A study whose cells' types are known.

    Attributes
    ----------
    study, labels
        The cells, and the type of each.
    genes
        The genes to cluster on.
    seed
        Of PCA, neighbours and Leiden.
    top_genes
        Keep so many highly variable genes, by scanpy's Seurat flavour, chosen anew in every filled matrix; None
        for all.
    """

    protocol: ClassVar[str] = "clusters"
    common: ClassVar[bool] = False

    study: Study
    labels: NDArray[np.str_]
    genes: NDArray[np.intp]
    seed: int = 0
    top_genes: int | None = None

    @property
    def seen(self) -> Study:
        """The study."""
        return self.study

    def score(self, values: Values, genes: NDArray[np.intp] | None = None) -> dict[str, ClusterScores]:
        """Score each estimate under the policies ``zeros`` and ``all``."""
        chosen = self.genes if genes is None else np.intersect1d(self.genes, genes)
        return {
            name: cluster_scores(filled, self.labels, seed=self.seed, top_genes=self.top_genes)
            for name, filled in fillings(values, self.study.counts, chosen)
        }


def score(
    given: Method | Values,
    study: Study,
    labels: NDArray[np.str_],
    genes: NDArray[np.intp] | None = None,
    *,
    seed: int = 0,
    top_genes: int | None = None,
) -> dict[str, ClusterScores]:
    """Fill a study, cluster it with scanpy, and compare with labels.

    Counts by library size to the median, log1p, [highly variable genes], 50 principal components, 15 neighbours,
    Leiden (igraph). No scaling of genes to unit variance. Where there are fewer cells or genes, fewer components.

    Parameters
    ----------
    given
        A method, or what one predicted for ``study``.
    study, labels
        The cells, and the type of each.
    genes
        Columns to cluster on [default: all]. One that the method does not fill keeps its counts.
    seed
        Of PCA, neighbours and Leiden.
    top_genes
        Keep so many highly variable genes; None for all.

    Returns
    -------
    Scores for each estimate, filled by policy ``zeros`` (the estimate's name) and ``all`` (``expected, all``).

    Raises
    ------
    MissingDependencyError
        When scanpy, scikit-learn or igraph is not installed.
    """
    chosen = np.arange(study.counts.shape[1]) if genes is None else genes
    task = LabelledCells(study=study, labels=labels, genes=chosen, seed=seed, top_genes=top_genes)
    return task.score(as_values(given, study))


def cluster_scores(
    counts: NDArray[np.float32], labels: NDArray[np.str_], *, seed: int = 0, top_genes: int | None = None
) -> ClusterScores:
    """Cluster filled counts, cells x genes, and compare with labels, as `score` does."""
    return _judged(_neighbours(counts, seed=seed, top_genes=top_genes), labels, seed)


def place_scores(places: NDArray[np.floating], labels: NDArray[np.str_], *, seed: int = 0) -> ClusterScores:
    """Cluster cells by places that they have already, cells x dimensions, and compare with labels."""
    anndata = require("anndata", purpose="Clustering")
    adata = anndata.AnnData(obsm={"X_pca": np.asarray(places, dtype=np.float32)})
    return _judged(_with_neighbours(adata, seed), labels, seed)


def _judged(adata: Any, labels: NDArray[np.str_], seed: int) -> ClusterScores:
    """Cluster an AnnData that has its graph of neighbours."""
    metrics = require("sklearn.metrics", purpose="Judging clusters")
    fixed = _leiden(adata, _RESOLUTION, seed)
    matched = _matched(adata, fixed, len(np.unique(labels)), seed)
    sample = np.random.default_rng([seed, 11]).permutation(len(labels))[:_MOST_CELLS]
    few = not 2 <= len(np.unique(labels[sample])) < len(sample)
    space = adata.obsm["X_pca"][sample]
    return ClusterScores(
        clusters=len(np.unique(fixed)),
        ari=float(metrics.adjusted_rand_score(labels, fixed)),
        ami=float(metrics.adjusted_mutual_info_score(labels, fixed)),
        fowlkes_mallows=float(metrics.fowlkes_mallows_score(labels, fixed)),
        matched_clusters=len(np.unique(matched)),
        matched_ari=float(metrics.adjusted_rand_score(labels, matched)),
        matched_ami=float(metrics.adjusted_mutual_info_score(labels, matched)),
        matched_fowlkes_mallows=float(metrics.fowlkes_mallows_score(labels, matched)),
        silhouette=float("nan") if few else float(metrics.silhouette_score(space, labels[sample])),
    )


def _neighbours(counts: NDArray[np.float32], *, seed: int, top_genes: int | None) -> Any:
    """Return an AnnData with the graph of neighbours."""
    scanpy = require("scanpy", purpose="Clustering")
    anndata = require("anndata", purpose="Clustering")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        adata = anndata.AnnData(counts.copy())
        scanpy.pp.normalize_total(adata)
        scanpy.pp.log1p(adata)
        if top_genes is not None and top_genes < adata.n_vars:
            scanpy.pp.highly_variable_genes(adata, n_top_genes=top_genes, subset=True)
        scanpy.pp.pca(adata, n_comps=min(_COMPONENTS, *(n - 1 for n in adata.shape)), random_state=seed)
    return _with_neighbours(adata, seed)


def _with_neighbours(adata: Any, seed: int) -> Any:
    scanpy = require("scanpy", purpose="Clustering")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        neighbours = min(_NEIGHBOURS, adata.n_obs - 1)
        scanpy.pp.neighbors(adata, n_neighbors=neighbours, use_rep="X_pca", random_state=seed)
    return adata


def _leiden(adata: Any, resolution: float, seed: int) -> NDArray[np.intp]:
    scanpy = require("scanpy", purpose="Clustering")
    require("igraph", purpose="Clustering")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scanpy.tl.leiden(
            adata, resolution=resolution, flavor="igraph", n_iterations=2, directed=False, random_state=seed
        )
    return np.asarray(adata.obs["leiden"].cat.codes, dtype=np.intp)


def _matched(adata: Any, fixed: NDArray[np.intp], wanted: int, seed: int) -> NDArray[np.intp]:
    """Return the clusters whose number comes closest to the one wanted."""
    best, low, high, resolution = fixed, *_RANGE, _RESOLUTION
    found = fixed
    for _ in range(_STEPS):
        number = len(np.unique(found))
        if abs(number - wanted) < abs(len(np.unique(best)) - wanted):
            best = found
        if number == wanted:
            break
        low, high = (resolution, high) if number < wanted else (low, resolution)
        resolution = float(np.sqrt(low * high))
        found = _leiden(adata, resolution, seed)
    return best
