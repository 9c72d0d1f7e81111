"""What the quick check of a model costs that `impute` makes before it imputes.

Usage: python benchmarks/fitness/check_cost.py [--runs 7]

The example's 300 cells, and the same cells several times over with counts drawn anew around theirs, imputed in one
process with a model that is loaded, with the check and without in turn; medians, and the median of the ratios run
by run. Then the program from a cold start on the 300 cells, with and without.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import anndata
import numpy as np
from scipy import sparse

import cellfill
from common import keep, table

EXAMPLE, MODEL = Path("examples/pbmc_sorted_300.h5ad"), Path("model_cards/human-pbmc")
SIZES = (100, 300, 1000, 3000)


def cells(number: int) -> anndata.AnnData:
    """Return so many cells: of the example, and beyond them copies with counts drawn anew."""
    example = anndata.read_h5ad(EXAMPLE)
    rng = np.random.default_rng(0)
    rows = np.arange(number) % example.n_obs
    counts = sparse.csr_matrix(example.X[rows])
    counts.data = rng.poisson(counts.data).astype(np.float32)
    counts[: example.n_obs] = example.X[:number]
    counts.eliminate_zeros()
    return anndata.AnnData(counts, var=example.var)


def in_turn(with_check: Callable[[], object], without: Callable[[], object], *, runs: int) -> list[str]:
    """Time two calls in turn, after one of each that does not count."""
    with_check(), without()
    found = []
    for _ in range(runs):
        pair = []
        for call in (with_check, without):
            started = time.perf_counter()
            call()
            pair.append(time.perf_counter() - started)
        found.append(pair)
    first, second = (statistics.median(column) for column in zip(*found, strict=True))
    ratio = statistics.median(one / other for one, other in found)
    return [f"{first:.2f}", f"{second:.2f}", f"{ratio:.2f}"]


def program(*options: str) -> None:
    """Run the program on the example."""
    with tempfile.TemporaryDirectory() as folder:
        command = [
            "impute",
            str(EXAMPLE),
            "--model",
            str(MODEL),
            "--output",
            f"{folder}/out.h5ad",
            "--quiet",
            *options,
        ]
        subprocess.run([sys.executable, "-m", "cellfill.cli", *command], check=True)


def main() -> None:
    """Measure and keep the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=7)
    arguments = parser.parse_args()
    model = cellfill.load(MODEL)
    rows = []
    for number in SIZES:
        adata = cells(number)
        calls = (lambda a=adata: model.impute(a, copy=True), lambda a=adata: model.impute(a, copy=True, gate=False))
        rows.append([f"{number:,} cells, in a process", *in_turn(*calls, runs=arguments.runs)])
    cold = in_turn(program, lambda: program("--no-gate"), runs=arguments.runs)
    rows.append(["300 cells, the program from a cold start", *cold])
    header = ["what is imputed", "seconds with the check", "without", "ratio"]
    keep(Path(__file__).with_name("check-cost.md"), "python benchmarks/fitness/check_cost.py", table(header, rows))


if __name__ == "__main__":
    main()
