"""Do marker genes stay markers, and do cell types stay apart? Judged by sorted cells.

Usage: python benchmarks/estimates/markers.py --data FOLDER [--model model_cards/human-pbmc]

FOLDER/h5ad/zheng_pbmc14k_3500.h5ad: 500 cells of each of seven bead-sorted types (10x Genomics, Zheng et al.
2017), which the model must not have been trained on. Zeros are filled (policy `zeros`), for each estimate.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import anndata
import numpy as np
from scipy import sparse
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score, roc_auc_score

import cellfill
from common import keep, table

# A marker and the sorted types that express it; every other type is a wrong one.
T_CELLS = (
    "CD4+/CD25 T Reg",
    "CD4+/CD45RA+/CD25- Naive T",
    "CD4+/CD45RO+ Memory",
    "CD8+/CD45RA+ Naive Cytotoxic",
)
MARKERS = {
    "LYZ": ("CD14+ Monocyte",),
    "CD14": ("CD14+ Monocyte",),
    "CD79A": ("CD19+ B",),
    "MS4A1": ("CD19+ B",),
    "NKG7": ("CD56+ NK",),
    "GNLY": ("CD56+ NK",),
    "CD3D": T_CELLS,
}
# Markers that fewer than 3 % of the model's training cells have, and the sorted type that they mark.
RARE = {
    "NCAM1": "CD56+ NK",
    "NCR1": "CD56+ NK",
    "FOXP3": "CD4+/CD25 T Reg",
    "IL2RA": "CD4+/CD25 T Reg",
    "CTLA4": "CD4+/CD25 T Reg",
}


def clusters(counts: np.ndarray, detected: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    """ARI and AMI of k-means (k = number of types) on 20 PCs of log-normalised counts, mean of three seeds."""
    kept = counts[:, detected]
    library = kept.sum(axis=1, keepdims=True)
    logs = np.log1p(kept / library * np.median(library))
    scores = []
    for seed in range(3):
        reduced = PCA(20, random_state=seed).fit_transform(logs)
        found = KMeans(len(set(labels)), n_init=10, random_state=seed).fit_predict(reduced)
        scores.append((adjusted_rand_score(labels, found), adjusted_mutual_info_score(labels, found)))
    ari, ami = np.mean(scores, axis=0)
    return float(ari), float(ami)


def main() -> None:
    """Measure and keep the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", type=Path, default=Path("model_cards/human-pbmc"))
    arguments = parser.parse_args()
    model = cellfill.load(arguments.model)
    adata = anndata.read_h5ad(arguments.data / "h5ad" / "zheng_pbmc14k_3500.h5ad")
    labels = adata.obs["cell_type"].astype(str).to_numpy()
    raw = sparse.csr_matrix(adata.X).toarray()
    detected = (raw > 0).mean(axis=0) > 0.03
    filled = {}
    for estimate in model.manifest.estimates:
        result = model.impute(adata, estimate=estimate, copy=True)
        filled[estimate] = sparse.csr_matrix(result.layers["imputed"]).toarray()
    rows = [["raw counts", *(f"{s:.3f}" for s in clusters(raw, detected, labels))]]
    rows += [[name, *(f"{s:.3f}" for s in clusters(x, detected, labels))] for name, x in filled.items()]
    marker_rows = []
    for gene, types in MARKERS.items():
        column = adata.var_names.get_loc(gene)
        right, zero = np.isin(labels, types), raw[:, column] == 0
        inside, outside = right & zero, ~right & zero
        high, low = raw[right, column].mean(), raw[~right, column].mean()
        cells = [gene, f"{high:.3f} / {low:.4f} = {high / low:.1f}"]
        for x in filled.values():
            high, low = x[inside, column].mean(), x[outside, column].mean()
            cells.append(f"{high:.3f} / {low:.4f} = {high / low:.1f}")
        marker_rows.append(cells)
    library = raw.sum(axis=1)
    rare_rows = []
    for gene, of in RARE.items():
        column, right = adata.var_names.get_loc(gene), labels == of
        areas = [roc_auc_score(right, x[:, column] / library) for x in (raw, *filled.values())]
        rare_rows.append([gene, of, f"{np.count_nonzero(raw[right, column])}", *(f"{area:.3f}" for area in areas)])
    body = (
        f"Clustering against the sorted types ({adata.n_obs} cells, genes in more than 3 % of cells):\n\n"
        + table(["zeros filled with", "ARI", "AMI"], rows)
        + "\n\nMean count in the right types / in all other types: as observed (all cells), and as filled into the "
        "zeros of each:\n\n"
        + table(["gene", "observed", *filled], marker_rows)
        + "\n\nRare markers: area under the ROC curve of counts by library size for the type that they mark, as "
        "observed and with zeros filled:\n\n"
        + table(["gene", "type", "cells of it that have a count", "observed", *filled], rare_rows)
    )
    keep(Path(__file__).with_name("markers.md"), "python benchmarks/estimates/markers.py --data FOLDER", body)


if __name__ == "__main__":
    main()
