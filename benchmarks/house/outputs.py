"""What one side of `same_bytes.py` writes in its folder: a folder for each command or call, with all that it said.

It runs in the interpreter of that side, and uses nothing but commands and public names, which a change must keep.
"""

from __future__ import annotations

import contextlib
import itertools
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

CELLS = "pbmc_sorted_300.h5ad"
MODEL = "hub/human-pbmc"
ESTIMATES = ("expected", "expressed", "posterior")
POLICIES = ("zeros", "max", "all")
FORMATS = {"zarr": "out.zarr", "csv": "out.csv", "tsv-gz": "out.tsv.gz", "mtx": "mtx"}
# Every estimate with every policy as .h5ad; in the other formats every estimate, and every policy, once.
IMPUTED = {
    f"impute-{estimate}-{policy}-h5ad": ("out.h5ad", "--estimate", estimate, "--policy", policy)
    for estimate, policy in itertools.product(ESTIMATES, POLICIES)
} | {
    f"impute-{estimate}-{policy}-{kind}": (file, "--estimate", estimate, "--policy", policy)
    for kind, file in FORMATS.items()
    for estimate, policy in zip(ESTIMATES, POLICIES, strict=True)
}
IMPUTED |= {
    "impute-float16": ("out.h5ad", "--dtype", "float16"),
    "impute-float16-posterior-all": (
        "out.h5ad",
        "--dtype",
        "float16",
        "--estimate",
        "posterior",
        "--policy",
        "all",
    ),
    "impute-genes": ("out.h5ad", "--genes", "CD3D,LYZ,NKG7", "--key-added", "some"),
    "impute-as-the-model-is": ("out.h5ad", "--no-calibrate", "--no-gate", "--drop-below", "0.1"),
    "impute-small-blocks": ("out.h5ad", "--block-size", "64", "--threads", "2"),
}
COMMANDS: dict[str, tuple[str, ...]] = {
    "check": ("check", CELLS, "--model", MODEL, "--json", "--genes", "check/genes.tsv"),
    "recommend": ("recommend", CELLS, "--hub", "hub", "--json"),
    "align": ("align", CELLS, "--model", MODEL, "--json"),
    "report": ("report", CELLS, "--model", MODEL, "--embedding", "pca", "-o", "report/page.html"),
}
FIT = (
    *("fit", CELLS, "--out", "fit/small", "--seed", "3", "--max-epochs", "3", "--max-targets", "400"),
    *("--species", "Homo sapiens", "--tissue", "blood"),
)
CALLS = ("resumed", "dask-cluster", "dask-lazily", "in-memory", "fit")
NAMES = (*IMPUTED, *COMMANDS, *CALLS)


def command(name: str, *words: str, module: str = "cellfill.cli") -> None:
    """Run a command, and keep its streams and exit status beside what it wrote."""
    Path(name).mkdir(exist_ok=True)
    done = subprocess.run([sys.executable, "-m", module, *words], capture_output=True, check=False)
    kept = {"stdout": done.stdout, "stderr": done.stderr, "status": f"{done.returncode}\n".encode()}
    for stream, said in kept.items():
        Path(name, f"{stream}.txt").write_bytes(said)


def impute(name: str, file: str, *options: str) -> None:
    """Run `cellfill impute`."""
    command(name, "impute", CELLS, "-o", f"{name}/{file}", "--model", MODEL, "--json", *options)


def resumed(name: str) -> None:
    """Cut a run after some blocks, in Python, and go on from it by command."""
    import cellfill

    def cut(done: int, cells: int) -> None:
        if done >= cells // 3:
            raise KeyboardInterrupt

    Path(name).mkdir()
    with contextlib.suppress(KeyboardInterrupt):
        cellfill.impute_file(
            CELLS, f"{name}/out.h5ad", model=MODEL, block_size=50, threads=1, resume=True, on_block=cut
        )
    left = [path.name for path in Path(name).iterdir()]
    if not left or "out.h5ad" in left:
        raise SystemExit(f"{name}: the run was not cut, or left nothing to go on from: {left}")
    impute(name, "out.h5ad", "--block-size", "50", "--threads", "1", "--resume")


def dask_cluster(name: str) -> None:
    """Fill on the workers of a cluster, from a store to a store."""
    from distributed import LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, scheduler_port=8798) as cluster:
        impute(name, "out.h5ad", "--dask", cluster.scheduler_address, "--block-size", "100")


def dask_lazily(name: str) -> None:
    """Fill lazy counts, and write what comes of them when they are computed."""
    import anndata
    import dask.array as da

    import cellfill

    lazy = anndata.read_h5ad(CELLS)
    rows = [lazy.X[start : start + 100] for start in range(0, lazy.n_obs, 100)]
    lazy.X = da.concatenate([da.from_array(block, chunks=block.shape, asarray=False) for block in rows])
    cellfill.impute(lazy, model=MODEL)
    lazy.layers["imputed"] = lazy.layers["imputed"].compute(scheduler="synchronous")
    lazy.X = lazy.X.compute(scheduler="synchronous")
    Path(name).mkdir()
    lazy.write_h5ad(f"{name}/out.h5ad")


def in_memory(name: str) -> None:
    """Call the library on an AnnData: once for each estimate, by a name and by a loaded model."""
    import anndata

    import cellfill

    adata = anndata.read_h5ad(CELLS)
    cellfill.impute(adata, model=MODEL)
    model = cellfill.load(MODEL)
    for estimate, policy in zip(ESTIMATES, POLICIES, strict=True):
        model.impute(adata, estimate=estimate, policy=policy, key_added=estimate)
    Path(name).mkdir()
    adata.write_h5ad(f"{name}/out.h5ad")


def main(source: str, only: list[str]) -> None:
    """Write all of it, or what is named, after a look that the code that runs is the one that was meant."""
    import cellfill

    where = Path(cellfill.__file__).resolve()
    if source and not where.is_relative_to(source):
        raise SystemExit(f"{source} was to run, and {where} did.")
    jobs = {name: lambda n: impute(n, *IMPUTED[n]) for name in IMPUTED}
    jobs |= {name: lambda n: command(n, *COMMANDS[n]) for name in COMMANDS}
    jobs |= {"resumed": resumed, "in-memory": in_memory}
    if find_spec("dask"):
        jobs["dask-lazily"] = dask_lazily
    if find_spec("distributed"):
        jobs["dask-cluster"] = dask_cluster
    if find_spec("tensorflow"):
        jobs["fit"] = lambda n: command(n, *FIT, module="cellfill_training.cli")
    for name in only or NAMES:
        print(name if name in jobs else f"{name}: left out, for what it needs is not installed", file=sys.stderr)
        if name in jobs:
            jobs[name](name)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
