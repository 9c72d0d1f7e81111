"""What a pipeline pays for the start of a program: ten small files by ten processes, and by one.

Usage: python benchmarks/speed/many_files.py

`cellfill impute` of the cells of the example, thirty a file, by `human-pbmc`: ten commands with `--output`, and one
with `--output-dir`. Both in turns, from compiled files, which an installed package has; medians. CPU seconds are of
the processes and all their threads, and say the same on a busy machine.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np

from common import keep, need, table

MODEL = Path("model_cards/human-pbmc")
EXAMPLE = Path("examples/pbmc_sorted_300.h5ad")
FILES = 10
TIMES = 3


def seconds_of(work: Callable[[], None]) -> tuple[float, float]:
    """Return the seconds that something takes, by the clock and of the CPU in processes that it starts."""
    started, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    work()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - started, cpu


def main() -> None:
    """Measure and keep the table."""
    need("anndata")
    from anndata import read_h5ad

    cells = read_h5ad(EXAMPLE)
    size = cells.n_obs // FILES
    compiled = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryDirectory() as scratch:
        files = [Path(scratch) / f"sample_{i}.h5ad" for i in range(FILES)]
        for number, path in enumerate(files):
            cells[number::FILES].copy().write_h5ad(path)

        def impute(*words: object) -> None:
            command = [
                sys.executable,
                "-m",
                "cellfill.cli",
                "impute",
                *words,
                "--model",
                MODEL,
                "--force",
                "--quiet",
            ]
            subprocess.run([str(word) for word in command], check=True, capture_output=True, env=compiled)

        def by_ten() -> None:
            for path in files:
                impute(path, "--output", path.with_suffix(".imputed.h5ad"))

        ways = {
            f"{FILES} processes, `--output`": by_ten,
            "one process, `--output-dir`": lambda: impute(*files, "--output-dir", Path(scratch) / "imputed"),
        }
        found: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
        for _ in range(TIMES):
            for name, work in ways.items():
                found[name].append(seconds_of(work))
    medians = {name: np.median(times, axis=0) for name, times in found.items()}
    first, *_ = medians.values()
    rows = [
        [name, f"{wall:.1f}", f"{cpu:.1f}", f"{first[0] / wall:.1f}", f"{first[1] / cpu:.1f}"]
        for name, (wall, cpu) in medians.items()
    ]
    busy = f"Processes that wanted a core meanwhile: {os.getloadavg()[1]:.0f}, of any program."
    header = [f"{FILES} files of {size} cells", "seconds", "CPU seconds", "times as fast", "times less CPU"]
    keep(
        Path(__file__).with_name("many-files.md"),
        "python benchmarks/speed/many_files.py",
        f"{table(header, rows)}\n\n{busy}",
    )


if __name__ == "__main__":
    main()
