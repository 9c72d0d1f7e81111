"""What benchmarks/cell_types runs in the peers' environment: celltypist FOLDER NUMBER, or harmony FOLDER.

celltypist: trains on taught.npz with its two-step choice of 300 genes a type, and names the cells of 0.npz,
1.npz ...; harmony: corrects places.npz into places.npy.
"""

import sys
from pathlib import Path

import numpy as np


def cells(path):
    """Return an AnnData of log counts."""
    import anndata
    from scipy import sparse

    with np.load(path) as given:
        levels = sparse.csr_matrix((given["data"], given["indices"], given["indptr"]), shape=given["shape"])
        adata = anndata.AnnData(levels)
        adata.var_names = given["symbols"]
        adata.obs["leaf"] = [f"leaf {n}" for n in given["leaf"]]
    return adata


def celltypist(folder: Path, number: int) -> None:
    """Train, and name."""
    import celltypist

    model = celltypist.train(
        cells(folder / "taught.npz"), labels="leaf", n_jobs=1, feature_selection=True, top_genes=300, max_iter=300
    )
    for place in range(number):
        said = celltypist.annotate(cells(folder / f"{place}.npz"), model=model)
        table = said.probability_matrix
        np.savez(
            folder / f"{place}.out.npz",
            probabilities=table.to_numpy(),
            leaves=np.array([int(name.split()[1]) for name in table.columns]),
            said=said.predicted_labels["predicted_labels"].astype(str).to_numpy(dtype=str),
        )


def harmony(folder: Path) -> None:
    """Correct places."""
    import harmonypy
    import pandas as pd

    with np.load(folder / "places.npz") as given:
        places, batches = given["places"].astype(np.float64), given["batches"]
    found = harmonypy.run_harmony(places, pd.DataFrame({"batch": [f"b{n}" for n in batches]}), "batch")
    corrected = np.asarray(found.Z_corr, dtype=np.float32)
    np.save(folder / "places.npy", corrected if corrected.shape[0] == len(places) else corrected.T)


if __name__ == "__main__":
    what, folder, *more = sys.argv[1:]
    if what == "celltypist":
        celltypist(Path(folder), int(more[0]))
    else:
        harmony(Path(folder))
