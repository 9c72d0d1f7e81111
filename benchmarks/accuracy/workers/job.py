"""What every worker shares: read the counts, time the method, write its estimates, say what it took.

Usage of a worker: python WORKER.py COUNTS.npz OUT_FOLDER [--seed N] [its own options]

It runs in the method's own environment, so it needs numpy and scipy only. COUNTS.npz is made by `accuracy.tasks`.
Each estimate becomes OUT_FOLDER/ESTIMATE.npy, float32 cells x genes in counts; a second reading of one fit becomes
OUT_FOLDER/VARIANT.ESTIMATE.npy. One line of JSON on stdout says the rest.
"""

import argparse
import json
import resource
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse


class Watch:
    """Seconds, CPU seconds, and peak memory so far in MB, by name of the step; and remarks for the table."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.cpu: dict[str, float] = {}
        self.memory: dict[str, float] = {}
        self.remarks: dict[str, Any] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time one step; steps of one name add up."""
        started, used = time.perf_counter(), time.process_time()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - started
        self.cpu[name] = self.cpu.get(name, 0.0) + time.process_time() - used
        self.memory[name] = peak_memory()


Impute = Callable[[sparse.csr_matrix, Watch, argparse.Namespace], Mapping[str, np.ndarray]]


def read_counts(path: str | Path) -> sparse.csr_matrix:
    """Return the raw counts of a job, cells x genes, float32."""
    with np.load(path) as held:
        return sparse.csr_matrix((held["data"], held["indices"], held["indptr"]), shape=tuple(held["shape"]))


def read_names(path: str | Path) -> tuple[tuple[str, ...], ...]:
    """Return the spellings of the genes of a job."""
    with np.load(path) as held:
        return tuple(tuple(str(name) for name in column) for column in held["genes"])


def peak_memory() -> float:
    """Return the peak resident memory of this process in MB; what its parent had does not count where known."""
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)


def work(
    impute: Impute, *, packages: Sequence[str], options: Callable[[argparse.ArgumentParser], Any] | None = None
):
    """Run a method as a worker."""
    parser = argparse.ArgumentParser()
    parser.add_argument("counts", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    if options is not None:
        options(parser)
    arguments = parser.parse_args()
    counts, watch = read_counts(arguments.counts), Watch()
    with redirect_stdout(sys.stderr):
        estimates = impute(counts, watch, arguments)
    memory = peak_memory()
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name, values in estimates.items():
        if values.shape != counts.shape:
            raise ValueError(f"{name} has the shape {values.shape}, the counts {counts.shape}")
        np.save(arguments.out / f"{name}.npy", np.asarray(values, dtype=np.float32))
    said = {
        "seconds": watch.seconds,
        "cpu": watch.cpu,
        "memory": memory,
        "memory_after": watch.memory,
        "versions": {package: version(package) for package in packages},
        "remarks": watch.remarks,
    }
    print(json.dumps(said))
