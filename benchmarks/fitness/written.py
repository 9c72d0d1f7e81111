"""Whether what `impute` writes, zeros filled and counts kept, is better than counts, and than predictions alone.

Usage: python benchmarks/fitness/written.py --data FOLDER

FOLDER holds the h5ad files. Nine in ten molecules of 400 cells of a dataset are seen, the others told: by the
counts that were seen (zeros raised to the floor that suits best, which nobody would know), by gene mean x
library, and by what `impute` gives with a model of the repository; of the genes that are filled. Poisson loss
an entry, lower is better. Most models learnt from the very study: how far predictions carry is asked elsewhere,
here only what is done with them. saver_zeisel stands for deep cells (12,915 counts each in the median).
"""

from __future__ import annotations

import argparse
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from common import keep, need, table

if TYPE_CHECKING:
    from numpy.typing import NDArray

MODELS = Path(__file__).parents[2] / "model_cards"
PAIRS = (
    ("zheng_pbmc14k_3500", "human-pbmc"),
    ("human_ctcl_pbmc_cite", "human-pbmc"),
    ("human_pancreas_baron_h1", "human-pbmc"),
    ("human_pancreas_baron_h1", "human-pancreas"),
    ("luad_patients", "human-lung-adenocarcinoma"),
    ("mix3cl_celseq2", "human-lung-cell-lines"),
    ("mix3cl_dropseq", "human-lung-cell-lines"),
    ("mouse_hspc_indrop", "mouse-bone-marrow"),
    ("mouse_intestine_moor", "mouse-intestine"),
    ("mouse_oligodendrocyte_marques", "mouse-oligodendrocytes"),
    ("mouse_pancreas_e15", "mouse-pancreas-e15"),
    ("saver_zeisel", "mouse-oligodendrocytes"),
)
CELLS, SHARE, FLOORS = 400, 0.9, (0.003, 0.01, 0.03, 0.1, 0.3)
WAYS = {"zeros filled": {}, "every entry predicted": {"policy": "all"}, "posterior": {"estimate": "posterior"}}


def main() -> None:
    """Measure and keep a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    arguments = parser.parse_args()
    need("anndata", "scipy")
    rows, better, ahead = [], 0, 0
    for data, model in PAIRS:
        verdict, losses = losses_of(arguments.data / "h5ad" / f"{data}.h5ad", MODELS / model)
        better += losses["zeros filled"] < losses["counts as they are"]
        ahead += losses["every entry predicted"] < losses["counts as they are"]
        rows.append([data, model, verdict, *(f"{loss:.5f}" for loss in losses.values())])
    head = ["cells", "model", "verdict", "counts as they are", "gene mean x library", *WAYS]
    text = f"Zeros filled are better than the counts as they are in {better} of {len(PAIRS)}, predictions of every "
    text += f"entry in {ahead}."
    command = "python benchmarks/fitness/written.py --data FOLDER"
    keep(Path(__file__).with_suffix(".md"), command, f"{text}\n\n{table(head, rows)}")


def losses_of(file: Path, model: Path) -> tuple[str, dict[str, float]]:
    """Return the verdict of the check, and the loss of each way."""
    import anndata
    from scipy import sparse

    import cellfill
    from cellfill.fitness.hiding import split_molecules

    warnings.simplefilter("ignore", cellfill.FitWarning)
    cells = anndata.read_h5ad(file)
    rows = np.sort(np.random.default_rng(0).permutation(cells.n_obs)[:CELLS])
    counts = sparse.csr_matrix(cells.X[rows]).astype(np.float32)
    seen, hidden = split_molecules(counts, seed=1, share=SHARE)
    given = anndata.AnnData(sparse.csr_matrix(seen), obs=cells.obs.iloc[rows][[]], var=cells.var)
    found = {way: cellfill.impute(given, model=model, copy=True, **options) for way, options in WAYS.items()}
    first = next(iter(found.values()))
    filled = first.var["imputed"].to_numpy(dtype=bool)
    left, told = seen.toarray()[:, filled], hidden.toarray()[:, filled]

    def loss(means: NDArray[np.floating]) -> float:
        mean = np.maximum(means.astype(np.float64) * (1 - SHARE) / SHARE, 1e-9)
        return float((mean - told * np.log(mean)).mean())

    depth = left.sum(axis=1, keepdims=True) / left.sum(axis=1).mean()
    losses = {
        "counts as they are": min(loss(np.where(left > 0, left, floor)) for floor in FLOORS),
        "gene mean x library": loss(left.mean(axis=0) * depth),
    }
    for way, one in found.items():
        layer = one.layers["imputed"]
        losses[way] = loss((layer.toarray() if sparse.issparse(layer) else np.asarray(layer))[:, filled])
    return str(first.uns["cellfill"]["check"]["verdict"]), losses


if __name__ == "__main__":
    main()
