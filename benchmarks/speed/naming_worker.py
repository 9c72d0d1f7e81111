"""What benchmarks/speed/naming.py runs in CellTypist's environment.

Usage: python naming_worker.py train STUDY.h5ad MODEL.pkl, or name|vote CELLS.h5ad MODEL.pkl OUT.csv
"""

import sys

import anndata
import celltypist
import scanpy


def log_counts(path: str) -> anndata.AnnData:
    """Return cells as CellTypist wants them."""
    adata = anndata.read_h5ad(path)
    scanpy.pp.normalize_total(adata, target_sum=1e4)
    scanpy.pp.log1p(adata)
    return adata


what, cells, model, *out = sys.argv[1:]
if what == "train":
    trained = celltypist.train(
        log_counts(cells), labels="cell_type", n_jobs=1, feature_selection=True, top_genes=300, max_iter=200
    )
    trained.write(model)
else:
    loaded = celltypist.models.Model.load(model)
    found = celltypist.annotate(log_counts(cells), model=loaded, majority_voting=what == "vote")
    found.predicted_labels.join(found.probability_matrix).to_csv(out[0])
