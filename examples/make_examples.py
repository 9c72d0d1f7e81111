"""Make the example file from the sorted PBMC of Zheng et al. 2017: 300 cells of seven types.

Usage: python examples/make_examples.py FOLDER, where FOLDER/h5ad/zheng_pbmc14k_3500.h5ad holds raw counts.
"""

from __future__ import annotations

import sys
from pathlib import Path

import anndata
import numpy as np
import scipy.sparse

CELLS = 300


def main(folder: Path) -> None:
    """Draw as many cells of every type, and write them beside this script."""
    full = anndata.read_h5ad(folder / "h5ad" / "zheng_pbmc14k_3500.h5ad")
    types = full.obs["cell_type_short"].astype(str)
    names = sorted(types.unique())
    rng = np.random.default_rng(0)
    share = np.array_split(np.arange(CELLS), len(names))
    cells = [
        rng.choice(np.flatnonzero(types == name), len(part), replace=False)
        for name, part in zip(names, share, strict=True)
    ]
    drawn = rng.permutation(np.concatenate(cells))
    small = anndata.AnnData(scipy.sparse.csr_matrix(full.X[drawn]).astype(np.float32))
    small.obs_names = [f"cell{i:03d}" for i in range(CELLS)]
    small.obs["sorted_type"] = full.obs["cell_type"].astype(str).to_numpy()[drawn]
    small.var_names = full.var_names
    small.uns["source"] = (
        "10x Genomics, bead-sorted PBMC (Chromium 3' v1), Zheng et al. 2017, doi:10.1038/ncomms14049; "
        "CC BY 4.0; 300 cells drawn at random, raw counts"
    )
    small.write_h5ad(Path(__file__).parent / "pbmc_sorted_300.h5ad", compression="gzip")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
