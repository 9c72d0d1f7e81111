"""The datasets and models that verdicts.py and gates.py bring together.

FOLDER/h5ad holds the datasets of the recipes. Models are those of model_cards/; for a PBMC study that human-pbmc
was trained on, its recipe is trained again without that study, once, into the scratch folder.
"""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import anndata
import numpy as np
from scipy import sparse

import cellfill
from accuracy.models import model_of
from cellfill.counts.source import choose_counts
from cellfill.readers import open_dataset

CARDS = Path("model_cards")
SIZES = (100, 300, 2000)
PBMC, LUAD, LINES, PANCREAS = (
    "human-pbmc",
    "human-lung-adenocarcinoma",
    "human-lung-cell-lines",
    "mouse-pancreas-e15",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A dataset and a model."""

    data: str
    model: str
    relation: str
    labels: str | None = None


PAIRS = (
    *(Pair(data=d, model=PBMC, relation="tissue") for d in ("pbmc3k", "pbmc4k_soupx", "pbmc_donorA", "pbmc1k_5p")),
    Pair(data="kang_pbmc", model=PBMC, relation="tissue"),
    Pair(data="zheng_pbmc14k_3500", model=PBMC, relation="tissue", labels="cell_type"),
    Pair(data="luad_patients", model=LUAD, relation="tissue, seen"),
    Pair(data="mix5cl_celseq2", model=LINES, relation="tissue, seen", labels="cell_type"),
    Pair(data="mouse_pancreas_e15", model=PANCREAS, relation="tissue, seen", labels="cell_type"),
    Pair(data="luad_patients", model=PBMC, relation="other tissue"),
    Pair(data="zheng_pbmc14k_3500", model=LUAD, relation="other tissue", labels="cell_type"),
    Pair(data="luad_patients", model=LINES, relation="other tissue"),
    Pair(data="pbmc1k_5p", model=LINES, relation="other tissue"),
    Pair(data="mix5cl_celseq2", model=PBMC, relation="other tissue", labels="cell_type"),
    Pair(data="saver_baron", model=PBMC, relation="other tissue"),
    Pair(data="saver_zeisel", model=PANCREAS, relation="other tissue", labels="cell_type"),
    Pair(data="mouse_e35_e45_4k", model=PANCREAS, relation="other tissue"),
    Pair(data="mouse1M_10k", model=PANCREAS, relation="other tissue"),
    Pair(data="mouse1M_10k", model=PBMC, relation="other species"),
    Pair(data="mouse_pancreas_e15", model=PBMC, relation="other species"),
    Pair(data="saver_zeisel", model=PBMC, relation="other species"),
    Pair(data="worm_l2", model=PBMC, relation="other species"),
)


def arguments_of(about: str | None) -> argparse.Namespace:
    """Read the folders of a command line."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--scratch", type=Path, default=Path("benchmarks/scratch"))
    return parser.parse_args()


def load(pair: Pair, arguments: argparse.Namespace) -> cellfill.Model:
    """Return the model, one that the study trained nothing of where there can be one."""
    if pair.model == PBMC and pair.relation == "tissue":
        folder = model_of(pair.data, data=arguments.data, scratch=arguments.scratch, given={})
        return cellfill.load(folder)
    return cellfill.load(CARDS / pair.model)


def read(arguments: argparse.Namespace, pair: Pair) -> anndata.AnnData:
    """Return the dataset with its counts in X, whatever it held them in."""
    path = arguments.data / "h5ad" / f"{pair.data}.h5ad"
    dataset = open_dataset(path)
    source = choose_counts(dataset)
    counts = sparse.csr_matrix(source.counts(slice(0, dataset.cells)).astype(np.float32))
    dataset.close()
    whole = anndata.read_h5ad(path)
    var = whole.raw.var if source.matrix.name == "raw.X" else whole.var
    return anndata.AnnData(counts, obs=whole.obs, var=var)


def some(adata: anndata.AnnData, number: int, seed: int = 0) -> anndata.AnnData:
    """Return so many cells, drawn at random."""
    rows = np.random.default_rng(seed).permutation(adata.n_obs)[:number]
    return adata[np.sort(rows)].copy()
