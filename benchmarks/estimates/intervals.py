"""How often counts fall between the bounds that are promised.

Usage: python benchmarks/estimates/intervals.py --data FOLDER [--models model_cards]

FOLDER/h5ad holds the studies below, which trained none of the models. Each molecule of a cell falls into one of two
halves. A model is given the first, and says between which bounds counts of such cells lie; the counts of the
second, which nothing was fitted to, are looked up. An entry that lies on a bound counts by the share of it that
belongs inside, so that the promise can be kept to the digit; "in whole counts" is how often it lies on or between
the bounds as they are written. Beside it: Poisson counts about the same mean, negative binomial ones with the
dispersions of training, and those about gene mean x library with each gene's dispersion by its moments in the same
cells. The width is that of 80 %, in whole counts.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import anndata
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

import cellfill
from cellfill.calibration.quantiles import count_quantile, distribution
from cellfill.counts.find import Request, find_counts
from cellfill.fitness.baselines import gene_mean
from cellfill.fitness.hiding import split_molecules
from cellfill.readers import dataset_of
from cellfill.tasks.imputation.options import ImputeOptions
from cellfill.tasks.imputation.task import Impute
from common import keep, need, table

Float = NDArray[np.float64]

SHARES = (0.5, 0.8, 0.95)
OURS, TRAINED, POISSON, TRIVIAL = "fitted to the cells", "as trained", "Poisson", "gene mean x library"
MOST_CELLS = 1500
LEVELS = ((0.0, 0.03), (0.03, 0.1), (0.1, 0.3), (0.3, 1.0), (1.0, 3.0), (3.0, 10.0), (10.0, np.inf))
LEAST_ENTRIES = 2000
_POISSON = 1e7  # phi beyond which nothing is left of a dispersion


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """Cells that a model never saw.

    Attributes
    ----------
    model, file
        Of the model and of the cells.
    cells
        A column of obs and its value; all cells by default.
    """

    model: str
    file: str
    cells: tuple[str, str] | None = None


JUDGES = (
    Judge(model="human-pbmc", file="zheng_pbmc14k_3500"),
    Judge(model="human-pbmc", file="human_ctcl_pbmc_cite"),
    Judge(
        model="human-lung-adenocarcinoma",
        file="luad_patients",
        cells=("sample", "GSM3516669_MSK_LX679_PRIMARY_TUMOUR"),
    ),
    Judge(model="human-lung-cell-lines", file="mix3cl_dropseq"),
    Judge(model="human-pancreas", file="human_pancreas_baron_h1", cells=("sample", "human1_lib2")),
    Judge(model="mouse-bone-marrow", file="mouse_hspc_indrop", cells=("sample", "P12A")),
    Judge(
        model="mouse-oligodendrocytes",
        file="mouse_oligodendrocyte_marques",
        cells=("sample", "hypothalamus"),
    ),
)


@dataclass(frozen=True, slots=True)
class Predicted:
    """What is said of entries: mean and dispersion, and the probabilities below which counts lie, by share."""

    mean: Float
    inverse_dispersion: Float
    below: Mapping[float, tuple[Float, Float]]

    def covers(self, counts: Float, share: float) -> tuple[Float, Float, Float]:
        """Return how much of each entry falls inside, whether it lies within the whole counts, and their width."""
        low, high = self.below[share]
        upto = distribution(counts, self.mean, self.inverse_dispersion)
        before = distribution(counts - 1, self.mean, self.inverse_dispersion)
        own = np.maximum(upto - before, 1e-12)
        inside = np.clip((high - before) / own, 0, 1) - np.clip((low - before) / own, 0, 1)
        phi = self.inverse_dispersion.astype(np.float32)
        least, most = (count_quantile(self.mean.astype(np.float32), phi, at) for at in (low, high))
        return inside, (counts >= least) & (counts <= most), most - least


def cells_of(judge: Judge, data: Path) -> anndata.AnnData:
    """Return the cells, at most `MOST_CELLS`."""
    adata = anndata.read_h5ad(data / "h5ad" / f"{judge.file}.h5ad")
    adata.var_names_make_unique()
    if judge.cells is not None:
        adata = adata[(adata.obs[judge.cells[0]] == judge.cells[1]).to_numpy()]
    drawn = np.random.default_rng(0).permutation(adata.n_obs)[:MOST_CELLS]
    return adata[np.sort(drawn)].copy()


def predicted(
    model: cellfill.Model, seen: sparse.csr_matrix, var: Any
) -> tuple[dict[str, Predicted], NDArray[np.intp]]:
    """Return what each method says of the genes that are filled, and their columns."""
    dataset = dataset_of(anndata.AnnData(seen, var=var))
    outside = sorted(
        {round((1 - share) / 2, 6) for share in SHARES} | {round((1 + share) / 2, 6) for share in SHARES}
    )
    options = ImputeOptions(policy="all", estimate="expected")
    task = Impute(model=model.opened, options=options, key="imputed", probabilities=tuple(outside))
    found = find_counts(dataset, Request())
    step = task.prepare(found, cells=dataset.cells, dense=True).prepared.step
    mean = np.asarray(step.apply(seen).layer)[:, step.columns].astype(np.float64)
    spread = step.spread
    assert spread is not None
    logs = np.log(np.maximum(mean, 1e-6))

    def moved(at: float) -> Float:
        return spread.at(logs, outside.index(round(at, 6))).astype(np.float64)

    def nominal(at: float) -> Float:
        return np.full(mean.shape, at)

    def of(mean: Float, phi: Any, at: Any = nominal) -> Predicted:
        bounds = {share: (at((1 - share) / 2), at((1 + share) / 2)) for share in SHARES}
        return Predicted(mean, np.broadcast_to(phi, mean.shape).astype(np.float64), bounds)

    trivial, counts = gene_mean(seen)[:, step.columns].astype(np.float64), seen[:, step.columns].toarray()
    beyond = ((counts - trivial) ** 2 - trivial).sum(axis=0)
    by_moments = np.clip((trivial**2).sum(axis=0) / np.maximum(beyond, 1e-9), 1e-3, _POISSON)
    return {
        OURS: of(mean, spread.inverse_dispersion, moved),
        TRAINED: of(mean, spread.inverse_dispersion / spread.factor),
        POISSON: of(mean, _POISSON),
        TRIVIAL: of(trivial, by_moments),
    }, step.columns


def rows_of(judge: Judge, folder: Path, data: Path) -> tuple[list[list[str]], list[float]]:
    """Return a row a level of expression, and how far our coverage is from the promise in each, at worst."""
    adata = cells_of(judge, data)
    seen, hidden = split_molecules(sparse.csr_matrix(adata.X).astype(np.float32), seed=0, share=0.5)
    said, columns = predicted(cellfill.load(folder / judge.model), seen, adata.var)
    truth = hidden[:, columns].toarray().astype(np.float64)
    rows, off = [], []
    for low, high in (*LEVELS, (0.0, np.inf)):
        some = (said[OURS].mean >= low) & (said[OURS].mean < high)
        if some.sum() < LEAST_ENTRIES:
            continue
        row = [judge.file, judge.model, _level(low, high), f"{some.sum():,}"]
        widths = []
        for method, one in said.items():
            entries = Predicted(
                one.mean[some],
                one.inverse_dispersion[some],
                {share: (low_[some], high_[some]) for share, (low_, high_) in one.below.items()},
            )
            inside, whole, width = zip(*(entries.covers(truth[some], share) for share in SHARES), strict=True)
            row.append(" / ".join(f"{np.mean(values):.3f}" for values in inside))
            if method == OURS:
                row.append(" / ".join(f"{np.mean(values):.2f}" for values in whole))
                off.append(max(abs(float(np.mean(v)) - share) for v, share in zip(inside, SHARES, strict=True)))
            if method in (OURS, TRIVIAL):
                widths.append(f"{np.mean(width[1]):.2f}")
        rows.append([*row, *widths])
    return rows, off


def _level(low: float, high: float) -> str:
    if high == np.inf:
        return "all" if low == 0 else f"{low:g} and more"
    return f"{low:g} to {high:g}"


def main() -> None:
    """Measure and keep the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--models", type=Path, default=Path("model_cards"))
    arguments = parser.parse_args()
    need("anndata")
    found = [rows_of(judge, arguments.models, arguments.data) for judge in JUDGES]
    off = [value for _, values in found for value in values]
    promised = " / ".join(f"{share:g}" for share in SHARES)
    body = table(
        [
            "cells",
            "model",
            "mean count",
            "entries",
            f"{OURS}: {promised}",
            "in whole counts",
            TRAINED,
            POISSON,
            TRIVIAL,
            "width of 80 %",
            f"of {TRIVIAL}",
        ],
        [row for rows, _ in found for row in rows],
    )
    body += (
        f"\n\nOf {len(off)} rows the coverage of counts that nothing was fitted to is within 2 points of all three "
        f"promises in {sum(value <= 0.02 for value in off)}; at worst it is {max(off):.3f} off."
    )
    keep(Path(__file__).with_name("intervals.md"), "python benchmarks/estimates/intervals.py --data FOLDER", body)


if __name__ == "__main__":
    main()
