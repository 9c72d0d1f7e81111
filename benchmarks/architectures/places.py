"""What the scripts of networks that embed share: cells with types, a network trained on them, scores of places."""

from __future__ import annotations

import csv
import tempfile
import time
from pathlib import Path

import anndata
import numpy as np
from scipy import sparse
from scipy.stats import spearmanr
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score
from sklearn.neighbors import KNeighborsClassifier

import cellfill
from cellfill_training import read_study
from cellfill_training.architectures.catalogue import architecture_of
from cellfill_training.workflow.networks.training import fit_network


def cells_of(data: Path, name: str):
    """Return a study as AnnData with ``type``: those of ``labels``, or else its own; an empty one is unknown."""
    adata = anndata.read_h5ad(data / "h5ad" / f"{name}.h5ad")
    table = data / "labels" / f"{name}.tsv"
    if table.is_file():
        with table.open(encoding="utf-8", newline="") as rows:
            known = {row["cell"]: row["cell_type"] for row in csv.DictReader(rows, delimiter="\t")}
        adata.obs["type"] = [known.get(cell, "") for cell in adata.obs_names]
    else:
        adata.obs["type"] = adata.obs["cell_type"].astype(str).to_numpy()
    return adata


def train(data: Path, names: list[str], architecture: str, **choices):
    """Train a network on studies with its published options, some of them changed.

    Returns
    -------
    The model, and the seconds of CPU of its training.
    """
    began = time.process_time()
    folder = Path(tempfile.mkdtemp())
    fit_network(
        [read_study(data / "h5ad" / f"{name}.h5ad") for name in names],
        out=folder / architecture,
        architecture=architecture,
        options=architecture_of(architecture).options(**choices),
    )
    return cellfill.load(folder / architecture), time.process_time() - began


def places_of(model, adata):
    """Return the places of cells, cells x dimensions."""
    return np.asarray(model.embed(adata, copy=True, key_added="places").obsm["places"])


def log_levels(adata, genes: list[str] | None = None, *, library: float = 1e4):
    """Return log1p of counts to 10,000 a cell, cells x genes, of some genes."""
    taken = adata if genes is None else adata[:, genes]
    counts = sparse.csr_matrix(taken.X).toarray()
    return np.log1p(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1) * library)


def variable(adata, number: int = 2000) -> list[str]:
    """Return the genes whose logarithms vary most."""
    order = np.argsort(-log_levels(adata).var(axis=0), kind="stable")[:number]
    return list(adata.var_names[np.sort(order)])


def principal(levels, number: int, *, seed: int = 0):
    """Return a fitted PCA."""
    return PCA(number, svd_solver="randomized", random_state=seed).fit(levels)


def transferred(places, types, new_places, new_types, *, neighbours: int = 15) -> float:
    """Return the share of new cells that have the commonest type of the nearest training cells."""
    known, judged = types != "", new_types != ""
    voting = KNeighborsClassifier(neighbours).fit(places[known], types[known])
    return float((voting.predict(new_places[judged]) == new_types[judged]).mean())


def order_kept(places, reference, types) -> float:
    """Return the rank correlation of the distances between types' middles in two spaces."""

    def apart(space):
        middles = np.array([space[types == kind].mean(axis=0) for kind in np.unique(types[types != ""])])
        distances = np.linalg.norm(middles[:, None] - middles[None, :], axis=2)
        return distances[np.triu_indices(len(middles), 1)]

    return float(spearmanr(apart(places), apart(reference)).statistic)


def clustered(places, types, *, seed: int = 0) -> tuple[float, float]:
    """Return NMI and ARI of k-means with as many clusters as types."""
    known = types != ""
    found = KMeans(len(set(types[known])), n_init=20, random_state=seed).fit_predict(places[known])
    return (
        float(normalized_mutual_info_score(types[known], found)),
        float(adjusted_rand_score(types[known], found)),
    )
