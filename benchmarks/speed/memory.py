"""The most memory that imputing takes, by number of cells; or that training does.

Usage: python benchmarks/speed/memory.py --data FOLDER [--cells 50000 1000000] [--scratch FOLDER] [--fit]

Peak resident set of the whole process, file to file. Small values are dropped so that a million cells fit on a
disk; with --whole they are kept. With --fit the preset default is trained for one epoch, on the 5,000 genes that
most cells have, with the counts in memory and with them on disk.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from common import keep, need, table
from speed.tiles import run, write_tiled

MODEL = Path("model_cards/human-pbmc")
GENES = 5000  # to train on


def main() -> None:
    """Measure and keep the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--cells", type=int, nargs="+", help="[300 3500 50000 1000000; with --fit 20000 200000]")
    parser.add_argument("--fit", action="store_true", help="Measure training, not imputing.")
    parser.add_argument("--scratch", type=Path, help="Folder with room for the files [default: the system's].")
    parser.add_argument("--drop-below", default="0.1")
    arguments = parser.parse_args()
    need("cellfill_training", "tensorflow")
    if arguments.fit:
        fit(arguments)
    else:
        impute(arguments)


def impute(arguments: argparse.Namespace) -> None:
    """Measure imputing and keep the table."""
    sizes = arguments.cells or [300, 3_500, 50_000, 1_000_000]
    source = arguments.data / "h5ad" / "zheng_pbmc14k_3500.h5ad"
    rows = []
    for cells in sizes:
        with tempfile.TemporaryDirectory(dir=arguments.scratch) as scratch:
            data, out = Path(scratch) / "in.h5ad", Path(scratch) / "out.h5ad"
            write_tiled(source, data, cells=cells)
            command = [sys.executable, "-m", "cellfill.cli", "impute", str(data), "--model", str(MODEL)]
            command += ["--output", str(out), "--quiet", "--device", "cpu", "--drop-below", arguments.drop_below]
            took = run(command)
            files = f"{data.stat().st_size / 1e9:.2f} / {out.stat().st_size / 1e9:.2f}"
        rows.append([f"{cells:,}", f"{took.megabytes:,.0f}", f"{took.seconds:.1f}", files])
    keep(
        Path(__file__).with_name("memory.md"),
        f"python benchmarks/speed/memory.py --data FOLDER --cells {' '.join(map(str, sizes))}",
        f"Sorted PBMC, tiled; zeros that would get less than {arguments.drop_below} stay zero.\n\n"
        + table(["cells", "peak memory, MB", "seconds", "GB read / written"], rows),
    )


def fit(arguments: argparse.Namespace) -> None:
    """Measure training and keep the table."""
    sizes = arguments.cells or [20_000, 200_000]
    source = arguments.data / "h5ad" / "pbmc_donorA.h5ad"
    rows = []
    for cells in sizes:
        with tempfile.TemporaryDirectory(dir=arguments.scratch) as scratch:
            data = Path(scratch) / "in.h5ad"
            write_tiled(source, data, cells=cells, genes=GENES)
            for title, where in (("memory", []), ("files", ["--on-disk", scratch])):
                command = [sys.executable, "-m", "cellfill_training.cli", "fit", str(data), "--max-epochs", "1"]
                command += ["--out", str(Path(scratch) / title), "--quiet", *where]
                took = run(command)
                size = f"{data.stat().st_size / 1e9:.2f}"
                rows.append([f"{cells:,}", title, f"{took.megabytes:,.0f}", f"{took.seconds:.0f}", size])
    keep(
        Path(__file__).with_name("training-memory.md"),
        f"python benchmarks/speed/memory.py --data FOLDER --fit --cells {' '.join(map(str, sizes))}",
        f"{source.stem}, tiled; the {GENES:,} genes that most cells have; preset default, one epoch.\n\n"
        + table(["cells", "counts in", "peak memory, MB", "seconds", "GB of the file"], rows),
    )


if __name__ == "__main__":
    main()
