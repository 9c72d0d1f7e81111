"""Does a change leave what users get as it was? Two checkouts write the same things, and these are compared.

Usage: python benchmarks/house/same_bytes.py BEFORE AFTER [--only NAME ...] [--work FOLDER]

BEFORE and AFTER are each a checkout of the repository (run by this Python), or the Python of an environment that
has cellfill and cellfill-training. Both are given one copy of examples/pbmc_sorted_300.h5ad and
model_cards/human-pbmc of this repository, in a folder of one name, so that no path differs; `outputs.py` says what
they write. Dask's cluster needs distributed, and the bundle TensorFlow: where one is missing, what needs it is left
out, and named.

same: every file has the same bytes, but for the seconds that a run took. content same: some file holds the same
where its bytes may differ (`contents.py`: HDF5, the time in gzip's header). Exits with 1 where anything is
different, or written by one alone.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE.parent))

from common import circumstances, need, table
from house.contents import DIFFERENT, compare
from house.outputs import NAMES


def write(side: str, work: Path, only: list[str]) -> Path:
    """Let one side write everything in a folder that both have under one name, and return where it was moved."""
    run = work / "run"
    run.mkdir()
    shutil.copy2(ROOT / "examples" / "pbmc_sorted_300.h5ad", run)
    shutil.copytree(ROOT / "model_cards" / "human-pbmc", run / "hub" / "human-pbmc")
    python, paths = sys.executable, ""
    if Path(side).is_dir():
        paths = os.pathsep.join(str(Path(side).resolve() / place) for place in ("runtime/src", "training/src"))
    else:
        python = side
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0", "COLUMNS": "120"}
    subprocess.run(
        [python, str(HERE / "outputs.py"), paths.partition(os.pathsep)[0], *only],
        cwd=run,
        env=os.environ | quiet | ({"PYTHONPATH": paths} if paths else {}),
        check=True,
    )
    return run


def main() -> int:
    """Let both sides write, and print what is the same."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before", metavar="BEFORE")
    parser.add_argument("after", metavar="AFTER")
    parser.add_argument("--only", nargs="+", choices=NAMES, default=[], metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--work", type=Path, help="keep what was written here")
    args = parser.parse_args()
    need("anndata", "zarr", "h5py")
    work = Path(args.work or tempfile.mkdtemp())
    work.mkdir(parents=True, exist_ok=True)
    wrote = [
        write(side, work, args.only).rename(work / name)
        for name, side in (("before", args.before), ("after", args.after))
    ]
    inputs = {"hub", "pbmc_sorted_300.h5ad"}
    names = sorted({path.name for side in wrote for path in side.iterdir()} - inputs)
    found = [(name, *compare(wrote[0] / name, wrote[1] / name)) for name in names]
    print(f"{circumstances()}\n\nBefore: {args.before}; after: {args.after}\n")
    print(table(["what", "compared", "where, or why bytes are not compared"], found))
    different = sum(verdict == DIFFERENT for _, verdict, _ in found)
    print(f"\n{len(found)} compared, {different} different.")
    if args.work is None:
        shutil.rmtree(work)
    return 1 if different or not found else 0


if __name__ == "__main__":
    sys.exit(main())
