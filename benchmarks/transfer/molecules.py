"""Pre-trained against trained on the target, in errors that do not reward low means: molecules, and a leveled MSE.

Usage: python benchmarks/transfer/molecules.py --data FOLDER [--scratch FOLDER] [--only PBMC]

The pairs, cells and hidden entries of `pairs.py`, in whose scratch folder what was trained is kept. Two things are
asked of each pair. A tenth of the molecules are hidden, and found again as `expected` counts (Poisson loss; Batson
2019): zeros and large counts take part as they occur, where `pairs.py` hides counts by the dropout curve, hence
small ones, and is kindest to the method that fills least. What is trained on the target is calibrated on it, or
not, whichever is better on the pair. And of the hidden counts of `pairs.py`: their mean error, and the MSE that is
left when each method's log1p counts are shifted and stretched to fit the truth best, which no method can do, and
which takes from none what it knows.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np

from cellfill.fitness import baselines
from cellfill.fitness.hiding import split_molecules
from cellfill.fitness.metrics import masked_scores, poisson_loss
from cellfill.fitness.molecules import SHARE
from cellfill_training import Study, fit, options_for
from cellfill_training.evaluation import Judge
from common import keep, need, table
from transfer.pairs import Kept, Pair, Task, pairs_of, read_studies, tasks
from transfer.self_training import subset

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

SIZES = ("200", "500", "1000")


@dataclass(frozen=True, slots=True)
class Figures:
    """What one method says of a pair's cells.

    Attributes
    ----------
    loss
        Poisson loss of the hidden molecules, in nats an entry.
    mse, pearson
        Of the hidden counts, on log1p counts.
    bias, slope
        Mean error of these, and by how much the truth changes where the method's counts change by one.
    leveled
        The MSE once shifted and stretched to fit best.
    """

    loss: float
    mse: float
    pearson: float
    bias: float
    slope: float
    leveled: float


@dataclass(frozen=True, slots=True)
class Found:
    """One pair at one number of cells: pre-trained and calibrated, trained on the target, gene mean x library."""

    pair: Pair
    size: str
    ours: Figures
    own: Figures
    trivial_loss: float

    @property
    def ratios(self) -> tuple[float, float, float, float]:
        """Loss, MSE and leveled MSE over those of what was trained on the target, and Pearson less its."""
        ours, own = self.ours, self.own
        return ours.loss / own.loss, ours.mse / own.mse, ours.leveled / own.leveled, ours.pearson - own.pearson


def own_molecules(kept: Kept, task: Task, counts: csr_matrix) -> np.ndarray:
    """Train preset `default` on nine tenths of the molecules.

    Returns
    -------
    Its `expected` counts of the task's genes, as they are and calibrated, 2 x cells x genes.
    """
    path = kept.folder / "own-molecules" / f"{task.name}.npy"
    if not path.exists():
        print("training on nine tenths of", task.name, flush=True)
        whole = subset(task.part, task.genes)
        seen = Study(name=whole.name, counts=counts[:, task.genes], gene_names=whole.gene_names)
        wanted = [task.part.gene_names[-1][g] for g in task.genes]
        options = options_for("default", min_genes=1, min_detection=0.0)
        with tempfile.TemporaryDirectory() as scratch:
            bundle = fit([seen], out=Path(scratch) / "model", options=options, targets=wanted)
            judge = Judge(bundle)
            told = [
                judge.predict(seen, seen.counts, estimate="expected", calibrate=calibrate)[0]
                for calibrate in (False, True)
            ]
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, np.stack(told))
    result: np.ndarray = np.load(path)
    return result


def measure(pair: Pair, size: str, task: Task, kept: Kept) -> Found:
    """Measure one pair on one task."""
    judge, masked = kept.judge(pair.sources), task.masked
    filled = np.isin(masked.columns, judge.targets(task.part))
    left, hidden = split_molecules(task.part.counts, seed=0, share=1 - SHARE)
    both = np.intersect1d(judge.targets(task.part), task.genes)
    told, _ = judge.predict(task.part, masked.counts, estimate="expressed", calibrate=True)
    means, _ = judge.predict(task.part, left, estimate="expected", calibrate=True)
    own = own_molecules(kept, task, left)[:, :, np.searchsorted(task.genes, both)]
    truth = hidden[:, both].tocsr()

    def loss(expected: np.ndarray) -> float:
        return poisson_loss(expected * (SHARE / (1 - SHARE)), truth)

    def figures(counts: np.ndarray, *expected: np.ndarray) -> Figures:
        x, y = np.log1p(counts[filled].astype(np.float64)), np.log1p(masked.truth[filled].astype(np.float64))
        slope, constant = np.polyfit(x, y, 1)
        return Figures(
            loss=min(loss(means) for means in expected),
            **masked_scores(counts[filled], masked.truth[filled]),
            bias=float(np.mean(x - y)),
            slope=float(slope),
            leveled=float(np.mean((slope * x + constant - y) ** 2)),
        )

    return Found(
        pair=pair,
        size=size,
        ours=figures(told[masked.rows, masked.columns], means[:, both]),
        own=figures(kept.own(task, "default"), *own),
        trivial_loss=loss(baselines.gene_mean(left)[:, both]),
    )


def summary(found: list[Found]) -> str:
    """Return the medians over pairs, by group and number of cells."""
    rows = []
    groups = [*dict.fromkeys(f.pair.group for f in found), "all"]
    for group in groups:
        for size in SIZES:
            here = [f for f in found if f.size == size and group in (f.pair.group, "all")]
            if not here:
                continue
            loss, mse, leveled, pearson = np.median([f.ratios for f in here], axis=0)
            trivial = np.median([f.trivial_loss / f.own.loss for f in here])
            of = [(f.ours.bias, f.own.bias, f.ours.slope, f.own.slope) for f in here]
            ours_bias, own_bias, ours_slope, own_slope = np.median(of, axis=0)
            better = np.mean([f.ours.loss < f.own.loss for f in here])
            rows.append(
                [
                    group,
                    size,
                    str(len(here)),
                    f"{loss:.4f} ({better:.0%})",
                    f"{trivial:.4f}",
                    f"{mse:.3f}",
                    f"{leveled:.3f}",
                    f"{pearson:+.4f}",
                    f"{ours_bias:+.3f} / {own_bias:+.3f}",
                    f"{ours_slope:.2f} / {own_slope:.2f}",
                ]
            )
    header = [
        "pairs of",
        "cells",
        "pairs",
        "loss of molecules, ratio (pairs below 1)",
        "that of gene mean x library",
        "masked MSE, ratio",
        "leveled",
        "Pearson, difference",
        "mean error, ours / theirs",
        "slope of the truth, ours / theirs",
    ]
    return table(header, rows)


def main() -> None:
    """Measure and keep the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--scratch", type=Path, default=Path(tempfile.gettempdir()) / "cellfill-pairs")
    parser.add_argument("--only", default="", help="groups of pairs whose name begins so")
    arguments = parser.parse_args()
    need("tensorflow")
    studies = read_studies(arguments.data)
    kept = Kept(arguments.scratch, arguments.data, studies)
    pairs = [pair for pair in pairs_of(studies) if pair.group.startswith(arguments.only)]
    found = [
        measure(pair, size, task, kept)
        for target in dict.fromkeys(pair.target for pair in pairs)
        for size, task in tasks(studies[target], list(SIZES), 1)
        for pair in pairs
        if pair.target == target
    ]
    given = f" --only '{arguments.only}'" if arguments.only else ""
    keep(
        Path(__file__).with_name("molecules.md"),
        f"python benchmarks/transfer/molecules.py --data FOLDER{given}",
        "Pre-trained and calibrated, over preset default trained on the target; medians over pairs:\n\n"
        + summary(found),
    )


if __name__ == "__main__":
    main()
