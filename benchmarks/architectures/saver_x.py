"""Does what mouse cells teach hold in man, and the reverse? A claim of SAVER-X.

Usage: python benchmarks/architectures/saver_x.py --data FOLDER

FOLDER/h5ad holds mouse_pancreas_e15.h5ad (endocrine development, its 2,000 variable genes) and
human_pancreas_baron_h1.h5ad (grown islets), FOLDER/genes the table human-mouse-orthologues-ensembl105.csv. Wang et
al. 2019 claim that a network trained on mouse cells helps to denoise human cells of the same tissue; their figures
are of the developing midbrain, which is not at hand. Here a tenth of the molecules of 300 cells of a study is
predicted from the others (molecular cross-validation), in the genes that both studies have by their orthologues:
by networks of 1,500 cells of the other species and of the same study, by one that was trained on the 300 cells
alone, and by one that was trained on these and on the other species together; all calibrated on the 300 cells.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "accuracy" / "workers")]

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from architectures.trained import spread, train, trivial
from cellfill.fitness import baselines
from cellfill_training import read_study
from cellfill_training.evaluation import methods
from cellfill_training.evaluation.protocols import molecules
from cellfill_training.studies.cohort import harmonise
from cellfill_training.studies.gene_table import GeneTable
from cellfill_training.studies.orthologues import read_orthologues
from cellfill_training.studies.study import Study
from common import keep, need, table

HUMAN, MOUSE = "human islets", "mouse pancreas, E15.5"
TAUGHT, TARGET, SEEDS = 1500, 300, (0, 1, 2)


def common_genes(data: Path) -> dict[str, Study]:
    """Return both studies in the genes of man that both have, by name."""
    orthologues = read_orthologues(data / "genes" / "human-mouse-orthologues-ensembl105.csv")
    files = {HUMAN: "human_pancreas_baron_h1", MOUSE: "mouse_pancreas_e15"}
    read = [read_study(data / "h5ad" / f"{file}.h5ad", name=name) for name, file in files.items()]
    studies, _ = orthologues.brought(read, "Homo sapiens")
    cohort = harmonise(studies, GeneTable())
    shared = np.flatnonzero(cohort.measured.all(axis=0))
    names = tuple(cohort.genes[g].symbol for g in shared)
    counts = cohort.counts[:][:, shared]
    return {
        name: Study(name=name, counts=counts[cohort.study == number], gene_names=(names,))
        for number, name in enumerate(files)
    }


def main() -> None:
    """Measure and keep the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    arguments = parser.parse_args()
    need("tensorflow")
    studies = common_genes(arguments.data)
    order = {n: np.random.default_rng(0).permutation(s.counts.shape[0]) for n, s in studies.items()}
    taught = {name: study.take(np.sort(order[name][:TAUGHT])) for name, study in studies.items()}
    models = {
        name: methods.of_bundle(train("saver-x", study), calibrate=True, name=f"a network of {name}")
        for name, study in taught.items()
    }
    parts = []
    for name, other in ((HUMAN, MOUSE), (MOUSE, HUMAN)):
        losses: dict[str, list[float]] = {}
        for seed in SEEDS:
            left = order[name][TAUGHT:]
            cells = np.sort(np.random.default_rng(seed).choice(left, TARGET, replace=False))
            target = studies[name].take(cells)
            task = molecules.split(target, np.arange(target.counts.shape[1]), seed=seed)
            alone = train("saver-x", task.seen, seed=seed)
            joint = train("saver-x", task.seen, taught[other], seed=seed)
            for method in (
                *trivial(of=(baselines.NONE, baselines.MEAN)),
                methods.of_bundle(alone, calibrate=True, name="trained on these cells alone"),
                models[other],
                methods.of_bundle(joint, calibrate=True, name=f"trained on these cells and {other}"),
                models[name],
            ):
                found = task.score(method.predict(task.seen))["expected"]
                loss = found.poisson_loss_floored if method.name == baselines.NONE else found.poisson_loss
                losses.setdefault(method.name, []).append(loss)
        mean, best = losses[baselines.MEAN], losses[models[name].name]
        rows = [
            [label, spread(own, 4), spread((m - o) / (m - b) for m, o, b in zip(mean, own, best, strict=True))]
            for label, own in losses.items()
        ]
        head = ["", "Poisson loss of hidden molecules", "share of the gain of a network of the same study"]
        parts.append(f"**{name}** ({TARGET} cells x {target.counts.shape[1]:,} genes):\n\n{table(head, rows)}")
    note = (
        f"Mean of {len(SEEDS)} draws of cells (least to most). The last row is of {TAUGHT:,} other cells of the "
        "same study; the share is of its gain over the genes' means. No imputation: with the best floor."
    )
    keep(
        Path(__file__).with_name("saver-x.md"),
        "python benchmarks/architectures/saver_x.py --data FOLDER",
        "\n\n".join([note, *parts]),
    )


if __name__ == "__main__":
    main()
