"""Which estimate should be the default? Judged where the truth is known.

Usage: python benchmarks/estimates/known_truth.py --data FOLDER

FOLDER/h5ad holds saver_zeisel.h5ad (mouse cortex) and saver_baron.h5ad (pancreas): deeply sequenced cells whose
counts are the truth (X) and a version of them with simulated loss (layer `downsampled`), made by Huang et al. 2018
for SAVER. The preset `default` is trained on the lossy counts and fills them, for each estimate and policy.

What is measured is in docs/evaluation.md (protocol `truth`), here with the correlation matrix of all genes.
gene-gene error: root mean square. true zeros: mean count filled into zeros that are zero in the truth too, divided
by the mean filled into zeros that are not.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import anndata
from scipy import sparse

from cellfill.fitness import baselines
from cellfill_training import Study, fit, options_for, read_study
from cellfill_training.evaluation import Judge, methods
from cellfill_training.evaluation.protocols import known_truth
from common import keep, need, table


def figures(found: known_truth.TruthScores) -> list[str]:
    """Return the figures of a row."""
    absent, there = found.true_zeros_mean, found.lost_mean
    return [
        f"{found.gene_correlation:.3f}",
        f"{found.cell_correlation:.3f}",
        f"{found.gene_gene_rms:.3f}",
        f"{absent:.3f} / {there:.3f} = {absent / there:.2f}" if there else "-",
    ]


def more(found: known_truth.TruthScores) -> list[str]:
    """Return the figures of a row of the second table."""
    return [f"{found.gene_gene_error:.3f}", f"{found.gene_gene_excess:+.3f}", f"{found.true_zeros_filled:.3f}"]


def scored(lossy: Study, truth: sparse.csr_matrix) -> dict[str, known_truth.TruthScores]:
    """Return the scores by row of the tables."""
    every = lossy.counts.shape[1]
    options = options_for("default", min_detection=0.0, min_genes=1)
    with tempfile.TemporaryDirectory() as folder:
        bundle = fit([lossy], out=Path(folder) / "default", preset="default", options=options)
    kept, _ = Judge(bundle).predict(
        lossy, lossy.counts, estimate="posterior", calibrate=True, keep_correlations=True
    )
    trained = methods.of_bundle(bundle, calibrate=True)
    none, mean, _ = methods.baselines()
    (untouched,) = known_truth.score(none, lossy, truth, most_genes=every).values()
    flat = known_truth.score(mean, lossy, truth, most_genes=every)["expected"]
    found = known_truth.score(trained, lossy, truth, most_genes=every)
    rows = {baselines.NONE: untouched, baselines.MEAN: flat}
    rows |= {f"{name}, policy zeros": s for name, s in found.items() if not name.endswith(", all")}
    rows |= {name.replace(", all", ", policy all"): s for name, s in found.items() if name.endswith(", all")}
    last = known_truth.score({"posterior": kept}, lossy, truth, most_genes=every)["posterior, all"]
    return rows | {"posterior, policy all, correlations kept": last}


def main() -> None:
    """Measure and keep the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    arguments = parser.parse_args()
    need("tensorflow")
    parts = []
    for name in ("saver_zeisel", "saver_baron"):
        path = arguments.data / "h5ad" / f"{name}.h5ad"
        truth = sparse.csr_matrix(anndata.read_h5ad(path).X)
        lossy = read_study(path, layer="downsampled")
        rows = scored(lossy, truth)
        cells, genes = truth.shape
        lost, never = (1 - matrix.nnz / (cells * genes) for matrix in (lossy.counts, truth))
        header = ["zeros filled with", "by gene", "by cell", "gene-gene error", "true zeros / lost counts"]
        further = [
            "zeros filled with",
            "mean absolute gene-gene error",
            "gene-gene excess",
            "true zeros at 0.5 or more",
        ]
        parts += [
            f"**{name}** ({cells} cells x {genes} genes, {lost:.0%} zeros, {never:.0%} in the truth):",
            table(header, [[label, *figures(scores)] for label, scores in rows.items()]),
            table(further, [[label, *more(scores)] for label, scores in rows.items()]),
        ]
    keep(
        Path(__file__).with_name("known-truth.md"),
        "python benchmarks/estimates/known_truth.py --data FOLDER",
        "\n\n".join(parts),
    )


if __name__ == "__main__":
    main()
