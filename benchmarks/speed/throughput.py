"""Cells a second from file to file, and of the network alone, against what the machine must spend.

Usage: python benchmarks/speed/throughput.py --data FOLDER [--cells 100000] [--scratch FOLDER]

The floor is counted, then measured in the same run: the graph's multiplications and additions at the rate that
numpy's float32 matrix product reaches here, and the bytes of the two files at the rate at which this folder takes
and gives plain bytes (written and synced; read from the page cache, as both programs find the input there).
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np

import cellfill
from cellfill.network.threads import usual_workers
from common import keep, table
from speed.tiles import run, write_tiled

MODEL = Path("model_cards/human-pbmc")
BLOCK = 256
_PIECE = 1 << 24


def best(work: Callable[[], None], times: int = 5) -> float:
    """Return the fewest seconds of several runs."""
    seconds = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return min(seconds)


def operations(model: cellfill.Model) -> float:
    """Return the multiplications and additions of one cell in the two matrix products of every sub-network."""
    hidden = int(model.manifest.architecture.options["hidden"])
    return sum(2 * hidden * (s.predictors + s.targets) for s in model.manifest.subnetworks)


def product_rate() -> float:
    """Return multiplications and additions a second of numpy's float32 matrix product."""
    a = np.random.default_rng(0).random((2048, 2048), dtype=np.float32)
    return 2 * 2048**3 / best(lambda: a @ a)


def write_seconds(folder: Path, size: int) -> float:
    """Write so many plain bytes to a file, and sync."""
    piece = np.random.default_rng(0).integers(0, 255, _PIECE, dtype=np.uint8).data
    path, started = folder / "plain", time.perf_counter()
    with path.open("wb", buffering=0) as file:
        for start in range(0, size, _PIECE):
            file.write(piece[: min(_PIECE, size - start)])
        os.fsync(file.fileno())
    seconds = time.perf_counter() - started
    path.unlink()
    return seconds


def read_seconds(path: Path) -> float:
    """Read a file."""
    buffer, started = bytearray(_PIECE), time.perf_counter()
    with path.open("rb", buffering=0) as file:
        while file.readinto(buffer):
            pass
    return time.perf_counter() - started


def network_rate(model: cellfill.Model) -> float:
    """Return cells a second of the graph alone, blocks in as many threads as the program takes."""
    network = model.opened.network()
    rng = np.random.default_rng(0)
    counts = rng.poisson(0.3, (BLOCK, len(network.inputs))).astype(np.float32)
    factors, blocks = np.ones(BLOCK, dtype=np.float32), 80
    with ThreadPoolExecutor(usual_workers()) as pool:
        seconds = best(lambda: list(pool.map(lambda _: network.predict(counts, factors), range(blocks))))
    return blocks * BLOCK / seconds


def main() -> None:
    """Measure and keep the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--cells", type=int, default=100_000)
    parser.add_argument("--scratch", type=Path, help="Folder with room for the result [default: the system's].")
    arguments = parser.parse_args()
    model = cellfill.load(MODEL, device="cpu")
    source = arguments.data / "h5ad" / "zheng_pbmc14k_3500.h5ad"
    rows = []
    with tempfile.TemporaryDirectory(dir=arguments.scratch) as scratch:
        folder = Path(scratch)
        data, out = folder / "in.h5ad", folder / "out.h5ad"
        write_tiled(source, data, cells=arguments.cells)
        rate = product_rate()
        compute = operations(model) * arguments.cells / rate
        alone = network_rate(model)
        rows.append(
            [
                "the graph alone",
                f"{compute:.1f}",
                f"{arguments.cells / alone:.1f}",
                f"{alone * operations(model) / rate:.0%}",
            ]
        )
        for label, options in (
            ("file to file", []),
            ("file to file, --drop-below 0.05", ["--drop-below", "0.05"]),
            ("file to file, --dtype float16", ["--dtype", "float16"]),
            ("file to file, --no-calibrate", ["--no-calibrate"]),
        ):
            command = [sys.executable, "-m", "cellfill.cli", "impute", str(data), "--model", str(MODEL)]
            command += ["--output", str(out), "--force", "--quiet", "--device", "cpu", "--no-gate", *options]
            os.sync()
            took = run(command)
            size = out.stat().st_size
            out.unlink()
            os.sync()
            plain = write_seconds(folder, size) + read_seconds(data)
            floor = compute + plain
            rows.append(
                [
                    f"{label} ({size / 1e9:.1f} GB)",
                    f"{compute:.1f} + {plain:.1f}",
                    f"{took.seconds:.1f}",
                    f"{floor / took.seconds:.0%}",
                ]
            )
    rate_text = (
        f"{arguments.cells:,} cells (sorted PBMC, tiled), {len(model.genes.targets):,} target genes, "
        f"{operations(model) / 1e6:.2f} MFLOP a cell; numpy's matrix product: {rate / 1e9:.0f} GFLOP/s.\n\n"
    )
    header = ["", "floor, s (graph + bytes)", "took, s", "floor / took"]
    keep(
        Path(__file__).with_name("throughput.md"),
        f"python benchmarks/speed/throughput.py --data FOLDER --cells {arguments.cells}",
        rate_text + table(header, rows),
    )


if __name__ == "__main__":
    main()
