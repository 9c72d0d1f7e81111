"""Are masked entries found again as well as by other methods? A claim of AutoImpute.

Usage: python benchmarks/architectures/autoimpute.py --data FOLDER

FOLDER/h5ad holds saver_zeisel.h5ad: 1,799 cells of mouse cortex (Zeisel 2015, one of the paper's datasets). Talwar
et al. 2018 hide a tenth of the non-zero entries, and claim that AutoImpute finds them again competitively. Here the
same is done in the 500 genes that vary most, and judged as there: on log2(1 + count by library size), mean absolute
error, root mean square error, and the norm of the error by that of the truth (NMSE). The network has its published
2,000 neurons and as many steps as its program takes at most (7,000); a second one begins with small weights, which
is no choice of the paper.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "accuracy" / "workers")]

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from dataclasses import replace

import numpy as np

from architectures.trained import in_variable_genes, train, trivial
from cellfill.fitness import baselines
from cellfill_training import read_study
from cellfill_training.evaluation import methods
from common import keep, need, table

GENES, SHARE, STEPS, SMALL = 500, 0.1, 7000, 0.03


def main() -> None:
    """Measure and keep the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    arguments = parser.parse_args()
    need("tensorflow")
    study = in_variable_genes(read_study(arguments.data / "h5ad" / "saver_zeisel.h5ad", layer="X"), GENES)
    counts = study.counts.tocsr()
    hidden = np.sort(np.random.default_rng(0).choice(counts.nnz, int(SHARE * counts.nnz), replace=False))
    rows, columns = (place[hidden] for place in counts.nonzero())
    left = counts.copy()
    left.data[hidden] = 0
    left.eliminate_zeros()
    seen = replace(study, counts=left)
    library = np.asarray(left.sum(axis=1)).ravel()
    scale = (np.median(library) / library)[rows]

    def levels(values):
        return np.log2(1 + np.maximum(np.asarray(values).ravel(), 0) * scale)

    truth = levels(counts[rows, columns])
    batch = 64
    epochs = STEPS // (len(library) * 9 // 10 // batch)
    choices = {"most_genes": GENES, "batch_size": batch, "max_epochs": epochs}
    ours = [
        methods.of_bundle(train("autoimpute", seen, **choices, **more), calibrate=False, name=name)
        for name, more in (
            ("AutoImpute as published", {}),
            ("AutoImpute from small weights", {"start_spread": SMALL}),
        )
    ]
    found = []
    for method in (*trivial(of=(baselines.NONE, baselines.MEAN, baselines.NONZERO)), *ours):
        error = levels(method.predict(seen)["expressed"][rows, columns]) - truth
        figures = (
            np.abs(error).mean(),
            np.sqrt((error**2).mean()),
            np.linalg.norm(error) / np.linalg.norm(truth),
        )
        found.append([method.name, *(f"{figure:.3f}" for figure in figures)])
    keep(
        Path(__file__).with_name("autoimpute.md"),
        "python benchmarks/architectures/autoimpute.py --data FOLDER",
        f"{len(library):,} cells of mouse cortex, {GENES} genes, {len(rows):,} entries hidden; one draw.\n\n"
        + table(["", "MAE", "RMSE", "NMSE"], found),
    )


if __name__ == "__main__":
    main()
