"""Naming 2,000 cells from a cold start, beside CellTypist with a model of its own, in its own environment.

Usage: python benchmarks/speed/naming.py --data FOLDER --celltypist-python PATH [--model FOLDER] [--repeats N]

PATH is the Python of an environment with CellTypist:

    python3.11 -m venv celltypist
    celltypist/bin/pip install celltypist==1.7.1 scikit-learn==1.6.1

Both get the same file of raw counts, of a study that trained neither, and write a table of cells and types;
CellTypist's model is trained beforehand on pbmc3k with its labels (eight types). It wants log counts, which scanpy
makes, as its guide says; with and without its majority voting, which is off by default. The programs run in turn,
each from its start to its end, without the network for cellfill; CPU seconds are of user and system, of all
threads, and memory is the peak of the whole process (wait4).
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from common import keep, need, table
from speed.original import Run, run

WORKER = Path(__file__).with_name("naming_worker.py")
STUDY, TEACHER = Path("h5ad/zheng_pbmc14k_3500.h5ad"), Path("h5ad/pbmc3k.h5ad")
MODEL = Path("model_cards/human-pbmc-types")
CELLS = 2_000


def prepare(study: Path, out: Path) -> None:
    """Write the cells."""
    import anndata
    import numpy as np

    adata = anndata.read_h5ad(study)
    rows = np.sort(np.random.default_rng(3).permutation(adata.n_obs)[:CELLS])
    anndata.AnnData(adata.X[rows], obs=adata.obs.iloc[rows][[]], var=adata.var[[]]).write_h5ad(out)


def compare(data: Path, peer: str, model: Path, repeats: int) -> str:
    """Measure both and return the table."""
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        cells, theirs = scratch / "cells.h5ad", scratch / "theirs.pkl"
        run(sys.executable, __file__, "--data", data, "--celltypist-python", peer, "--prepare", cells)
        run(peer, WORKER, "train", data / TEACHER, theirs)
        out = scratch / "ours.csv"
        ours = (sys.executable, "-m", "cellfill.cli", "annotate", cells, "--model", model, "--output", out)
        programs = {
            "CellTypist": (peer, WORKER, "name", cells, theirs, scratch / "theirs.csv"),
            "CellTypist, majority voting": (peer, WORKER, "vote", cells, theirs, scratch / "theirs.csv"),
            "cellfill annotate": (*ours, "--offline", "--force"),
            "an interpreter that imports numpy, scipy.sparse, h5py and ONNX Runtime": (
                sys.executable,
                "-c",
                "import numpy, scipy.sparse, h5py, onnxruntime",
            ),
        }
        for command in programs.values():
            run(*command)  # the disk's cache, and what is compiled at first
        runs: dict[str, list[Run]] = {name: [] for name in programs}
        for _ in range(repeats):
            for name, command in programs.items():
                runs[name].append(run(*command))
    middle = {name: [statistics.median(f(r) for r in found) for f in _FIGURES] for name, found in runs.items()}
    cpu, memory = middle["CellTypist"][1:]
    rows = [
        [
            name,
            f"{found[0]:.2f}",
            f"{found[1]:.2f} ({min(map(_FIGURES[1], runs[name])):.2f} to {max(map(_FIGURES[1], runs[name])):.2f})",
            f"{found[2]:,.0f}",
            f"**{found[1] / cpu:.2f} x**",
            f"**{found[2] / memory:.2f} x**",
        ]
        for name, found in middle.items()
    ]
    head = [f"{CELLS:,} cells, cold start", "seconds", "CPU seconds", "peak memory, MB", "CPU", "memory"]
    graph = (model / "model.onnx").stat().st_size / 1e6
    return (
        f"{STUDY.stem}; medians of {repeats} runs in turn, CPU seconds with least and most. The graph is "
        f"{graph:.2f} MB. The last row is what cellfill cannot go below.\n\n{table(head, rows)}"
    )


_FIGURES = (lambda r: r.seconds, lambda r: r.cpu, lambda r: r.memory)


def main() -> None:
    """Measure and keep the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--celltypist-python", required=True)
    parser.add_argument("--model", type=Path, default=MODEL)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--prepare", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    need("anndata", "cellfill", "numpy")
    if arguments.prepare:
        prepare(arguments.data / STUDY, arguments.prepare)
        return
    command = (
        f"python benchmarks/speed/naming.py --data FOLDER --celltypist-python PATH --repeats {arguments.repeats}"
    )
    command += "" if arguments.model == MODEL else " --model MODEL"
    body = compare(arguments.data, arguments.celltypist_python, arguments.model, arguments.repeats)
    keep(Path(__file__).with_name("naming.md"), command, body)


if __name__ == "__main__":
    main()
