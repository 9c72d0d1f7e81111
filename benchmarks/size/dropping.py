"""What does `--drop-below` cost? Judged by hidden molecules, known truth and markers.

Usage: python benchmarks/size/dropping.py --data FOLDER

FOLDER/h5ad holds the datasets that are named below. Each is imputed once (estimate `expected`, policy `zeros`);
then zeros that got less than a threshold are zeros again, which is what `--drop-below` does, and that is scored.

hidden molecules: a tenth of the molecules of up to 1,500 cells is hidden (docs/evaluation.md, `molecules`).
order of zeros: area under the ROC curve, by gene, of the values of a gene's zeros for those that had a hidden
molecule; .5 is chance. Mean over the genes with ten such zeros or more (1,000 of them, evenly spaced), those in
under 3 % of the cells apart. Some models learnt from these very cells: compare thresholds, not models.
known truth, clusters and rare markers: as in benchmarks/estimates (known_truth.py and markers.py).
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[1]))

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from common import keep, need, table

if TYPE_CHECKING:
    import anndata
    import numpy as np
    from scipy import sparse

THRESHOLDS = (0.0, 0.005, 0.01, 0.02, 0.05, 0.1)
MOST_CELLS = 1500
MOST_GENES = 1000
RARE = 0.03
LEAST_HITS = 10
CASES = (
    ("human-pbmc", "zheng_pbmc14k_3500"),
    ("human-lung-adenocarcinoma", "luad_patients"),
    ("human-pancreas", "human_pancreas_baron_h1"),
    ("mouse-bone-marrow", "mouse_hspc_indrop"),
    ("mouse-intestine", "mouse_intestine_moor"),
    ("mouse-oligodendrocytes", "mouse_oligodendrocyte_marques"),
)


def left_zero(filled: np.ndarray, observed: np.ndarray, below: float) -> np.ndarray:
    """Return filled counts without what `--drop-below` would leave out."""
    import numpy as np

    return np.where((observed == 0) & (filled < np.float32(below)), np.float32(0), filled)


def read(data: Path, name: str) -> anndata.AnnData:
    """Return some cells of a dataset, evenly spaced."""
    import anndata
    import numpy as np

    cells = anndata.read_h5ad(data / "h5ad" / f"{name}.h5ad")
    chosen = np.linspace(0, cells.n_obs - 1, min(cells.n_obs, MOST_CELLS)).astype(int)
    return cells[chosen].copy()


def imputed(model: str, counts: sparse.csr_matrix, cells: anndata.AnnData) -> tuple[np.ndarray, np.ndarray]:
    """Return filled counts, and the columns that were imputed."""
    import anndata
    import numpy as np
    from scipy import sparse

    import cellfill

    given = anndata.AnnData(counts, var=cells.var[[]])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", cellfill.FitWarning)
        cellfill.impute(given, model=Path("model_cards") / model)
    return sparse.csr_matrix(given.layers["imputed"]).toarray(), np.flatnonzero(given.var["imputed"])


def order_of_zeros(filled: np.ndarray, kept: np.ndarray, hidden: np.ndarray, *, rare: bool) -> float:
    """Return the mean area under the curve of rare genes, or of the others."""
    import numpy as np
    from scipy.stats import rankdata

    hits = ((kept == 0) & (hidden > 0)).sum(axis=0)
    genes = np.flatnonzero((hits >= LEAST_HITS) & (((kept > 0).mean(axis=0) < RARE) == rare))
    genes = genes[np.linspace(0, len(genes) - 1, min(len(genes), MOST_GENES)).astype(int)]
    areas = []
    for gene in genes:
        zero = kept[:, gene] == 0
        hit = hidden[zero, gene] > 0
        number, others = hit.sum(), (~hit).sum()
        ranks = rankdata(filled[zero, gene])[hit].sum()
        areas.append((ranks - number * (number + 1) / 2) / (number * others))
    return float(np.mean(areas))


def of_molecules(data: Path) -> list[str]:
    """Return the part on hidden molecules."""
    import numpy as np

    from cellfill.fitness.hiding import split_molecules
    from cellfill_training.evaluation.protocols.filling import log_normalised

    header = ["model, cells", *(f"{below:g}" for below in THRESHOLDS)]
    stay, rare, common, error = [], [], [], []
    for model, name in CASES:
        cells = read(data, name)
        kept, hidden = split_molecules(cells.X.tocsr(), seed=0, share=0.9)
        filled, genes = imputed(model, kept, cells)
        filled, seen, truth = filled[:, genes], kept[:, genes].toarray(), hidden[:, genes].toarray()
        zeros = np.count_nonzero(seen == 0)
        depth = float(np.median(truth.sum(axis=1)))
        real = log_normalised(truth, target=depth)
        label = f"{model}, {name}"
        for rows in (stay, rare, common, error):
            rows.append([label])
        for below in THRESHOLDS:
            left = left_zero(filled, seen, below)
            stay[-1].append(f"{np.count_nonzero(left[seen == 0]) / zeros:.0%}")
            rare[-1].append(f"{order_of_zeros(left, seen, truth, rare=True):.3f}")
            common[-1].append(f"{order_of_zeros(left, seen, truth, rare=False):.3f}")
            squares = (log_normalised(left, target=depth) - real) ** 2
            error[-1].append(f"{np.mean(squares, dtype=np.float64):.5f}")
    return [
        "Share of the zeros of imputed genes that get a value, by threshold:",
        table(header, stay),
        "Order of zeros, genes in under 3 % of the cells:",
        table(header, rare),
        "Order of zeros, the other genes:",
        table(header, common),
        "Hidden molecules: squared error of log counts, at the depth of what was hidden:",
        table(header, error),
    ]


def of_truth(data: Path) -> list[str]:
    """Return the part on known truth."""
    import anndata
    from scipy import sparse

    from cellfill_training import fit, options_for, read_study
    from cellfill_training.evaluation import methods
    from cellfill_training.evaluation.protocols import known_truth

    rows = []
    for name in ("saver_zeisel", "saver_baron"):
        path = data / "h5ad" / f"{name}.h5ad"
        truth = sparse.csr_matrix(anndata.read_h5ad(path).X)
        lossy = read_study(path, layer="downsampled")
        options = options_for("default", min_detection=0.0, min_genes=1)
        with tempfile.TemporaryDirectory() as folder:
            bundle = fit([lossy], out=Path(folder) / "default", preset="default", options=options)
        values = methods.of_bundle(bundle, calibrate=True).predict(lossy)["expected"]
        observed = lossy.counts.toarray()
        for below in THRESHOLDS:
            given = {"expected": left_zero(values, observed, below)}
            found = known_truth.score(given, lossy, truth, most_genes=truth.shape[1])["expected"]
            figures = (found.gene_correlation, found.cell_correlation, found.gene_gene_rms)
            rows.append([name, f"{below:g}", *(f"{figure:.4f}" for figure in figures)])
    header = ["cells", "threshold", "by gene", "by cell", "gene-gene error"]
    return ["Known truth: correlation with it, and the error of genes' correlations:", table(header, rows)]


def of_markers(data: Path) -> list[str]:
    """Return the part on sorted cells."""
    import anndata
    from sklearn.metrics import roc_auc_score

    from estimates.markers import RARE as MARKERS
    from estimates.markers import clusters

    cells = anndata.read_h5ad(data / "h5ad" / "zheng_pbmc14k_3500.h5ad")
    labels = cells.obs["cell_type"].astype(str).to_numpy()
    observed = cells.X.toarray()
    detected, library = (observed > 0).mean(axis=0) > RARE, observed.sum(axis=1)
    filled, _ = imputed("human-pbmc", cells.X, cells)

    def row(name: str, counts: np.ndarray) -> list[str]:
        areas = [
            roc_auc_score(labels == of, counts[:, cells.var_names.get_loc(gene)] / library)
            for gene, of in MARKERS.items()
        ]
        return [name, *(f"{figure:.3f}" for figure in (*clusters(counts, detected, labels), *areas))]

    rows = [row("observed", observed)]
    rows += [row(f"{below:g}", left_zero(filled, observed, below)) for below in THRESHOLDS]
    header = ["threshold", "ARI", "AMI", *MARKERS]
    return [
        "Sorted cells: clusters, and the area under the curve of rare markers for their type:",
        table(header, rows),
    ]


def main() -> None:
    """Measure and keep the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    arguments = parser.parse_args()
    need("anndata", "scipy", "sklearn", "tensorflow", "cellfill_training")
    parts: Sequence[Callable[[Path], list[str]]] = (of_molecules, of_markers, of_truth)
    said = []
    for part in parts:
        said += part(arguments.data)
        print("\n\n".join(said), flush=True)
    keep(
        Path(__file__).with_name("dropping.md"),
        "python benchmarks/size/dropping.py --data FOLDER",
        "\n\n".join(said),
    )


if __name__ == "__main__":
    main()
