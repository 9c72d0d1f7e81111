"""How much is told of rare genes, and how many molecules are of genes that are filled.

Usage: python benchmarks/estimates/rare.py --data FOLDER [--model model_cards/human-pbmc]

FOLDER/h5ad: zheng_pbmc14k_3500 (1,500 of its sorted cells) and human_ctcl_pbmc_cite, which trained nothing. A tenth
of the molecules is hidden; the share of their Poisson deviance that is told beyond gene mean x library, by how many
of these cells have the gene, beside the mean of 15 neighbours. Genes are those that the model fills, as a person
gets them: calibrated, without genes that the check holds back.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "accuracy" / "workers")]

import anndata
import numpy as np
from knn import knn
from scipy import sparse

import cellfill
from cellfill.fitness.baselines import gene_mean
from cellfill.fitness.hiding import split_molecules
from common import keep, need, table
from tasks.impute import SHARE, explained

DATASETS = ("zheng_pbmc14k_3500", "human_ctcl_pbmc_cite")
MOST_CELLS = 1500
BINS = ((0.03, 1.01, "3 % of the cells and more"), (0.01, 0.03, "1 to 3 %"), (0.0, 0.01, "fewer"))


def rows_of(name: str, model: cellfill.Model, data: Path) -> list[list[str]]:
    """Return a row a bin of genes."""
    adata = anndata.read_h5ad(data / "h5ad" / f"{name}.h5ad")
    adata.var_names_make_unique()
    counts = sparse.csr_matrix(adata.X).astype(np.float32)
    counts = counts[np.random.default_rng(0).permutation(counts.shape[0])[:MOST_CELLS]]
    seen, hidden = split_molecules(counts, seed=0, share=SHARE)
    cells = anndata.AnnData(seen, var=adata.var.copy())
    model.impute(cells, policy="all")
    filled = cells.var["imputed"].to_numpy()
    ours = cells.layers["imputed"].toarray()
    neighbours, trivial, truth = knn(seen), gene_mean(seen), hidden.toarray()
    have = np.diff(seen.tocsc().indptr) / seen.shape[0]
    rows = []
    for low, high, title in (*BINS, (0.0, 1.01, "all")):
        inside = (have >= low) & (have < high) & (have > 0)
        some = inside & filled
        told = [explained(values[:, some], hidden[:, some], trivial[:, some]) for values in (neighbours, ours)]
        rows.append(
            [
                name,
                title,
                f"{some.sum():,} of {inside.sum():,}",
                f"{truth[:, some].sum() / truth[:, inside].sum():.3f}",
                f"{truth[:, inside].sum() / truth.sum():.3f}",
                *(f"{share:.3f}" for share in told),
            ]
        )
    return rows


def main() -> None:
    """Measure and keep the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", type=Path, default=Path("model_cards/human-pbmc"))
    arguments = parser.parse_args()
    need("tensorflow", "cellfill_training")
    model = cellfill.load(arguments.model)
    header = ["cells", "genes that so many have", "filled", "of their hidden molecules", "of all", "15 neighbours"]
    body = table(
        [*header, arguments.model.name],
        [row for name in DATASETS for row in rows_of(name, model, arguments.data)],
    )
    keep(Path(__file__).with_name("rare.md"), "python benchmarks/estimates/rare.py --data FOLDER", body)


if __name__ == "__main__":
    main()
