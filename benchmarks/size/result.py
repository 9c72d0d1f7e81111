"""How large is a result? And what makes it smaller, at which cost.

Usage: python benchmarks/size/result.py --data FOLDER

FOLDER/h5ad holds the datasets that are named below; of each up to 1,500 cells are taken, evenly spaced, imputed
once in memory (`expected`, policy `zeros`), and the layer is written to an .h5ad beside the counts, as `cellfill
impute` writes it: as it was before results were packed (no filter of HDF5), as it is (packed where that pays), with
all packed, by gzip as h5py has it, and as the options leave it. Sizes are of the whole file. Seconds are of writing
alone, processor time of all threads. What `--drop-below` costs in accuracy is in dropping.md.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import warnings
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[1]))

from common import keep, need, table

if TYPE_CHECKING:
    from collections.abc import Iterator

    import anndata
    from scipy import sparse

MOST_CELLS = 1500
BLOCK = 256
CASES = (
    ("human-pbmc", "pbmc3k"),
    ("human-pbmc", "zheng_pbmc14k_3500"),
    ("human-pbmc", "kang_pbmc"),
    ("human-lung-adenocarcinoma", "luad_patients"),
    ("human-pancreas", "human_pancreas_baron_h1"),
    ("mouse-bone-marrow", "mouse_hspc_indrop"),
    ("mouse-intestine", "mouse_intestine_moor"),
    ("mouse-oligodendrocytes", "mouse_oligodendrocyte_marques"),
)


@dataclass(frozen=True, kw_only=True)
class Way:
    """A way to write a layer: what is done to its values, and whether arrays are packed."""

    name: str
    below: float = 0.0
    rounded: bool = False
    packs: bool | None = None  # by default where it pays


WAYS = (
    Way(name="nothing packed, as before", packs=False),
    Way(name="default: packed where it pays"),
    Way(name="everything packed", packs=True),
    Way(name="--rounded", rounded=True),
    Way(name="--drop-below 0.005", below=0.005),
    Way(name="--drop-below 0.01", below=0.01),
    Way(name="--drop-below 0.02", below=0.02),
    Way(name="--drop-below 0.05", below=0.05),
    Way(name="--drop-below 0.1", below=0.1),
    Way(name="--rounded --drop-below 0.05", below=0.05, rounded=True),
)
GZIP = "gzip 4 of h5py, everything"


def prepared(layer: sparse.csr_matrix, counts: sparse.csr_matrix, way: Way) -> sparse.csr_matrix:
    """Return a layer as the options leave it; observed counts stay."""
    import numpy as np

    from cellfill.tasks.imputation.fill import round_values

    values, observed = layer.toarray(), counts.toarray()
    if way.rounded:
        round_values(values)
    values[values < np.float32(way.below)] = 0
    values[observed > 0] = observed[observed > 0]
    from scipy.sparse import csr_matrix

    return csr_matrix(values)


@contextmanager
def packing(*, packs: bool | None) -> Iterator[None]:
    """Have all arrays packed, or none, or where it pays."""
    from cellfill.writers import stored

    usual = stored.packs
    if packs is not None:
        stored.packs = lambda _chunk: packs
    try:
        yield
    finally:
        stored.packs = usual


def seconds_of(work: Callable[[], object]) -> float:
    """Return the processor time of some work."""

    def now() -> float:
        used = resource.getrusage(resource.RUSAGE_SELF)
        return used.ru_utime + used.ru_stime

    start = now()
    work()
    return now() - start


def written(source: Path, layer: sparse.csr_matrix, out: Path) -> None:
    """Write a layer as a run does."""
    from cellfill.readers import open_dataset
    from cellfill.results.named import Layer, Results
    from cellfill.writers import open_sink

    dataset = open_dataset(source)
    sink = open_sink(out, dataset=dataset, layer=Layer(name="imputed"), overwrite=True)
    for start in range(0, layer.shape[0], BLOCK):
        sink.add(layer[start : start + BLOCK])
    sink.finish(Results(record_name="cellfill", record={}))
    dataset.close()


def some_cells(path: Path) -> anndata.AnnData:
    """Return some cells of a dataset, evenly spaced."""
    import anndata
    import numpy as np

    cells = anndata.read_h5ad(path)
    chosen = np.linspace(0, cells.n_obs - 1, min(cells.n_obs, MOST_CELLS)).astype(int)
    return anndata.AnnData(cells.X[chosen], var=cells.var[[]])


def measured(model: str, path: Path, folder: Path) -> tuple[float, float, dict[str, tuple[float, float]]]:
    """Return the MB of the counts alone, the share of entries that have a value, and MB and seconds of each way."""
    from scipy import sparse

    import cellfill

    cells = some_cells(path)
    source, out = folder / "in.h5ad", folder / "out.h5ad"
    cells.write_h5ad(source, compression="gzip")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", cellfill.FitWarning)
        cellfill.impute(cells, model=Path("model_cards") / model)
    counts, layer = sparse.csr_matrix(cells.X), sparse.csr_matrix(cells.layers["imputed"])
    found = {}
    for way in WAYS:
        values = prepared(layer, counts, way)
        with packing(packs=way.packs):
            seconds = seconds_of(lambda values=values: written(source, values, out))
        found[way.name] = out.stat().st_size / 1e6, seconds
    del cells.layers["imputed"]
    cells.layers["imputed"] = layer
    seconds = seconds_of(lambda: cells.write_h5ad(out, compression="gzip"))
    found[GZIP] = out.stat().st_size / 1e6, seconds
    return source.stat().st_size / 1e6, layer.nnz / (layer.shape[0] * layer.shape[1]), found


def main() -> None:
    """Measure and keep the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    arguments = parser.parse_args()
    need("anndata", "numpy", "scipy", "h5py")
    names = [WAYS[0].name, WAYS[1].name, WAYS[2].name, GZIP, *(way.name for way in WAYS[3:])]
    sizes: dict[str, list[float]] = {name: [] for name in names}
    seconds: dict[str, list[float]] = {name: [] for name in names}
    given, header = [], ["way to write"]
    with tempfile.TemporaryDirectory() as folder:
        for model, name in CASES:
            size, share, found = measured(model, arguments.data / "h5ad" / f"{name}.h5ad", Path(folder))
            header.append(f"{name} ({share:.0%})")
            given.append(size)
            for way in names:
                sizes[way].append(found[way][0])
                seconds[way].append(found[way][1])
    every = sum(sizes[names[0]])
    rows = [["counts alone, gzip", *(f"{size:.1f}" for size in given), f"{sum(given) / every:.2f}", "-"]]
    for way in names:
        share = sum(sizes[way]) / every
        rows.append([way, *(f"{size:.1f}" for size in sizes[way]), f"{share:.2f}", f"{sum(seconds[way]):.1f}"])
    body = (
        f"MB of the .h5ad of {MOST_CELLS:,} cells at most (in brackets the share of entries that have a value), "
        "all against the first way, and seconds to write all:\n\n" + table([*header, "size", "seconds"], rows)
    )
    keep(Path(__file__).with_name("result.md"), "python benchmarks/size/result.py --data FOLDER", body)


if __name__ == "__main__":
    main()
