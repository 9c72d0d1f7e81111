"""Are DCA and scVI in cellfill as good as the original programs, and how long do both take.

Usage: python benchmarks/architectures/originals.py --data FOLDER --peers FOLDER [--times]

The same cells, split by molecules: nine in ten are given to both, and tell the rest (Batson 2019). DCA trains until
each program stops it; scVI 100 epochs in both. With --times nothing is judged: both train the same number of
epochs, one after the other on a machine that does nothing else, and seconds and memory are kept. The original
programs run in environments of their own, built in the folder of --peers when first needed; their figures are kept
there, too (originals.json: remove it to run them again).
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "accuracy" / "workers")]

import numpy as np
from knn import knn

from accuracy import process
from accuracy.environments import python_of
from accuracy.methods import OWN, Method
from accuracy.scoring import SHARE, molecule_figures
from accuracy.settings import SETTINGS
from accuracy.tasks import Task, draw, make_task, write_counts
from architectures.trained import in_variable_genes, spread
from cellfill.fitness import baselines
from common import keep, need, table

DATASETS = {"pbmc3k": 1000, "mix5cl_celseq2": 300}  # and most cells
GENES, SEEDS = 1000, (0, 1, 2)
EPOCHS, TIMED, TIMEOUT = 100, 50, 3600.0
# By network: the original program, ours, and epochs that both are told; None for as each stops.
PAIRS = {
    "DCA": ("dca", "dca", None),
    "scVI": ("scvi", "scvi", EPOCHS),
}
FIGURES = {"Poisson loss": "poisson", "correlation by gene": "by_gene", "correlation by cell": "by_cell"}


def main() -> None:
    """Measure and keep a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--peers", type=Path, required=True, help="folder of the original programs' environments")
    parser.add_argument("--times", action="store_true", help="seconds and memory instead of figures")
    arguments = parser.parse_args()
    need("tensorflow", "sklearn")
    pythons = {peer: str(python_of(peer, arguments.peers)) for peer, _, _ in PAIRS.values()} | {OWN: sys.executable}
    if arguments.times:
        times(arguments.data, pythons)
    else:
        figures(arguments.data, pythons, arguments.peers / "originals.json")


def figures(data: Path, pythons: dict[str, str], kept: Path) -> None:
    """Judge both on molecules that were held back, beside the trivial and the traditional."""
    rows, verdicts = [], []
    known = json.loads(kept.read_text()) if kept.is_file() else {}
    for dataset, cells in DATASETS.items():
        found: dict[str, list[dict[str, float]]] = {}
        for seed in SEEDS:
            task = split(data, dataset, seed)
            counts = task.study.counts
            found.setdefault(baselines.MEAN, []).append(judge(task, baselines.gene_mean(counts)))
            found.setdefault("15 nearest neighbours", []).append(judge(task, knn(counts)))
            for name, (peer, own, epochs) in PAIRS.items():
                for said, method in both(name, peer, own, epochs):
                    key = f"{dataset}, {cells} cells, {GENES} genes, seed {seed}, {said}"
                    scores = known.get(key)
                    if scores is None:
                        values, took = run(method, pythons, task, seed)
                        scores = judge(task, values) | {"epochs": took["remarks"]["epochs"]}
                        print(key, scores, flush=True)
                        if method.environment != OWN:
                            known[key] = scores
                            kept.write_text(json.dumps(known, indent=1))
                    found.setdefault(said, []).append(scores)
        for name, (peer, own, epochs) in PAIRS.items():
            theirs, ours = (found[said] for said, _ in both(name, peer, own, epochs))
            verdicts.append(verdict(dataset, name, theirs, ours, found[baselines.MEAN]))
        for said, scores in found.items():
            epochs_run = spread((s["epochs"] for s in scores), 0) if "epochs" in scores[0] else "-"
            rows.append(
                [
                    f"{dataset}, {cells:,}",
                    said,
                    *(spread(s[f] for s in scores) for f in FIGURES.values()),
                    epochs_run,
                ]
            )
    body = (
        f"The {GENES:,} genes that vary most; {100 * (1 - SHARE):.0f} % of the molecules "
        f"held back; {len(SEEDS)} seeds, of the split and of the training: mean (least to most). Poisson loss of "
        "what was held back: lower is better. Correlations are of log1p of values brought to 10,000 a cell. Runs "
        "of the original differ by as much as its figure less that of genes' means does between seeds.\n\n"
        + "\n".join(f"- {line}" for line in verdicts)
        + "\n\n"
        + table(["cells", "", *FIGURES, "epochs"], rows)
    )
    keep(Path(__file__).with_suffix(".md"), _command(""), body)


def times(data: Path, pythons: dict[str, str]) -> None:
    """Time both for the same epochs."""
    rows = []
    for dataset in DATASETS:
        task = split(data, dataset, 0)
        shape = f"{task.study.counts.shape[0]:,} x {task.study.counts.shape[1]:,}"
        for name, (peer, own, _) in PAIRS.items():
            took = [run(method, pythons, task, 0)[1] for _, method in both(name, peer, own, TIMED)]
            theirs, ours = took
            assert theirs["remarks"]["epochs"] == ours["remarks"]["epochs"] == TIMED
            seconds = [one["seconds"]["fit"] for one in took]
            rows.append(
                [
                    f"{dataset}, {shape}",
                    name,
                    *(f"{value:.1f}" for value in seconds),
                    f"**{seconds[0] / seconds[1]:.1f}**",
                    " / ".join(f"{one['cpu']['fit']:.1f}" for one in took),
                    f"{ours['seconds']['bundle']:.1f}",
                    *(f"{one['memory']:,.0f}" for one in took),
                ]
            )
    body = (
        f"{TIMED} epochs of each, one after the other, on all cores. Seconds from counts to a trained network, "
        "without imports (of the original DCA with its predictions, which are part of the one call); then what "
        "cellfill takes to export, compare, measure and write the model. Peak memory in MB of the process.\n\n"
        + table(
            [
                "cells x genes",
                "",
                "original, s",
                "cellfill, s",
                "ratio",
                "CPU seconds of both",
                "+ bundle, s",
                "original, MB",
                "cellfill, MB",
            ],
            rows,
        )
    )
    keep(Path(__file__).with_name("originals-times.md"), _command(" --times"), body)


def both(name: str, peer: str, own: str, epochs: int | None) -> tuple[tuple[str, Method], tuple[str, Method]]:
    """Return the original program and ours, each with what it is called."""
    told = () if epochs is None else ("--epochs", str(epochs))
    return (
        (f"{name}, the original program", Method(worker=f"run_{peer}", environment=peer, arguments=told)),
        (f"{name}, cellfill", Method(worker="run_network", arguments=("--architecture", own, *told))),
    )


def split(data: Path, dataset: str, seed: int) -> Task:
    """Return cells of a dataset in their most variable genes, and the molecules that are held back."""
    subject = draw(data, dataset, SETTINGS[dataset], "molecules", seed=seed, max_cells=DATASETS[dataset])
    return make_task(replace(subject, study=in_variable_genes(subject.study, GENES)), "molecules", seed=seed)


def run(method: Method, pythons: dict[str, str], task: Task, seed: int):
    """Return what a program predicts in a process of its own, and what that took."""
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        write_counts(task, scratch / "counts.npz")
        took = process.run(
            method,
            python=pythons[method.environment],
            counts=scratch / "counts.npz",
            out=scratch / "out",
            seed=seed,
            model=None,
            timeout=TIMEOUT,
            threads=None,
        )
        return process.read_estimates(scratch / "out", "")["expected"], took


def judge(task: Task, values: np.ndarray) -> dict[str, float]:
    """Return the figures of values for the molecules that were given, on those that were not."""
    assert task.rest is not None
    told, wanted = levels(values), levels(task.rest.toarray())
    by_gene, by_cell = correlations(told, wanted), correlations(told.T, wanted.T)
    return molecule_figures(task.rest, values) | {"by_gene": by_gene, "by_cell": by_cell}


def levels(values: np.ndarray) -> np.ndarray:
    """Return log1p of values brought to 10,000 a cell."""
    positive = np.maximum(values.astype(np.float64), 0)
    return np.log1p(positive / np.maximum(positive.sum(axis=1, keepdims=True), 1e-9) * 1e4)


def correlations(told: np.ndarray, wanted: np.ndarray) -> float:
    """Return the mean over columns of Pearson's correlation; over those that vary in both."""
    a, b = told - told.mean(axis=0), wanted - wanted.mean(axis=0)
    lengths = np.linalg.norm(a, axis=0) * np.linalg.norm(b, axis=0)
    known = lengths > 1e-9
    return float(((a * b).sum(axis=0)[known] / lengths[known]).mean())


def verdict(dataset: str, name: str, theirs, ours, trivial) -> str:
    """Say of each figure whether ours differs from the original's by more than that does between its own runs.

    Splits differ more than runs do, so what genes' means reach on the same split is taken off before.
    """
    said = []
    for called, figure in FIGURES.items():
        sign = -1 if figure == "poisson" else 1
        better = sign * float(np.mean([o[figure] - t[figure] for o, t in zip(ours, theirs, strict=True)]))
        runs = [t[figure] - m[figure] for t, m in zip(theirs, trivial, strict=True)]
        noise = max(runs) - min(runs)
        word = "better" if better > noise else "worse" if better < -noise else "within"
        said.append(f"{called} {word} ({better:+.3f}, its runs differ by {noise:.3f})")
    return f"{name} on {dataset}, cellfill beside the original: {'; '.join(said)}."


def _command(more: str) -> str:
    return f"python benchmarks/architectures/originals.py --data FOLDER --peers FOLDER{more}"


if __name__ == "__main__":
    main()
