"""A model applied to a study that it never saw, against models trained on that study, by number of cells.

Usage: python benchmarks/transfer/held_out.py --data FOLDER [--leave-out STUDY ...] [--without STUDY ...]

Without --leave-out: the bundled human-pbmc on the study that its recipe holds out. With it: for each STUDY of
the recipe the model is trained again on all the others, and judged there. --without leaves more studies out of the
training, to see whether one of them is too close to the judge.

Ten non-zero counts a gene are hidden, drawn by the dropout curve (Arisdakessian 2019, Methods), from genes that
at least 5 % of the study's cells have and the model fills. Estimate `expressed`, error on log1p counts. What is
trained on the cells sees the genes of 5 % of the cells, with the hidden entries as zeros; the pre-trained model
sees all genes of the study, likewise with the hidden entries as zeros.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np

from cellfill.bundle import read_bundle
from cellfill.fitness import baselines
from cellfill.fitness.hiding import hide_entries
from cellfill.fitness.metrics import masked_scores
from cellfill_training import Study, read_study
from cellfill_training.evaluation import Judge
from cellfill_training.fitting.presets import PRESET_NAMES
from cellfill_training.recipes.recipe import fit_recipe, read_recipe
from cellfill_training.studies.study import filter_cells
from common import keep, need, table
from transfer.self_training import (
    BASELINES,
    CALIBRATED,
    LEAST_DETECTION,
    PAPER,
    PLAIN,
    SELF_TRAINED,
    detection,
    draw,
    self_trained,
)

RECIPE = Path("training/recipes/human-pbmc.toml")
MODEL = Path("model_cards/human-pbmc")
SIZES = (50, 200, None)


def measure(judge: Judge, study: Study, cells: int | None, seed: int) -> dict[str, tuple[float, float, float]]:
    """Return MSE, Pearson and seconds of every method on so many cells."""
    detected = detection(study)
    scored = judge.targets(study)
    scored = scored[detected[scored] >= LEAST_DETECTION]
    part = draw(study, cells, seed)
    masked = hide_entries(part.counts, scored, seed=seed)
    where = masked.rows, masked.columns
    result: dict[str, tuple[float, float, float]] = {}

    def note(method: str, values: np.ndarray, seconds: float) -> None:
        scores = masked_scores(values, masked.truth)
        result[method] = (scores["mse"], scores["pearson"], seconds)

    for method, calibrate in ((PLAIN, False), (CALIBRATED, True)):
        started = time.perf_counter()
        values, _ = judge.predict(part, masked.counts, estimate="expressed", calibrate=calibrate)
        note(method, values[where], time.perf_counter() - started)
    seen = np.flatnonzero(detected >= LEAST_DETECTION)
    for preset in PRESET_NAMES:
        note(SELF_TRAINED.format(preset), *self_trained(part, masked, seen, scored, preset))
    for name, baseline in BASELINES.items():
        started = time.perf_counter()
        note(name, baseline(masked.counts)[where], time.perf_counter() - started)
    note(baselines.NONE, np.zeros_like(masked.truth), 0.0)
    return result


def judge_of(name: str | None, data: Path, without: list[str]) -> tuple[Judge, Study]:
    """Return the model and the study to judge it on; trained again unless the bundled one is meant."""
    recipe = read_recipe(RECIPE)
    chosen = next(s for s in recipe.studies if (s.held_out if name is None else s.name == name))
    study = filter_cells(read_study(data / chosen.file, name=chosen.name), min_genes=200)
    if chosen.held_out and not without:
        return Judge(read_bundle(MODEL)), study
    kept = replace(recipe, studies=tuple(s for s in recipe.studies if s.name not in without))
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "human-pbmc"
        return Judge(fit_recipe(kept, data=data, out=out, leave_out=chosen.name)), study


def _error(values: np.ndarray) -> float:
    """Return the standard error of the mean."""
    return float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else float("nan")


def main() -> None:
    """Measure and keep the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--leave-out", nargs="*", default=[None])
    parser.add_argument("--without", nargs="*", default=[])
    parser.add_argument("--seeds", type=int, default=5)
    arguments = parser.parse_args()
    need("tensorflow")
    parts = []
    for name in arguments.leave_out:
        judge, study = judge_of(name, arguments.data, arguments.without)
        rows: dict[str, list[str]] = {}
        paired: list[str] = []
        sizes = [min(size or study.counts.shape[0], study.counts.shape[0]) for size in SIZES]
        for size in sizes:
            runs = [measure(judge, study, size, seed) for seed in range(arguments.seeds)]
            ours, theirs = (np.array([run[m] for run in runs]) for m in (CALIBRATED, PAPER))
            ratio, gain = ours[:, 0] / theirs[:, 0], ours[:, 1] - theirs[:, 1]
            paired.append(f"{ratio.mean():.3f} ± {_error(ratio):.3f} / {gain.mean():+.4f} ± {_error(gain):.4f}")
            for method in runs[0]:
                mse, pearson, seconds = np.mean([run[method] for run in runs], axis=0)
                spread = np.std([run[method][0] for run in runs])
                rows.setdefault(method, [method]).append(
                    f"{mse:.4f} ± {spread:.4f} / {pearson:.3f} / {seconds:.1f}"
                )
        header = ["method", *(f"{size:,} cells" for size in sizes)]
        rows["paired"] = ["calibrated against preset paper: MSE ratio / Pearson difference", *paired]
        parts.append(
            f"**{study.name}** ({study.counts.shape[0]:,} cells), not seen by the pre-trained model; "
            f"MSE ± standard deviation over {arguments.seeds} draws / Pearson / seconds (fit and predict); "
            "last row ± standard error:\n\n" + table(header, list(rows.values()))
        )
    given, label = f" --seeds {arguments.seeds}", "held-out"
    if arguments.leave_out != [None]:
        given += " --leave-out " + " ".join(arguments.leave_out)
        label += "-" + "-".join(arguments.leave_out)
    if arguments.without:
        given += " --without " + " ".join(arguments.without)
        label += "-without-" + "-".join(arguments.without)
    keep(
        Path(__file__).with_name(f"{label}.md"),
        f"python benchmarks/transfer/held_out.py --data FOLDER{given}",
        "\n\n".join(parts),
    )


if __name__ == "__main__":
    main()
