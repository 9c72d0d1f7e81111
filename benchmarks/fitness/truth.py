"""Is the check's error by gene the true one? Judged where the truth is known.

Usage: python benchmarks/fitness/truth.py --data FOLDER

Deeply sequenced cells with simulated loss (SAVER's). A model is trained on half of the lossy cells and checked on
the other half. By gene, the check's gain against the gain on the true counts, and its MSE of hidden counts against
the MSE on the counts that the simulation lost: Spearman's rank correlation.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import anndata
import numpy as np
from scipy import sparse, stats

import cellfill
from cellfill.estimates import expressed
from cellfill_training import fit, options_for, read_study
from common import keep, need, table
from fitness.pairs import arguments_of

HEADER = (
    *("data", "cells", "genes", "verdict", "rank correlation of gains", "of MSE"),
    "of the mean count alone with the true MSE",
    "genes with a true gain: filled / left alone",
)


def truth_rows(arguments: argparse.Namespace) -> Iterator[list[str]]:
    """Check a model where the truth is known."""
    for name in ("saver_zeisel", "saver_baron"):
        path = arguments.data / "h5ad" / f"{name}.h5ad"
        lossy, truth = read_study(path, layer="downsampled"), sparse.csr_matrix(anndata.read_h5ad(path).X)
        order = np.random.default_rng(0).permutation(lossy.counts.shape[0])
        taught, rest = np.sort(order[: len(order) // 2]), np.sort(order[len(order) // 2 :])
        with tempfile.TemporaryDirectory() as scratch:
            options = options_for("default", min_detection=0.05, min_genes=1)
            fit([lossy.take(taught)], out=Path(scratch) / "model", options=options)
            model = cellfill.load(Path(scratch) / "model")
        names = [column[0] for column in zip(*lossy.gene_names, strict=True)]
        adata = anndata.AnnData(lossy.counts[rest])
        adata.var_names = names
        yield truth_row(name, model, adata, truth[rest].toarray())


def truth_row(name: str, model: cellfill.Model, adata: anndata.AnnData, truth: Any) -> list[str]:
    """Return a row of the table."""
    fitness = model.check(adata)
    genes = fitness.genes
    assert genes is not None
    place = adata.var_names.get_indexer(genes.names)
    mean = model.impute(adata, gate=False, policy="all", copy=True)[:, place].layers["imputed"].toarray()
    counts, real = adata.X[:, place].toarray(), truth[:, place]
    # What is true of a cell is known up to its loss; the deep counts at the depth of the lossy ones are its rate.
    kept = counts.sum(axis=1, dtype=np.float64) / real.sum(axis=1, dtype=np.float64)
    rate = real * kept[:, None]
    constant = gene_mean(counts)
    gain = ((constant - mean) + rate * np.log(np.maximum(mean, 1e-7) / constant)).sum(axis=0) / rate.sum(axis=0)
    lost = (counts == 0) & (real > 0)
    squares = (np.log1p(expressed(mean)) - np.log1p(np.maximum(rate, 1))) ** 2
    error = np.where(lost.sum(axis=0) >= 10, (squares * lost).sum(axis=0) / np.maximum(lost.sum(axis=0), 1), np.nan)
    told = np.isfinite(error) & np.isfinite(genes.mse)
    return [
        name,
        str(adata.n_obs),
        str(len(genes.names)),
        fitness.verdict,
        f"{stats.spearmanr(genes.gain, gain).statistic:.3f}",
        f"{stats.spearmanr(genes.mse[told], error[told]).statistic:.3f}",
        f"{abs(stats.spearmanr(genes.mean[told], error[told]).statistic):.3f}",
        f"{np.mean(gain[genes.filled] > 0):.0%} / {np.mean(gain[~genes.filled] > 0):.0%}"
        if (~genes.filled).any()
        else "-",
    ]


def gene_mean(counts: Any) -> Any:
    """Gene mean x library."""
    library, level = counts.sum(axis=1, dtype=np.float64), counts.sum(axis=0, dtype=np.float64) + 0.5
    return np.outer(library / library.sum(), level)


def main() -> None:
    """Measure and keep the table."""
    arguments = arguments_of(__doc__)
    need("tensorflow")
    body = table(HEADER, list(truth_rows(arguments)))
    keep(Path(__file__).with_name("truth.md"), "python benchmarks/fitness/truth.py --data FOLDER", body)


if __name__ == "__main__":
    main()
