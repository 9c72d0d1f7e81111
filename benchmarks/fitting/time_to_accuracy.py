"""How soon cellfill is as accurate as the original program, DeepImpute 1.2, ends up; and the memory of both.

Usage: python benchmarks/fitting/time_to_accuracy.py --data FOLDER --original-python PATH
           [--datasets NAME...] [--seed 0]

PATH is the Python of an environment with the original (see benchmarks/speed/original.py). Each dataset is drawn and
masked as benchmarks/accuracy does (at most 2,000 cells; ten non-zero entries a gene hidden), once, for all. Then,
one process after the other:

(1) The original fits every gene and predicts, at both learning rates: Keras 2.15 drops the program's own, so that
it trains at 1e-3; and at the paper's 1e-4. (2) cellfill fits all genes by its default preset, to the end. (3)
cellfill fits with 1, 2, 3, ... epochs at most, each from the start, until it is as accurate as the original at both
rates: masked MSE on log1p counts no higher, and Pearson no lower (cellfill: `expressed`, not calibrated).

"Trained" is from the start of the fit to the last weights: the genes and predictors chosen, the steps compiled and
run. "Fit" is all of it: cellfill's also exports the model, compares it with TensorFlow, measures what each gene is
worth, judges the model on held-out cells and writes the bundle, wherever it is stopped; the original's also writes
its model, at once. The import of TensorFlow is in neither, and stands beside ("import"). CPU seconds are of all
threads. Memory is the peak of the process at the end of its fit.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from accuracy import process
from accuracy.methods import METHODS
from accuracy.scoring import masked_figures
from accuracy.settings import SETTINGS
from accuracy.tasks import Task, draw, make_task, write_counts
from common import keep, table

DATASETS = ("mix5cl_celseq2", "pbmc_donorA", "mouse_pancreas_e15", "luad_patients")
ORIGINALS = {
    "original, as it runs (1e-3)": "deepimpute-program",
    "original, the paper's rate (1e-4)": "deepimpute-paper",
}
# Steps of a fit of cellfill (the first word that it says of each) when the weights are what they will be.
AFTER_TRAINING = ("exporting", "measuring", "judging")
MOST_CELLS, MOST_EPOCHS, TIMEOUT = 2000, 30, 7200.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """What a fit took, in seconds, CPU seconds and MB, and how accurate it is."""

    trained: tuple[float, float]
    whole: tuple[float, float]
    importing: tuple[float, float]
    memory: float
    epochs: int
    mse: float
    pearson: float

    def reaches(self, other: Fit) -> bool:
        """Return whether it is as accurate in both respects."""
        return self.mse <= other.mse and self.pearson >= other.pearson


class Runner:
    """Runs methods on one task, in a folder."""

    def __init__(self, task: Task, folder: Path, *, original_python: str, seed: int) -> None:
        assert task.masked is not None
        self.masked, self.folder, self.seed = task.masked, folder, seed
        self.original_python = original_python
        write_counts(task, folder / "counts.npz")

    def fit(self, name: str, *arguments: str) -> Fit:
        """Run a method to its end and judge it."""
        method = METHODS[name]
        own = name.startswith("cellfill")
        said = process.run(
            replace(method, arguments=(*method.arguments, *arguments)),
            python=sys.executable if own else self.original_python,
            counts=self.folder / "counts.npz",
            out=self.folder / "out",
            seed=self.seed,
            model=None,
            timeout=TIMEOUT,
            threads=None,
        )
        values = process.read_estimates(self.folder / "out", "")["expressed"]
        figures = masked_figures(self.masked, values, self.masked.columns)
        steps = [said["remarks"].get(name, {}) for name in ("steps", "steps_cpu")]
        whole = said["seconds"]["fit"], said["cpu"]["fit"]
        after = [sum(step.get(name, 0.0) for name in AFTER_TRAINING) for step in steps]
        return Fit(
            trained=(whole[0] - after[0], whole[1] - after[1]),
            whole=whole,
            importing=(said["seconds"]["import"], said["cpu"]["import"]),
            memory=said["memory_after"]["fit"],
            epochs=said["remarks"]["epochs"],
            mse=figures["mse"],
            pearson=figures["pearson"],
        )

    def stopped(self, whole: Fit) -> Iterator[Fit]:
        """Fit anew with one epoch more each time, until the whole fit stopped by itself."""
        for epochs in range(1, min(whole.epochs, MOST_EPOCHS) + 1):
            yield self.fit("cellfill-default", "--epochs", str(epochs))


def compare(runner: Runner) -> str:
    """Return the table of one dataset."""
    theirs = {title: runner.fit(name) for title, name in ORIGINALS.items()}
    whole = runner.fit("cellfill-default")
    first: dict[str, Fit] = {}
    for stopped in runner.stopped(whole):
        first |= {title: stopped for title, fit in theirs.items() if title not in first and stopped.reaches(fit)}
        if len(first) == len(theirs):
            break
    rows = [row(title, fit) for title, fit in (*theirs.items(), ("cellfill, to the end", whole))]
    shares = []
    for title, fit in theirs.items():
        shares.append(share(f"to the end / {title}", whole, fit))
        name = f"as accurate as the {title}"
        if title in first:
            rows.append(row(f"cellfill, {name}", first[title]))
            shares.append(share(name, first[title], fit))
        else:
            rows.append([f"cellfill, {name}: never", *[""] * 7])
    figures = ["epochs", "trained, s (CPU s)", "fit, s (CPU s)", "import, s (CPU s)", "peak MB", "MSE", "Pearson"]
    ratios = ["trained (CPU)", "fit (CPU)", "fit and import (CPU)", "memory"]
    return table(["", *figures], rows) + "\n\n" + table(["cellfill over the original's fit", *ratios], shares)


def row(title: str, fit: Fit) -> list[str]:
    """Return a line of figures."""
    times = [f"{seconds:.1f} ({cpu:.1f})" for seconds, cpu in (fit.trained, fit.whole, fit.importing)]
    return [title, str(fit.epochs), *times, f"{fit.memory:,.0f}", f"{fit.mse:.4f}", f"{fit.pearson:.3f}"]


def share(title: str, ours: Fit, theirs: Fit) -> list[str]:
    """Return a line of cellfill's figures over those of an original's fit."""
    both = [[f.whole[i] + f.importing[i] for i in (0, 1)] for f in (ours, theirs)]
    parts = ((ours.trained, theirs.whole), (ours.whole, theirs.whole), both)
    ratios = [[one / other for one, other in zip(*part, strict=True)] for part in parts]
    return [title, *(f"{wall:.2f} ({cpu:.2f})" for wall, cpu in ratios), f"{ours.memory / theirs.memory:.2f}"]


def main() -> None:
    """Measure and keep the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--original-python", required=True)
    parser.add_argument("--datasets", nargs="+", choices=tuple(SETTINGS), default=DATASETS)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    parts = []
    for dataset in arguments.datasets:
        setting = SETTINGS[dataset]
        subject = draw(arguments.data, dataset, setting, "masked", seed=arguments.seed, max_cells=MOST_CELLS)
        task = make_task(subject, "masked", seed=arguments.seed)
        with tempfile.TemporaryDirectory() as folder:
            runner = Runner(task, Path(folder), original_python=arguments.original_python, seed=arguments.seed)
            cells, genes = task.study.counts.shape
            parts.append(f"**{dataset}**: {cells:,} cells, {genes:,} genes.\n\n{compare(runner)}")
        print(parts[-1], file=sys.stderr)
    keep(
        Path(__file__).with_name("time-to-accuracy.md"),
        "python benchmarks/fitting/time_to_accuracy.py --data FOLDER --original-python PATH",
        "\n\n".join(parts),
    )


if __name__ == "__main__":
    main()
