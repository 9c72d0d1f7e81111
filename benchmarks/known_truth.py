"""Which estimate should be the default? Judged where the truth is known.

Usage: python benchmarks/known_truth.py --data FOLDER

FOLDER/h5ad holds saver_zeisel.h5ad (mouse cortex) and saver_baron.h5ad (pancreas): deeply sequenced cells whose
counts are the truth (X) and a version of them with simulated loss (layer `downsampled`), made by Huang et al. 2018
for SAVER. The preset `default` is trained on the lossy counts and fills them, for each estimate and policy.

correlation by gene, by cell: with the truth, both log1p of counts by library size, mean over genes (cells).
gene-gene correlation error: root mean square difference of the genes' correlation matrix from the truth's: does
imputation invent correlations (Andrews & Hemberg 2018)? true zeros: mean count filled into zeros that are zero in
the truth too, divided by the mean filled into zeros that are not.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import anndata
import numpy as np
from scipy import sparse

import cellfill
from cellfill_training import baselines, fit, options_for, read_study
from common import keep, table


def normalised(counts: np.ndarray) -> np.ndarray:
    """Return log1p of counts by library size, relative to the median library."""
    library = counts.sum(axis=1, keepdims=True)
    return np.log1p(counts / library * np.median(library))


def correlation(x: np.ndarray, y: np.ndarray, axis: int) -> float:
    """Return the mean Pearson correlation of x and y along an axis."""
    x, y = x - x.mean(axis=axis, keepdims=True), y - y.mean(axis=axis, keepdims=True)
    size = np.sqrt((x**2).sum(axis=axis) * (y**2).sum(axis=axis))
    return float(((x * y).sum(axis=axis) / np.maximum(size, 1e-12)).mean())


def judge(values: np.ndarray, lossy: np.ndarray, truth: np.ndarray) -> list[str]:
    """Return a row of figures."""
    ours, real = normalised(values), normalised(truth)
    varied = (ours.std(axis=0) > 0) & (real.std(axis=0) > 0)
    error = np.corrcoef(ours[:, varied], rowvar=False) - np.corrcoef(real[:, varied], rowvar=False)
    zero = lossy == 0
    there, absent = values[zero & (truth > 0)].mean(), values[zero & (truth == 0)].mean()
    return [
        f"{correlation(ours, real, 0):.3f}",
        f"{correlation(ours, real, 1):.3f}",
        f"{np.sqrt((error**2).mean()):.3f}",
        f"{absent:.3f} / {there:.3f} = {absent / there:.2f}" if there else "-",
    ]


def main() -> None:
    """Measure and keep the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    arguments = parser.parse_args()
    parts = []
    for name in ("saver_zeisel", "saver_baron"):
        path = arguments.data / "h5ad" / f"{name}.h5ad"
        adata = anndata.read_h5ad(path)
        truth = sparse.csr_matrix(adata.X).toarray()
        counts = sparse.csr_matrix(adata.layers["downsampled"])
        lossy = counts.toarray()
        with tempfile.TemporaryDirectory() as scratch:
            out = Path(scratch) / name
            options = options_for("default", min_detection=0.0, min_genes=1)
            fit([read_study(path, layer="downsampled")], out=out, options=options)
            model = cellfill.load(out)
        rows = [["no imputation", *judge(lossy, lossy, truth)]]
        rows.append(
            [baselines.MEAN, *judge(np.where(lossy == 0, baselines.gene_mean(counts), lossy), lossy, truth)]
        )
        for policy in ("zeros", "all"):
            for estimate in model.manifest.estimates:
                result = model.impute(adata, layer="downsampled", estimate=estimate, policy=policy, copy=True)
                values = sparse.csr_matrix(result.layers["imputed"]).toarray()
                rows.append([f"{estimate}, policy {policy}", *judge(values, lossy, truth)])
        header = ["zeros filled with", "by gene", "by cell", "gene-gene error", "true zeros / lost counts"]
        zeros = f"{(lossy == 0).mean():.0%} zeros, {(truth == 0).mean():.0%} in the truth"
        parts.append(
            f"**{name}** ({truth.shape[0]} cells x {truth.shape[1]} genes, {zeros}):\n\n" + table(header, rows)
        )
    keep("known-truth", "python benchmarks/known_truth.py --data FOLDER", "\n\n".join(parts))


if __name__ == "__main__":
    main()
