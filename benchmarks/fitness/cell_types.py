"""Does `cellfill check` tell whether a model is fit to name cells? Its verdicts beside how many are named right.

Usage: python benchmarks/fitness/cell_types.py --data FOLDER --labels FOLDER --model BUNDLE

Blood of which the types are known, whole, thinned, with a quarter of its genes and under wrong names of genes; cell
lines, tumours, other tissues, other species. Right: of the cells with a known type that get one, the share of which
the type, or a broader one of the tree, is the known one; "to the last detail": the most probable detailed type of
all of them. Model's account: what the check expects of the latter. "One type for all" is what calling every cell
the commonest type would be right for.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import anndata
import numpy as np
import pandas as pd
from scipy import sparse

import cellfill
from common import keep, table

HEADER = (
    *("data", "verdict", "unlike any type", "named", "right", "to the last detail", "model's account"),
    *("one type for all", "half the counts", "half the genes", "embedding", "likeness"),
)
# What the studies call a type, and what it is in the tree.
NAMES = {
    "B": "B cell",
    "CD14 mono": "CD14 monocyte",
    "CD4 T": "CD4 T cell",
    "CD8 T": "CD8 T cell",
    "FCGR3A mono": "FCGR3A monocyte",
    "Mk": "platelet",
    "NK": "NK cell",
    "DC": "dendritic cell",
    "CD14+ Monocyte": "CD14 monocyte",
    "CD19+ B": "B cell",
    "CD56+ NK": "NK cell",
    "CD8+/CD45RA+ Naive Cytotoxic": "CD8 T cell",
    "CD4+/CD25 T Reg": "CD4 T cell",
    "CD4+/CD45RA+/CD25- Naive T": "CD4 T cell",
    "CD4+/CD45RO+ Memory": "CD4 T cell",
}
KNOWN = ("zheng_pbmc14k_3500", "kang_pbmc")
OTHERS = ("human_ctcl_pbmc_cite", "luad_patients", "human_pancreas_baron_h1", "mix5cl_celseq2", "mix3cl_dropseq")
SPECIES = ("mouse_hspc_indrop", "worm_l2")
DEPTHS = (0.3, 0.1, 0.05)


def read(arguments: argparse.Namespace, name: str) -> anndata.AnnData:
    """Return a dataset with its types in obs, as the tree calls them; empty where they are not known."""
    whole = anndata.read_h5ad(arguments.data / f"{name}.h5ad")
    cells = anndata.AnnData(sparse.csr_matrix(whole.X), obs=pd.DataFrame(index=whole.obs_names), var=whole.var)
    labels = arguments.labels / f"{name}.tsv"
    if labels.exists():
        found = pd.read_csv(labels, sep="\t", index_col=0)["cell_type"].reindex(whole.obs_names)
    else:
        found = whole.obs["cell_type"].astype(str) if name in KNOWN else pd.Series("", index=whole.obs_names)
    cells.obs["known"] = found.map(NAMES).fillna("").to_numpy()
    return cells


def thinned(cells: anndata.AnnData, share: float) -> anndata.AnnData:
    """Return the cells with a share of their molecules."""
    rng, counts = np.random.default_rng(0), cells.X.copy()
    counts.data = rng.binomial(counts.data.astype(int), share).astype(np.float32)
    counts.eliminate_zeros()
    return anndata.AnnData(counts, obs=cells.obs, var=cells.var)


def cases(arguments: argparse.Namespace) -> Iterator[tuple[str, anndata.AnnData]]:
    """Yield the cells, each case with its name."""
    rng = np.random.default_rng(1)
    for name in KNOWN:
        cells = read(arguments, name)
        yield name, cells
        for share in DEPTHS:
            yield f"{name}, {share:.0%} of the counts", thinned(cells, share)
        yield f"{name}, 300 cells", cells[np.sort(rng.permutation(cells.n_obs)[:300])].copy()
        yield f"{name}, a quarter of the genes", cells[:, rng.random(cells.n_vars) < 0.25].copy()
        order = rng.permutation(cells.n_vars)
        yield f"{name}, genes under wrong names", anndata.AnnData(cells.X, obs=cells.obs, var=cells.var.iloc[order])
    for name in OTHERS:
        cells = read(arguments, name)
        yield name, cells
        yield f"{name}, 10% of the counts", thinned(cells, 0.1)
    for name in SPECIES:
        yield name, read(arguments, name)


def row_of(name: str, cells: anndata.AnnData, model: cellfill.Model) -> list[str]:
    """Return a row of the table."""
    found = model.check(cells)
    checks = found.of if hasattr(found, "of") else {"annotate": found}
    types, places = checks["annotate"], checks.get("embed")
    embedding = "-" if places is None else places.verdict
    row = [name, f"**{types.verdict}**"]
    if types.evidence is None:
        return [*row, *["-"] * 8, embedding, "-"]
    named, right, detailed, commonest = accuracy(cells, model)
    steady = {s.without: s.same for s in types.steadiness}
    likeness = "-" if places is None else f"{places.evidence.likeness:.2f}"
    return [
        *(*row, share(types.evidence.unlike), share(named), share(right), share(detailed)),
        *(share(types.evidence.sure), share(commonest), *map(share, steady.values()), embedding, likeness),
    ]


def accuracy(cells: anndata.AnnData, model: cellfill.Model) -> tuple[float, float, float, float]:
    """Return the shares of cells that are named, rightly named, rightly to the last detail, and of one type."""
    given = model.annotate(cells, copy=True)
    classes = model.opened.bundle.classes
    types, known = given.obs["cell_type"].astype(str).to_numpy(), cells.obs["known"].to_numpy()
    above = {n: {n, *(classes.names[a] for a in classes.ancestors(i))} for i, n in enumerate(classes.names)}
    here, named = known != "", types != "unassigned"
    leaves = np.nan_to_num(given.obsm["cell_type_probabilities"]).argmax(axis=1)
    detailed = np.array(classes.leaf_names)[leaves] == known
    right = np.array([t in above.get(k, ()) for t, k in zip(types, known, strict=True)])
    if not here.any():
        return float(named.mean()), np.nan, np.nan, np.nan
    most = pd.Series(known[here]).value_counts(normalize=True).iloc[0]
    of_named = float(right[here & named].mean()) if (here & named).any() else np.nan
    return float(named.mean()), of_named, float(detailed[here].mean()), float(most)


def share(value: float) -> str:
    """Return a share as a person reads it."""
    return "-" if value != value else f"{value:.0%}"


def main() -> None:
    """Measure and keep the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("data", "labels", "model"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    arguments = parser.parse_args()
    model, rows = cellfill.load(arguments.model), []
    for name, cells in cases(arguments):
        rows.append(row_of(name, cells, model))
        print(*rows[-1], flush=True)
    trained = ", ".join(study.name for study in model.manifest.studies if study.role == "training")
    body = f"{model.manifest.name}, trained on {trained}.\n\n{table(HEADER, rows)}"
    command = "python benchmarks/fitness/cell_types.py --data FOLDER --labels FOLDER --model BUNDLE"
    keep(Path(__file__).with_name("cell-types.md"), command, body)


if __name__ == "__main__":
    main()
