"""cellfill against the original program, DeepImpute 1.2, in its own environment, on the same cells.

Usage: python benchmarks/speed/original.py --data FOLDER --original-python PATH

PATH is the Python of an environment with the original:

    python3.11 -m venv original
    original/bin/pip install tensorflow-cpu==2.15.1 "pandas<3" scipy scikit-learn anndata h5py
    original/bin/pip install --no-deps deepimpute==1.2

(1) Predicting 10,000 cells (a held-out study, tiled): seconds of the original's `predict` of a data frame in
memory and of `cellfill.impute` of an AnnData in memory, best of five each, without calibration (which is a fit, and
has no counterpart in the original's predict) and with it; and the same cells from file to file. All without the
check of the model that `impute` makes first, which has no counterpart either (`check_cost.py`).
Memory is the peak of the whole process (wait4). The original is trained for two epochs, on 500 cells: that changes
its weights, not its speed. (2) A new dataset of 500 cells, from a cold start, file to file: the original fits and
predicts, cellfill imputes; cellfill before and after the original, mean of both. The original's learning rate is
dropped by Keras 2.15, which trains at 1e-3 with a warning: it is measured as it is, and with the paper's 1e-4.

CPU seconds, of all threads, are beside the clock's: they depend less on what else the machine does. Both get the
same file, whose genes are those that both fill: as many whole groups of the original's 512 as there are, among the
genes with counts in the 500 cells.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from common import keep, need, table

MODEL = Path("model_cards/human-pbmc")
STUDY = Path("h5ad/zheng_pbmc14k_3500.h5ad")
WORKER = Path(__file__).with_name("original_worker.py")
GROUP, SMALL, LARGE = 512, 500, 10_000


@dataclass(frozen=True)
class Run:
    """One process: seconds by the clock and of CPU time, peak memory in MB, and what it printed."""

    seconds: float
    cpu: float
    memory: float
    said: dict


def run(*command: object) -> Run:
    """Run a process to its end; this one must stay small, since a child's peak begins with its parent's."""
    started = time.perf_counter()
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as talk:
        process = subprocess.Popen(
            [str(part) for part in command], stdout=out, stderr=talk, env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"}
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - started
        out.seek(0)
        talk.seek(0)
        if process.returncode:
            raise SystemExit(f"{command[:3]} failed:\n{talk.read()[-3000:]}")
        text = out.read()
    return Run(
        seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, json.loads(text) if text.strip() else {}
    )


def prepare(study: Path, scratch: Path) -> None:
    """Write the two files and the genes that both programs fill."""
    import anndata
    import numpy as np

    import cellfill
    from cellfill.genes.align import align
    from cellfill.genes.names import name_columns

    model, adata = cellfill.load(MODEL), anndata.read_h5ad(study)
    found = align(model.genes, name_columns(adata.var_names, adata.var))
    cells = np.random.default_rng(3).permutation(adata.n_obs)
    columns = np.sort(found.target_columns)
    seen = np.asarray((adata.X[cells[:SMALL]][:, columns] > 0).sum(axis=0)).ravel()
    columns = columns[seen > 0]  # the original fails on a gene without counts
    columns = columns[: len(columns) // GROUP * GROUP]
    adata = anndata.AnnData(adata.X[:, columns].tocsr().astype("float32"), var=adata.var.iloc[columns][[]])
    (scratch / "genes.txt").write_text("\n".join(adata.var_names) + "\n")
    for size in (SMALL, LARGE):
        part = anndata.AnnData(adata.X[np.resize(cells, size)], var=adata.var)
        part.obs_names = [f"cell{i}" for i in range(size)]
        part.write_h5ad(scratch / f"{size}.h5ad")


def impute_in_memory(path: Path, repeats: int, *, calibrate: bool) -> None:
    """Time `cellfill.impute` alone, and say it as JSON."""
    import anndata

    import cellfill

    model, adata = cellfill.load(MODEL), anndata.read_h5ad(path)
    seconds, cpu = [], []
    for _ in range(repeats):
        adata.layers.clear()
        started, used = time.perf_counter(), time.process_time()
        cellfill.impute(adata, model=model, calibrate=calibrate, gate=False)
        seconds.append(time.perf_counter() - started)
        cpu.append(time.process_time() - used)
    genes = int(adata.var["imputed"].sum())
    print(json.dumps({"predict": min(seconds), "cpu": min(cpu), "genes": genes}))


def compare(data: Path, original: str) -> str:
    """Measure both programs and return the tables."""
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        run(sys.executable, __file__, "--data", data, "--original-python", original, "--prepare", scratch)
        genes, (small, large) = scratch / "genes.txt", (scratch / f"{n}.h5ad" for n in (SMALL, LARGE))
        worker, out = (original, WORKER), scratch / "out.npy"

        def ours(path: Path) -> Run:
            result = scratch / "out.h5ad"
            return run(
                sys.executable,
                "-m",
                "cellfill.cli",
                "impute",
                path,
                "--model",
                MODEL,
                "-o",
                result,
                "--force",
                "--no-gate",
            )

        ours(small)  # the disk's cache, for both
        before = ours(small)
        theirs = run(*worker, small, small, genes, out)
        after = ours(small)
        paper = run(*worker, small, small, genes, out, "--paper-rate")
        cold = (before.seconds + after.seconds) / 2

        again = (sys.executable, __file__, "--data", data, "--original-python", original, "--time", large)
        memory, alone = run(*again), run(*again, "--no-calibrate")
        files = ours(large)
        predict = run(*worker, small, large, genes, out, "--epochs", 2, "--repeats", 5)
        count = len(genes.read_text().split())
    rows = [
        ("original: predict, data frame in memory", predict.said["predict"], predict.said["cpu"], predict.memory),
        (
            "cellfill.impute, not calibrated: predicting alone",
            alone.said["predict"],
            alone.said["cpu"],
            alone.memory,
        ),
        ("cellfill.impute, calibrated on the cells", memory.said["predict"], memory.said["cpu"], memory.memory),
        ("cellfill impute, file to file, start and all", files.seconds, files.cpu, files.memory),
    ]
    first = table(
        [f"{LARGE:,} cells", "cells a second", "CPU seconds", "peak memory, MB", "faster", "less CPU", "memory"],
        [
            [
                name,
                f"{LARGE / seconds:,.0f}",
                f"{cpu:.1f}",
                f"{peak:,.0f}",
                f"**{rows[0][1] / seconds:.1f} x**",
                f"{rows[0][2] / cpu:.1f} x",
                f"**{peak / rows[0][3]:.2f} x**",
            ]
            for name, seconds, cpu, peak in rows
        ],
    )
    cold_cpu = (before.cpu + after.cpu) / 2
    second = table(
        [f"{SMALL} cells, cold start, file to file", "seconds", "CPU seconds", "peak memory, MB"],
        [
            *(
                [
                    f"original{how}: fit ({r.said['epochs']} epochs) and predict",
                    f"{r.seconds:.1f}",
                    f"{r.cpu:.1f}",
                    f"{r.memory:,.0f}",
                ]
                for how, r in (("", theirs), (", paper's learning rate", paper))
            ),
            [
                "cellfill impute",
                f"{cold:.2f} ({before.seconds:.2f}, {after.seconds:.2f})",
                f"{cold_cpu:.2f}",
                f"{before.memory:,.0f}",
            ],
            *(
                [
                    name,
                    f"**{r.seconds / cold:.1f} x**",
                    f"{r.cpu / cold_cpu:.1f} x",
                    f"{before.memory / r.memory:.2f} x",
                ]
                for name, r in (("ratio", theirs), ("ratio to the paper's learning rate", paper))
            ),
        ],
    )
    about = (
        f"{STUDY.stem}, {count:,} genes, all of them filled by the original "
        f"({count // GROUP} sub-networks of {GROUP}), {memory.said['genes']:,} of them by cellfill (human-pbmc)."
    )
    return "\n\n".join([about, first, second])


def main() -> None:
    """Measure and keep the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--original-python", required=True)
    parser.add_argument("--prepare", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--time", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--no-calibrate", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    need("anndata", "cellfill", "numpy")
    if arguments.prepare:
        prepare(arguments.data / STUDY, arguments.prepare)
    elif arguments.time:
        impute_in_memory(arguments.time, repeats=5, calibrate=not arguments.no_calibrate)
    else:
        command = "python benchmarks/speed/original.py --data FOLDER --original-python PATH"
        keep(Path(__file__).with_name("original.md"), command, compare(arguments.data, arguments.original_python))


if __name__ == "__main__":
    main()
