"""Ten million cells, planned by what one and two million take; and what a second process of a Dask cluster brings.

Usage: python benchmarks/speed/scale.py --data FOLDER [--cells 250000 1000000 2000000] [--scratch FOLDER]

`human-pbmc` by default on sorted PBMC, tiled, from file to file in a process of its own; what would get less than
0.1 stays zero. A line is laid through seconds and cells; what ten million take is read off it. On a Dask cluster of
one machine: the same command on as many worker processes as are asked for, one thread each; the scheduler and the
process that writes are beside them.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np

from common import keep, need, table
from speed.tiles import run, write_tiled

MODEL = Path("model_cards/human-pbmc")
STUDY = "zheng_pbmc14k_3500"
SIZES = (250_000, 1_000_000, 2_000_000)
PLANNED = 10_000_000
ON_DASK, WORKERS = 100_000, (1, 2)


def command_of(data: Path, out: Path, *more: str) -> list[str]:
    """Return the command that is measured."""
    command = [sys.executable, "-m", "cellfill.cli", "impute", str(data), "--output", str(out), "--force"]
    return [*command, "--model", str(MODEL), "--quiet", "--device", "cpu", "--drop-below", "0.1", *more]


def one_machine(source: Path, folder: Path, sizes: list[int]) -> str:
    """Return the table of sizes, and what it says of ten million cells."""
    rows, seconds, bytes_written = [], [], 0.0
    for cells in sizes:
        data, out = folder / "in.h5ad", folder / "out.h5ad"
        write_tiled(source, data, cells=cells)
        os.sync()
        took = run(command_of(data, out))
        seconds.append(took.seconds)
        bytes_written = out.stat().st_size / cells
        rows.append(
            [
                f"{cells:,}",
                f"{took.seconds:.0f}",
                f"{cells / took.seconds:,.0f}",
                f"{took.megabytes:,.0f}",
                f"{data.stat().st_size / 1e9:.1f} / {out.stat().st_size / 1e9:.1f}",
            ]
        )
        data.unlink()
        out.unlink()
    slope, start = np.polyfit(sizes, seconds, 1)
    away = max(abs(start + slope * n - s) / s for n, s in zip(sizes, seconds, strict=True))
    said = (
        f"A line through these: {start:.0f} s and {1 / slope:,.0f} cells a second, at most {away:.0%} off. "
        f"{PLANNED:,} cells by it: {(start + slope * PLANNED) / 60:.0f} minutes, and "
        f"{bytes_written * PLANNED / 1e9:.0f} GB to write."
    )
    header = ["cells", "seconds", "cells a second", "peak memory, MB", "GB read / written"]
    return f"{table(header, rows)}\n\n{said}"


def on_dask(source: Path, folder: Path) -> str:
    """Return the table of a local cluster's workers."""
    from distributed import LocalCluster

    data, out = folder / "in.h5ad", folder / "out.h5ad"
    write_tiled(source, data, cells=ON_DASK)
    alone = run(command_of(data, out, "--threads", "1")).seconds
    rows = [["no Dask, one thread", f"{alone:.1f}", f"{ON_DASK / alone:,.0f}", "", ""]]
    least = 0.0
    for workers in WORKERS:
        with LocalCluster(
            n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster:
            asked = command_of(data, out, "--dask", cluster.scheduler_address, "--threads", "1")
            run(asked)  # the workers import, and open the model
            took = run(asked).seconds
        least = least or took
        speed = least / took
        rows.append(
            [
                f"{workers} worker{'s' * (workers > 1)}",
                f"{took:.1f}",
                f"{ON_DASK / took:,.0f}",
                f"{speed:.2f}",
                f"{speed / workers:.0%}",
            ]
        )
    return table([f"{ON_DASK:,} cells on", "seconds", "cells a second", "of one worker", "efficiency"], rows)


def main() -> None:
    """Measure and keep the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--cells", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--scratch", type=Path, help="Folder with room for the files [default: the system's].")
    arguments = parser.parse_args()
    need("anndata", "h5py", "distributed")
    source = arguments.data / "h5ad" / f"{STUDY}.h5ad"
    with tempfile.TemporaryDirectory(dir=arguments.scratch) as scratch:
        body = f"{on_dask(source, Path(scratch))}\n\n{one_machine(source, Path(scratch), arguments.cells)}"
    keep(
        Path(__file__).with_name("scale.md"),
        f"python benchmarks/speed/scale.py --data FOLDER --cells {' '.join(map(str, arguments.cells))}",
        body,
    )


if __name__ == "__main__":
    main()
