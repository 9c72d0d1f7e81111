"""Where the time of imputing goes by default, step by step, against what each step must cost.

Usage: python benchmarks/speed/steps.py --data FOLDER

`human-pbmc` on cells of `pbmc_donorA` in memory, drawn with repetition where more are asked for; on one core. For
each step what it cannot do without is counted: multiplications and additions in products of matrices, logarithms
and exponentials, bytes that are written to memory for the first time. The least time is these at the rates that
numpy reaches here in the same run; then what the step took (the least of several runs). Not counted, and so in what
is left: whatever passes over the same values again, Newton's systems of equations, Python.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np

import cellfill
from cellfill.calibration import calibrate, choosing, fitting, regression
from cellfill.fitness import fitted, gate, molecules
from cellfill.tasks.imputation import prepare, some_cells
from cellfill.tasks.imputation.block import BlockImputer
from common import keep, need, table
from speed.throughput import best, operations

MODEL = Path("model_cards/human-pbmc")
STUDY = "pbmc_donorA"
SIZES = (500, 10_000)
TIMES = 4
# A step is what one function does, less what others of these do within it; those of the check keep what they call.
STEPS: dict[str, tuple[Any, str]] = {
    "names of genes": (prepare, "align_columns"),
    "cells to fit on": (some_cells, "candidate_cells"),
    "graph on them": (calibrate, "take_sample"),
    "how far to go": (calibrate, "choose_part"),
    "levels": (calibrate, "fit_levels"),
    "scores": (calibrate, "with_scores"),
    "regressions": (calibrate, "fit_beyond"),
    "check: the graph": (fitted, "_predict_few"),
    "check: calibration": (fitted, "calibrate"),
    "check: alone": (molecules, "fit_alone"),
    "check: gains": (some_cells, "measure_gate"),
    "fill": (BlockImputer, "apply"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a step cannot do without: operations of products, float32 and float64; logs and exps; fresh bytes."""

    single: float = 0.0
    double: float = 0.0
    curves: float = 0.0
    fresh: float = 0.0

    def __add__(self, other: Cost) -> Cost:
        """Return both together."""
        return Cost(**{name: getattr(self, name) + getattr(other, name) for name in Cost.__slots__})


def regressions(cells: int, genes: int, scores: int, *, few: float) -> Cost:
    """Count regressions of which a share takes one step, the others two."""
    width, entries, steps = scores + 1, cells * genes, 2 - few
    looked = 1 / (1 + entries // regression._PRIOR_ENTRIES)
    products = steps * (width * (width + 1) / 2 + 2 * width) + width + looked * 2 * scores
    return Cost(single=2 * entries * products, curves=entries * (1 + looked + steps))


def axes(cells: int, genes: int) -> Cost:
    """Count a symmetric product and the decomposition of what comes of it."""
    few, many = sorted((cells, genes))
    return Cost(double=few * few * many + 9 * few**3)


def scores_of(cells: int) -> int:
    """Return how many scores so many cells have."""
    return min(fitting.MAX_SCORES, round(fitting._SCORES_PER_ROOT_CELL * cells**0.5))


def costs(graph: float, *, size: int, genes: int, few: float, stored: float) -> dict[str, Cost]:
    """Return what each step costs at least.

    Parameters
    ----------
    graph
        Operations of a cell.
    size, genes
        Cells, and genes that are filled.
    few
        Share of the genes that take one of Newton's steps.
    stored
        Values of the result, a cell.
    """
    cells, checked = min(size, calibrate.MAX_CELLS), min(size, gate.GATE_CELLS)
    scores, on_check = scores_of(cells), scores_of(checked)
    judged, chosen = min(cells, choosing._CHECK_CELLS) // 2, genes // 2
    return {
        "graph on them": Cost(single=graph * cells, fresh=4 * cells * genes),
        "how far to go": axes(judged, fitting.SCORE_GENES)
        + regressions(judged, chosen, 0, few=few)
        + regressions(judged, chosen, scores_of(judged), few=few)
        + Cost(curves=8 * judged * chosen),
        "scores": axes(cells, fitting.SCORE_GENES),
        "regressions": regressions(cells, genes, scores, few=few),
        "check: the graph": Cost(single=graph * checked),
        "check: calibration": axes(checked, fitting.SCORE_GENES) + regressions(checked, genes, on_check, few=few),
        "check: alone": regressions(checked, min(genes, gate.ALONE_GENES), on_check, few=few),
        "check: gains": Cost(curves=5 * checked * genes),
        "fill": Cost(
            single=(graph + 2 * (scores + 2) * genes) * size, curves=2 * size * genes, fresh=8 * size * stored
        ),
    }


def rates() -> Cost:
    """Measure what numpy does in a second: of each kind of what a step costs."""
    rng = np.random.default_rng(0)
    single = rng.random((1024, 2048), dtype=np.float32)
    other, entries = rng.random((2048, 1024), dtype=np.float32), single[:256].copy()
    double, beside = single.astype(np.float64), other.astype(np.float64)
    out, places = np.empty_like(entries), 1 << 23

    def curves() -> None:
        np.exp(np.log(entries, out=out), out=out)

    return Cost(
        single=2 * 1024 * 1024 * 2048 / best(lambda: single @ other),
        double=2 * 1024 * 1024 * 2048 / best(lambda: double @ beside),
        curves=2 * entries.size / best(curves),
        fresh=4 * places / best(lambda: np.empty(places, dtype=np.float32).fill(1)),
    )


@contextmanager
def watched() -> Iterator[dict[str, float]]:
    """Say of each step how long it took; what a step calls that is one itself is not its own."""
    took: dict[str, float] = defaultdict(float)
    inside: list[str] = []
    began = [time.perf_counter()]
    originals = []

    def turn(to: Callable[[], object]) -> None:
        now = time.perf_counter()
        if inside:
            took[inside[-1]] += now - began[0]
        to()
        began[0] = now

    def timed(step: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            own = inside[-1] if inside and inside[-1].startswith(("check: c", "check: a")) else step
            turn(lambda: inside.append(own))
            try:
                return work(*given, **named)
            finally:
                turn(inside.pop)

        return call

    for step, (owner, name) in STEPS.items():
        originals.append((owner, name, getattr(owner, name)))
        setattr(owner, name, timed(step, getattr(owner, name)))
    try:
        yield took
    finally:
        for owner, name, work in originals:
            setattr(owner, name, work)


def measure(model: cellfill.Model, cells: Any) -> tuple[dict[str, float], float, Any]:
    """Return the seconds of each step and of all, the least of several runs, and what came of it."""
    least: dict[str, float] = {}
    whole = np.inf
    for turn in range(TIMES + 1):
        mine = cells.copy()
        with watched() as took:
            started = time.perf_counter()
            model.impute(mine, threads=1)
            seconds = time.perf_counter() - started
        if turn:
            whole = min(whole, seconds)
            least = {step: min(took[step], least.get(step, np.inf)) for step in STEPS if step in took}
    return least, float(whole), mine


def main() -> None:
    """Measure and keep the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    arguments = parser.parse_args()
    need("anndata", "threadpoolctl")
    from anndata import read_h5ad
    from threadpoolctl import threadpool_limits

    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    study = read_h5ad(arguments.data / "h5ad" / f"{STUDY}.h5ad")
    model = cellfill.load(MODEL)
    with threadpool_limits(1):
        rate = rates()
    parts = [
        f"On one core: {rate.single / 1e9:.0f} GFLOP/s in float32 products, {rate.double / 1e9:.0f} in float64, "
        f"{rate.curves / 1e6:.0f} million logarithms or exponentials a second, {rate.fresh / 1e9:.1f} GB/s into "
        "memory that is written to for the first time."
    ]
    for size in SIZES:
        rows_drawn = np.random.default_rng(0).choice(study.n_obs, size, replace=size > study.n_obs)
        cells = study[rows_drawn].copy()
        cells.obs_names = [f"cell{i}" for i in range(size)]
        took, whole, done = measure(model, cells)
        filled = int(done.var["imputed"].sum())
        counted = np.asarray(done.X.sum(axis=0)).ravel()[done.var["imputed"].to_numpy()]
        drawn = counted * min(1.0, calibrate.MAX_CELLS / size)
        least = costs(
            operations(model),
            size=size,
            genes=filled,
            few=float((drawn < regression._FEW_COUNTS).mean()),
            stored=done.layers["imputed"].nnz / size,
        )
        rows = []
        for step, seconds in [*took.items(), ("all else", whole - sum(took.values()))]:
            cost = least.get(step, Cost())
            floor = sum(getattr(cost, kind) / getattr(rate, kind) for kind in Cost.__slots__)
            rows.append(
                [
                    step,
                    f"{(cost.single + cost.double) / 1e9:.1f}" if cost.single + cost.double else "",
                    f"{cost.curves / 1e6:.0f}" if cost.curves else "",
                    f"{cost.fresh / 1e6:.0f}" if cost.fresh else "",
                    f"{floor:.3f}" if floor else "",
                    f"{seconds:.3f}",
                    f"{seconds / whole:.0%}",
                ]
            )
        header = ["step", "GFLOP", "logs and exps, million", "fresh MB", "least, s", "took, s", "share"]
        parts.append(f"{size:,} cells, {filled:,} genes filled, {whole:.2f} s:\n\n{table(header, rows)}")
    keep(Path(__file__).with_name("steps.md"), "python benchmarks/speed/steps.py --data FOLDER", "\n\n".join(parts))


if __name__ == "__main__":
    main()
