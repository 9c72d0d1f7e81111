"""Does `cellfill check` tell the truth? Its verdicts on pairs of data and models whose right answer is known.

Usage: python benchmarks/fitness/verdicts.py --data FOLDER [--scratch FOLDER]

Models on studies that they have not seen, on other tissues, on other species (`pairs.py`), and on the same cells
with the genes' names in a random order; 50, 100 and 300 cells, and up to 2,000. "Seen" marks a model that was
trained on some of the cells. gain of the model: with gene levels corrected, in nats a hidden molecule over gene
mean x library; knowledge: that gain as a share of what many such cells would teach without the model.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import anndata
import numpy as np

import cellfill
from common import keep, need, table
from fitness.pairs import PAIRS, SIZES, Pair, arguments_of, load, read, some

FEW = 50  # of which a check cannot be sure
HEADER = (
    *("data", "model", "relation", "cells", "verdict", "gain of the model", "knowledge"),
    *("genes surely known", "genes filled", "masked MSE: calibrated / trivial"),
)


def wrong(adata: anndata.AnnData) -> anndata.AnnData:
    """Return the same counts under other genes' names."""
    order = np.random.default_rng(0).permutation(adata.n_vars)
    return anndata.AnnData(adata.X, obs=adata.obs, var=adata.var.iloc[order])


def verdict_rows(arguments: argparse.Namespace) -> Iterator[list[str]]:
    """Check every pair."""
    for pair in PAIRS:
        model, whole = load(pair, arguments), read(arguments, pair)
        for number in (FEW, *SIZES):
            if number > 1.2 * whole.n_obs:
                continue
            adata = some(whole, number)
            yield verdict_row(pair, model, adata, pair.relation)
            if number == SIZES[1] and "tissue" in pair.relation and "other" not in pair.relation:
                yield verdict_row(pair, model, wrong(adata), "names in random order")


def verdict_row(pair: Pair, model: cellfill.Model, adata: anndata.AnnData, relation: str) -> list[str]:
    """Return a row of the table."""
    fitness = model.check(adata)
    row = [pair.data, pair.model, relation, str(adata.n_obs), f"**{fitness.verdict}**"]
    print(*row, flush=True)
    if fitness.evidence is None or fitness.genes is None:
        return [*row, "-", "-", "-", "-", "coverage or species"]
    of, genes = fitness.evidence, fitness.genes
    masked = {f.method: f for f in fitness.figures if f.protocol == "masked entries"}
    ours, trivial = masked["model, calibrated"], masked["non-zero mean + library slope"]
    return [
        *row,
        f"{of.level:.3f}",
        f"{of.knowledge:.0%}",
        f"{genes.trusted[genes.tried].mean():.0%}",
        f"{genes.filled[genes.tried].mean():.0%}",
        f"{ours.mse:.4f} / {trivial.mse:.4f}",
    ]


def main() -> None:
    """Measure and keep the table."""
    arguments = arguments_of(__doc__)
    need("tensorflow")
    body = table(HEADER, list(verdict_rows(arguments)))
    keep(Path(__file__).with_name("verdicts.md"), "python benchmarks/fitness/verdicts.py --data FOLDER", body)


if __name__ == "__main__":
    main()
