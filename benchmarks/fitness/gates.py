"""What is gained by leaving genes alone? A run without those that a quick check finds, beside one with all.

Usage: python benchmarks/fitness/gates.py --data FOLDER [--scratch FOLDER]

The pairs of `pairs.py`. A fifth of the molecules is put aside. From the others zeros are filled (`expected`), with
and without leaving genes alone that a quick check on these others finds no better than their mean. Over all entries
that are filled (zeros of filled genes), the Poisson loss of the molecules that were put aside, of what was filled
and of gene mean x library on the same entries; the sum over the entries that only the ungated run fills; and ARI of
Leiden clusters of all genes at resolution 1 against labels where there are any, on the whole counts.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import anndata
import numpy as np

import cellfill
from cellfill.errors import CellfillError
from cellfill_training.evaluation.protocols.clusters import cluster_scores
from common import keep, need, table
from fitness.pairs import PAIRS, SIZES, Pair, arguments_of, load, read, some

HEADER = (
    *("data", "model", "relation", "cells", "genes left alone", "loss filled / constant, ungated"),
    *(
        "loss filled / constant, gated",
        "gain on what is left alone, nats of molecules",
        "ARI raw",
        "ungated",
        "gated",
    ),
)


def gate_rows(arguments: argparse.Namespace) -> Iterator[list[str]]:
    """Fill with and without gates, where the model can be applied at all."""
    for pair in PAIRS:
        model, whole = load(pair, arguments), read(arguments, pair)
        for number in SIZES:
            if number > 1.2 * whole.n_obs:
                continue
            try:
                row = gate_row(pair, model, some(whole, number))
            except CellfillError as error:
                print(pair, str(error)[:100])
                break
            print(*row, flush=True)
            yield row


def gate_row(pair: Pair, model: cellfill.Model, adata: anndata.AnnData) -> list[str]:
    """Return a row of the table."""
    aside = np.random.default_rng(1).binomial(adata.X.data.astype(np.int64), 0.2).astype(np.float32)
    kept, hidden = adata.copy(), adata.X.copy()
    hidden.data = aside
    kept.X.data = adata.X.data - aside
    kept.X.eliminate_zeros()
    hidden.eliminate_zeros()
    free, gated = (model.impute(kept, gate=gate, copy=True) for gate in (False, True))
    without, left = free.var["imputed"].to_numpy(), ~gated.var["imputed"].to_numpy()
    values = free.layers["imputed"].toarray() / 4
    counts, truth = kept.X.toarray(), hidden.toarray()
    library, level = counts.sum(axis=1, dtype=np.float64), counts.sum(axis=0, dtype=np.float64) + 0.5
    constant = np.outer(library / library.sum(), level) / 4
    zero = counts == 0
    every, only = (
        _losses(values, constant, truth, zero & without),
        _losses(values, constant, truth, zero & without & left),
    )
    ours = _losses(values, constant, truth, zero & without & ~left)
    molecules = float(truth[zero & without & left].sum())
    return [
        pair.data,
        pair.model,
        pair.relation,
        str(adata.n_obs),
        f"{(without & left).sum():,} of {without.sum():,}",
        f"{every[0]:.4f} / {every[1]:.4f}",
        f"{ours[0]:.4f} / {ours[1]:.4f}",
        f"{only[2]:+.0f} of {molecules:.0f}" if molecules else "-",
        *_clusters(pair, model, adata),
    ]


def _losses(values: Any, constant: Any, truth: Any, where: Any) -> tuple[float, float, float]:
    """Return the mean loss of what was filled and of the constant over some entries, and the summed gain."""
    y = truth[where].astype(np.float64)
    found = [m - y * np.log(m) for m in (np.maximum(v[where].astype(np.float64), 1e-7) for v in (values, constant))]
    if not len(y):
        return float("nan"), float("nan"), 0.0
    return float(found[0].mean()), float(found[1].mean()), float((found[1] - found[0]).sum())


def _clusters(pair: Pair, model: cellfill.Model, adata: anndata.AnnData) -> list[str]:
    """Return the ARI of raw counts, and of counts filled without and with gates."""
    if pair.labels is None:
        return ["-", "-", "-"]
    labels = adata.obs[pair.labels].astype(str).to_numpy()
    filled = [model.impute(adata, gate=gate, copy=True).layers["imputed"] for gate in (False, True)]
    kept = np.asarray((adata.X > 0).sum(axis=0)).ravel() >= 3
    found = [cluster_scores(m[:, kept].toarray(), labels) for m in (adata.X, *filled)]
    return [f"{scores.ari:.3f}" for scores in found]


def main() -> None:
    """Measure and keep the table."""
    arguments = arguments_of(__doc__)
    need("tensorflow")
    body = table(HEADER, list(gate_rows(arguments)))
    keep(Path(__file__).with_name("gates.md"), "python benchmarks/fitness/gates.py --data FOLDER", body)


if __name__ == "__main__":
    main()
