"""One method on one draw of cells, in a process of its own: figures, seconds, memory, size, a line of JSON."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).parents[1]))
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from tasks.methods import METHODS, Method, Task, Way
from tasks.sources import Cells, read_cells

if TYPE_CHECKING:
    from cellfill.bundle import Bundle


@dataclass(kw_only=True)
class Run:
    """What is run, where it may write, and what it took."""

    task: Task
    dataset: str
    way: Way
    size: int | None
    seed: int
    name: str
    scratch: Path
    folder: Path
    took: dict[str, float] = field(default_factory=dict)

    @property
    def method(self) -> Method:
        """The row of the table."""
        return METHODS[self.task][self.name]

    @contextmanager
    def watch(self) -> Iterator[None]:
        """Time the method, and what it starts: seconds, and seconds of CPU; and memory at its highest."""
        began, used = time.perf_counter(), sum(os.times()[:4])
        yield
        self.took = {
            "seconds": time.perf_counter() - began,
            "cpu": sum(os.times()[:4]) - used,
            "memory": peak_memory(),
        } | self.took

    def took_elsewhere(self, said: Mapping[str, Any]) -> None:
        """Say what another process took, which is the method."""
        self.took |= {
            "seconds": sum(said["seconds"].values()),
            "cpu": sum(said["cpu"].values()),
            "memory": said["memory"],
        }

    def size_of(self, bundle: Bundle) -> None:
        """Say how large a model is."""
        self.took["bytes"] = float(len(bundle.graph))


def peak_memory() -> float:
    """Return the peak resident memory of this process in MB."""
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)


def drawn(cells: Cells, run: Run) -> Cells:
    """Return so many of the cells; to annotate, all: it draws those that it learns from."""
    size = run.size
    if run.task == "annotate" or size is None or size >= cells.counts.shape[0]:
        return cells
    rows = np.random.default_rng([run.seed, 9]).permutation(cells.counts.shape[0])[:size]
    cells = cells.take(np.sort(rows))
    return cells.take(np.flatnonzero(np.diff(cells.counts.indptr) > 0))


def main() -> None:
    """Run what the first argument says."""
    said = json.loads(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        run = Run(**(said | {"scratch": Path(said["scratch"]), "folder": Path(folder)}))
        cells = drawn(read_cells(run.scratch / "cells", run.dataset), run)
        figures = import_module(f"tasks.{run.task}").run(run, cells)
    print(json.dumps({"figures": figures, "cells": cells.counts.shape[0], **run.took}))


if __name__ == "__main__":
    main()
