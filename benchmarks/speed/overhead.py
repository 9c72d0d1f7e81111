"""What calibration and check cost over the graph alone, and a cold start over the imports that it needs.

Usage: python benchmarks/speed/overhead.py --data FOLDER

`human-pbmc` on cells of `pbmc_donorA`, drawn with repetition where more are asked for. In memory: imputed without
calibration and check, with a calibration, and by default; the genes' names are matched once before, since a second
call does not match them again. From a cold start: `cellfill impute` of a file of 500 cells, beside a Python that
imports what reading a file and running a graph cannot do without; both from compiled files, which an installed
package has. What is compared is run in turns; medians.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np

import cellfill
from common import keep, need, table

MODEL = Path("model_cards/human-pbmc")
STUDY = "pbmc_donorA"
SIZES = (500, 10_000)
COLD = 500
TIMES = 5
IMPORTS = "import numpy, scipy.sparse, h5py, onnxruntime"


def in_turns(ways: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Return the median seconds of each way; all are run once before, and then in turns."""
    for work in ways.values():
        work()
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(TIMES):
        for name, work in ways.items():
            started = time.perf_counter()
            work()
            seconds[name].append(time.perf_counter() - started)
    return {name: float(np.median(found)) for name, found in seconds.items()}


def main() -> None:
    """Measure and keep the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    arguments = parser.parse_args()
    need("anndata")
    from anndata import read_h5ad

    study = read_h5ad(arguments.data / "h5ad" / f"{STUDY}.h5ad")
    model = cellfill.load(MODEL)
    rows = []
    for size in SIZES:
        drawn = np.random.default_rng(0).choice(study.n_obs, size, replace=size > study.n_obs)
        cells = study[drawn].copy()
        cells.obs_names = [f"cell{i}" for i in range(size)]
        found = in_turns(
            {
                "bare": partial(model.impute, cells, copy=True, calibrate=False, gate=False),
                "calibrated": partial(model.impute, cells, copy=True, gate=False),
                "default": partial(model.impute, cells, copy=True),
            }
        )
        bare = found["bare"]
        rows.append(
            [
                f"{size:,} cells in memory",
                f"{bare:.2f}",
                f"{found['calibrated'] / bare:.2f}",
                f"{found['default'] / bare:.2f}",
                f"{found['default'] - bare:.2f}",
            ]
        )
    with tempfile.TemporaryDirectory() as scratch:
        there, out = Path(scratch) / "cells.h5ad", Path(scratch) / "imputed.h5ad"
        study[:COLD].copy().write_h5ad(there)
        command = [sys.executable, "-m", "cellfill.cli", "impute", there, "-o", out, "--model", MODEL, "--force"]
        compiled = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        run = partial(subprocess.run, check=True, capture_output=True, env=compiled)
        found = in_turns(
            {"imports": lambda: run([sys.executable, "-c", IMPORTS]), "default": lambda: run(command)},
        )
    cold, least = found["default"], found["imports"]
    said = (
        f"{COLD} cells from a cold start, file to file: {cold:.2f} s, {cold / least:.1f} times what `{IMPORTS}` "
        f"takes ({least:.2f} s)."
    )
    header = ["", "bare, s", "calibrated, times bare", "default, times bare", "default less bare, s"]
    keep(
        Path(__file__).with_name("overhead.md"),
        "python benchmarks/speed/overhead.py --data FOLDER",
        f"{table(header, rows)}\n\n{said}",
    )


if __name__ == "__main__":
    main()
