"""Annotate: how many cells get their type, in the whole and as a mean over types."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cellfill_training.architectures.classifier.cells import bring_together
from cellfill_training.architectures.classifier.genes import log_levels
from cellfill_training.judging.annotation.rivals import commonest_type, logistic_regression, nearest_centroid
from cellfill_training.judging.annotation.scores import score_types
from cellfill_training.studies.gene_table import GeneTable

from .methods import PRE_TRAINED
from .networks import labelled, model_of, probabilities
from .sources import BLOOD, read_cells

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .sources import Cells
    from .worker import Run

TESTED = 0.3  # of the cells of a dataset, which nothing learns from


def split(cells: Cells, size: int | None, *, seed: int) -> tuple[Cells, Cells]:
    """Return cells to learn from, so many or all, and cells to name: those with a type, always the same by seed."""
    known = np.flatnonzero(cells.types != "")
    order = np.random.default_rng([seed, 3]).permutation(known)
    tested = round(TESTED * len(order))
    return cells.take(np.sort(order[tested:][:size])), cells.take(np.sort(order[:tested]))


def run(run: Run, cells: Cells) -> dict[str, dict[str, float]]:
    """Return accuracy and macro F1."""
    taught, named = split(cells, run.size, seed=run.seed)
    if run.way == PRE_TRAINED:
        taught = read_cells(run.scratch / "cells", BLOOD)
    types = sorted((set(taught.types) | set(named.types)) - {""})
    with run.watch():
        given = _probabilities(run, taught, named, types)
    leaf = np.array([types.index(t) for t in named.types])
    groups = np.arange(len(types))
    if run.way == PRE_TRAINED:  # as blood's labels of these two are: monocytes are one
        monocytes = [n for n, t in enumerate(types) if t.endswith("monocyte")]
        groups[monocytes] = monocytes[0]
    merged = np.zeros_like(given)
    np.add.at(merged.T, groups, given.T)
    scores = score_types(merged, groups[leaf])
    return {"": {"accuracy": scores.accuracy, "macro_f1": scores.macro_f1, "ece": scores.ece}}


def _probabilities(run: Run, taught: Cells, named: Cells, types: list[str]) -> NDArray[np.floating]:
    if run.method.network:
        made = model_of(run, taught)
        return probabilities(made, named.study(), types)
    studies, tree = labelled(taught)
    together = bring_together(studies, [], types=len(tree.leaves), table=GeneTable())
    place = {gene.symbol or gene.ensembl_id: number for number, gene in enumerate(together.genes)}
    columns = [place[str(gene)] for gene in named.genes]
    together = together.take_genes(np.array(columns))
    ways = {
        "majority": commonest_type,
        "centroid": nearest_centroid,
        "regression": logistic_regression,
        "correlation": _rank_correlation,
    }
    found = ways[run.name](together)(named.counts, np.ones(len(named.genes), dtype=bool))
    every = np.zeros((len(found), len(types)))
    every[:, [types.index(leaf) for leaf in tree.leaves]] = found
    return every


def _rank_correlation(cells):
    """Name a cell by the type whose mean of log counts has its order of genes the most (Spearman's rho)."""
    from scipy.stats import rankdata

    known = np.unique(cells.leaf[cells.leaf >= 0])
    levels = log_levels(cells.counts, np.maximum(cells.counts.sum(axis=1).A1, 1) / 1e4)
    means = np.array([levels[cells.leaf == t].mean(axis=0).A1 for t in known])

    def standard(values):
        ranks = rankdata(values, axis=1)
        ranks -= ranks.mean(axis=1, keepdims=True)
        return ranks / np.maximum(np.linalg.norm(ranks, axis=1, keepdims=True), 1e-12)

    def annotate(counts, _measured):
        rho = standard(counts.toarray()) @ standard(means).T
        found = np.zeros((counts.shape[0], cells.types))
        found[np.arange(len(rho)), known[rho.argmax(axis=1)]] = 1
        return found

    return annotate
