"""The most memory that imputing takes, by number of cells.

Usage: python benchmarks/memory.py --data FOLDER [--cells 50000 1000000] [--scratch FOLDER]

Peak resident set of the whole process, file to file. Small values are dropped so that a million cells fit on a
disk; with --whole they are kept.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from common import keep, table
from tiles import run, write_tiled

MODEL = Path("model_cards/human-pbmc")


def main() -> None:
    """Measure and keep the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--cells", type=int, nargs="+", default=[300, 3_500, 50_000, 1_000_000])
    parser.add_argument("--scratch", type=Path, help="Folder with room for the files [default: the system's].")
    parser.add_argument("--drop-below", default="0.1")
    arguments = parser.parse_args()
    source = arguments.data / "h5ad" / "zheng_pbmc14k_3500.h5ad"
    rows = []
    for cells in arguments.cells:
        with tempfile.TemporaryDirectory(dir=arguments.scratch) as scratch:
            data, out = Path(scratch) / "in.h5ad", Path(scratch) / "out.h5ad"
            write_tiled(source, data, cells=cells)
            command = [sys.executable, "-m", "cellfill.cli", "impute", str(data), "--model", str(MODEL)]
            command += ["--output", str(out), "--quiet", "--device", "cpu", "--drop-below", arguments.drop_below]
            took = run(command)
            sizes = f"{data.stat().st_size / 1e9:.2f} / {out.stat().st_size / 1e9:.2f}"
        rows.append([f"{cells:,}", f"{took.megabytes:,.0f}", f"{took.seconds:.1f}", sizes])
    keep(
        "memory",
        f"python benchmarks/memory.py --data FOLDER --cells {' '.join(map(str, arguments.cells))}",
        f"Sorted PBMC, tiled; zeros that would get less than {arguments.drop_below} stay zero.\n\n"
        + table(["cells", "peak memory, MB", "seconds", "GB read / written"], rows),
    )


if __name__ == "__main__":
    main()
