"""Write the cells with the loompy that is installed: LABEL.loom.

Usage: python make_loom.py LABEL FOLDER. README.md lists the versions that were installed.
"""

import sys
from pathlib import Path

import loompy
import numpy as np
import truth


def main(label, folder):
    """Write one file; text that is a category is text in it, absent ones an empty one."""
    cells, genes = truth.cells(), truth.genes()
    of_cells = {name: cells[name].astype(object).fillna("").values for name in ("cell_type", "sample", "note")}
    of_cells.update({name: cells[name].values for name in ("n_counts", "percent_mt")})
    of_cells.update({"CellID": cells.index.values, "doublet": cells["doublet"].values.astype(int)})
    of_cells["X_pca"] = truth.coordinates()
    of_genes = {"Gene": genes.index.values, "Accession": genes["gene_ids"].values, "PCs": truth.loadings()}
    of_genes["chromosome"] = genes["chromosome"].astype(object).values
    of_genes["mean"] = genes["mean"].values
    of_genes["highly_variable"] = genes["highly_variable"].values.astype(int)
    counts = truth.counts().T.astype("int32")
    loompy.create(
        str(Path(folder) / f"{label}.loom"),
        {"": counts, "doubled": 2 * counts},
        {name: np.asarray(values) for name, values in of_genes.items()},
        {name: np.asarray(values) for name, values in of_cells.items()},
    )


main(*sys.argv[1:])
