"""Make the small real datasets that the tests use; run it again only to change them.

Usage: python tests/data/make_data.py FOLDER, where FOLDER/h5ad holds pbmc3k.h5ad, pbmc_donorA.h5ad and
mix3cl_dropseq.h5ad with raw counts.
"""

from __future__ import annotations

import sys
from pathlib import Path

import anndata
import numpy as np
import scipy.sparse

HERE = Path(__file__).parent


def shrink(source: Path, *, cells: int, genes: int, obs: list[str], text: str) -> anndata.AnnData:
    """Draw cells and keep the genes that most of them have."""
    full = anndata.read_h5ad(source)
    drawn = np.sort(np.random.default_rng(0).choice(full.n_obs, cells, replace=False))
    counts = scipy.sparse.csr_matrix(full.X[drawn]).astype(np.float32)
    detected = np.bincount(counts.indices, minlength=full.n_vars)
    kept = np.sort(np.argsort(-detected, kind="stable")[:genes])
    small = anndata.AnnData(counts[:, kept], obs=full.obs.iloc[drawn][obs].astype(str))
    small.obs_names = [f"cell{i:03d}" for i in range(cells)]
    small.var_names = full.var_names[kept]
    if "ensembl_id" in full.var:
        small.var["ensembl_id"] = full.var["ensembl_id"].astype(str).to_numpy()[kept]
    small.uns["source"] = text
    return small


def main(folder: Path) -> None:
    """Write the three files beside this script."""
    h5ad = folder / "h5ad"
    made = {
        "pbmc3k_400": shrink(
            h5ad / "pbmc3k.h5ad",
            cells=400,
            genes=900,
            obs=["cell_type"],
            text="10x Genomics, 3k PBMCs from a healthy donor; CC BY 4.0; 400 cells, 900 genes, raw counts",
        ),
        "pbmc_donor_a_300": shrink(
            h5ad / "pbmc_donorA.h5ad",
            cells=300,
            genes=900,
            obs=[],
            text="10x Genomics, frozen PBMCs donor A; CC BY 4.0; 300 cells, 900 genes, raw counts",
        ),
        "cell_lines_150": shrink(
            h5ad / "mix3cl_dropseq.h5ad",
            cells=150,
            genes=600,
            obs=["cell_line"],
            text="Tian et al. 2019, GSE118767, three lung cell lines, Drop-seq; MIT; 150 cells, raw counts",
        ),
    }
    for name, data in made.items():
        data.write_h5ad(HERE / f"{name}.h5ad", compression="gzip")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
