"""What a training spends its time on: an epoch against its floor, and the whole fit step by step, with memory.

Usage: python benchmarks/fitting/training_time.py --data FOLDER [--epochs 10]

Two fits of the default preset: one study (pbmc_donorA, genes of 5 % of its cells), and the recipe of human-pbmc.
The floor of an epoch is its matrix products, forward and backward, without those that no gradient needs: for each
cell and sub-network 2 (2 P H + 3 H G) operations with P predictors, H hidden neurons and G targets, padding and
all, at the rate of numpy's float32 product of 1024 x 1024 matrices in this process. CPU seconds, of all threads,
are beside the clock's: they depend less on what else the machine does. An epoch holds the making of its batches
(thinned, dense) and the loss on the held-out cells. Each fit is a process of its own; its memory is the peak so
far. The epochs of the table are the median; the fit runs until it stops by itself.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from common import keep, need, table

RECIPE = Path("training/recipes/human-pbmc.toml")
CASES = {"pbmc_donorA": "one study, pbmc_donorA", "human-pbmc": "the recipe of human-pbmc"}


class Clock:
    """Seconds by the clock, CPU seconds and peak memory since the last mark."""

    def __init__(self) -> None:
        self.wall, self.cpu = time.perf_counter(), time.process_time()

    def mark(self) -> tuple[float, float, float]:
        """Return seconds, CPU seconds, and the peak of the process's memory so far in MB."""
        wall, cpu = time.perf_counter(), time.process_time()
        spent = wall - self.wall, cpu - self.cpu
        self.wall, self.cpu = wall, cpu
        return *spent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(case: str, data: Path, epochs: int) -> dict:
    """Time one case in this process."""
    clock, steps = Clock(), {}
    import numpy as np

    from cellfill_training import fit, options_for, read_gene_table, read_study
    from cellfill_training.architectures.subnetworks.network import SubNetworks
    from cellfill_training.architectures.subnetworks.prepare import prepare
    from cellfill_training.architectures.subnetworks.trainer import Trainer
    from cellfill_training.fitting.early_stopping import split_cells
    from cellfill_training.recipes.recipe import read_recipe
    from cellfill_training.studies.cohort import harmonise
    from cellfill_training.studies.study import filter_cells

    if case == "human-pbmc":
        recipe = read_recipe(RECIPE)
        files = {s.name: s.file for s in recipe.studies if not s.held_out}
        options, gene_table = recipe.options, read_gene_table([data / name for name in recipe.gene_tables])
    else:
        files, options = {case: f"h5ad/{case}.h5ad"}, options_for("default", min_detection=0.05)
        gene_table = read_gene_table(())
    studies = [filter_cells(read_study(data / file, name=name), min_genes=200) for name, file in files.items()]
    steps["start, reading the files"] = clock.mark()
    said = ["start"]

    def on_step(text: str) -> None:
        steps[said[-1]] = clock.mark()
        said.append(text.split(",", maxsplit=1)[0])

    with tempfile.TemporaryDirectory() as folder:
        bundle = fit(studies, out=Path(folder) / case, options=options, gene_table=gene_table, on_step=on_step)
    on_step("")

    cohort, levels, plan = prepare(harmonise(studies, gene_table), options)
    training, held = split_cells(cohort.counts.shape[0], options)
    networks = SubNetworks(plan, levels, options)
    trainer, rng, seconds = Trainer(networks, cohort, levels, options), np.random.default_rng(0), []
    square = rng.random((1024, 1024)).astype(np.float32)
    trainer.train(training[: options.batch_size], rng)
    trainer.held_out_loss(held)
    rates = []
    for _ in range(epochs):
        for _ in range(5):
            rate = Clock()
            _ = square @ square
            wall, cpu, _ = rate.mark()
            rates.append((2 * 1024**3 / wall / 1e9, 2 * 1024**3 / cpu / 1e9))
        clock = Clock()
        trainer.train(rng.permutation(training), rng)
        trainer.held_out_loss(held)
        seconds.append(clock.mark()[:2])
    shape = networks.shape
    products = 2 * shape.predictors * shape.hidden + 3 * shape.hidden * shape.group
    return {
        "cells": len(training),
        "targets": shape.targets,
        "networks": shape.networks,
        "epochs": int(bundle.manifest.provenance["epochs"]),
        "steps": steps,
        "gflop": 2 * len(training) * shape.networks * products / 1e9,
        "rate": [max(r[i] for r in rates) for i in (0, 1)],
        "epoch": [statistics.median(s[i] for s in seconds) for i in (0, 1)],
    }


def report(case: str, said: dict) -> str:
    """Return the tables of one case."""
    floor = [said["gflop"] / rate for rate in said["rate"]]
    rows = [
        ["floor: the matrix products at numpy's rate", *(f"{x:.2f}" for x in floor)],
        ["an epoch", *(f"{x:.2f}" for x in said["epoch"])],
        ["floor over epoch", *(f"{f / e:.2f}" for f, e in zip(floor, said["epoch"], strict=True))],
    ]
    steps = [
        [name, *(f"{x:.1f}" for x in spent[:2]), f"{spent[2]:,.0f}"]
        for name, spent in said["steps"].items()
        if name
    ]
    walls, cpus, peaks = zip(*said["steps"].values(), strict=True)
    steps.append(["all", f"{sum(walls):.1f}", f"{sum(cpus):.1f}", f"{max(peaks):,.0f}"])
    return (
        f"**{CASES[case]}**: {said['cells']:,} training cells, {said['targets']:,} targets, {said['networks']} "
        f"sub-networks, {said['epochs']} epochs; {said['gflop']:.0f} GFLOP an epoch, numpy "
        f"{said['rate'][0]:.0f} GFLOP a second ({said['rate'][1]:.0f} a CPU second).\n\n"
        + table(["", "seconds", "CPU seconds"], rows)
        + "\n\n"
        + table(["the fit", "seconds", "CPU seconds", "peak memory so far, MB"], steps)
    )


def main() -> None:
    """Measure and keep the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--case", choices=tuple(CASES), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    need("cellfill_training", "numpy", "tensorflow")
    if arguments.case:
        print(json.dumps(measure(arguments.case, arguments.data, arguments.epochs)))
        return
    parts = []
    for case in CASES:
        command = [sys.executable, __file__, "--data", arguments.data, "--epochs", arguments.epochs, "--case", case]
        done = subprocess.run([str(c) for c in command], check=True, stdout=subprocess.PIPE, text=True)
        parts.append(report(case, json.loads(done.stdout.splitlines()[-1])))
    keep(
        Path(__file__).with_name("training-time.md"),
        "python benchmarks/fitting/training_time.py --data FOLDER",
        "\n\n".join(parts),
    )


if __name__ == "__main__":
    main()
