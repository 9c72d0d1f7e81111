"""What a method gets wrong, gene by gene, beside what a trivial method does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cellfill.fitness import baselines
from cellfill.fitness.metrics import scores_by_gene
from cellfill_training.evaluation.by_gene.paired_tests import adjusted
from cellfill_training.evaluation.methods import Method, as_values
from cellfill_training.evaluation.protocols.masked import hide
from cellfill_training.evaluation.protocols.molecules import split
from cellfill_training.studies.study import Study

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Float64 = NDArray[np.float64]

_LEAST_MEAN = 1e-6  # as in `molecules`


@dataclass(frozen=True, slots=True)
class Errors:
    """Of hidden entries: squared error of each; MSE and Pearson of each gene."""

    squares: Float64
    mse: Float64
    pearson: Float64


@dataclass(frozen=True, slots=True)
class Losses:
    """Of each gene: its Poisson losses, and the adjusted p value of their difference."""

    ours: Float64
    trivial: Float64
    q: Float64


def hidden_errors(
    method: Method, study: Study, genes: NDArray[np.intp], *, rounds: int, seed: int
) -> tuple[Errors, Errors, NDArray[np.intp]]:
    """Return the errors of the method and of the better trivial one, and the gene of each entry."""
    found: list[list[NDArray[np.float32]]] = [[], [], [], []]
    places = []
    for number in range(rounds):
        task = hide(study, genes, seed=seed + number)
        masked, seen = task.masked, task.seen
        where = masked.rows, masked.columns
        values = as_values(method, seen)
        nothing = np.full(len(masked.truth), np.nan, dtype=np.float32)
        found[0].append(values["expressed"][where] if "expressed" in values else nothing)
        found[1].append(baselines.nonzero_mean(masked.counts)[where])
        found[2].append(baselines.gene_mean_truncated(masked.counts)[where])
        found[3].append(masked.truth)
        places.append(masked.rows * study.counts.shape[1] + masked.columns)
    _, first = np.unique(np.concatenate(places), return_index=True)
    mine, nonzero, mean, truth = (np.concatenate(parts)[first] for parts in found)
    gene = np.concatenate(places)[first] % study.counts.shape[1]
    ours, other, another = (_errors(values, truth, gene, study.counts.shape[1]) for values in (mine, nonzero, mean))
    better = np.nan_to_num(other.mse, nan=np.inf) <= np.nan_to_num(another.mse, nan=np.inf)
    return ours, _either(better, other, another, gene), gene


def _errors(values: NDArray[np.float32], truth: NDArray[np.float32], gene: NDArray[np.intp], width: int) -> Errors:
    mse, pearson = scores_by_gene(values, truth, gene, width)
    squares = (np.log1p(values.astype(np.float64)) - np.log1p(truth.astype(np.float64))) ** 2
    return Errors(squares, mse, pearson)


def _either(which: NDArray[np.bool_], one: Errors, other: Errors, gene: NDArray[np.intp]) -> Errors:
    return Errors(
        np.where(which[gene], one.squares, other.squares),
        np.where(which, one.mse, other.mse),
        np.where(which, one.pearson, other.pearson),
    )


def molecule_losses(method: Method, study: Study, genes: NDArray[np.intp], *, seed: int) -> Losses:
    """Return the Poisson loss of each gene, the trivial one's, and the adjusted p value of the difference."""
    task = split(study, genes, seed=seed)
    values = as_values(method, task.seen)
    if "expected" not in values:
        unknown = np.full(len(genes), np.nan)
        return Losses(unknown, unknown, unknown)
    hidden = task.rest[:, genes].toarray().astype(np.float64)
    ours = _poisson(values["expected"][:, genes], hidden)
    trivial = _poisson(baselines.gene_mean(task.kept)[:, genes], hidden)
    difference = trivial - ours
    cells = len(difference)
    q = adjusted(difference.mean(axis=0), difference.var(axis=0, ddof=1), np.full(len(genes), cells))
    return Losses(ours.mean(axis=0), trivial.mean(axis=0), q)


def _poisson(mean: NDArray[np.float32], hidden: Float64) -> Float64:
    tenth = np.maximum(mean.astype(np.float64), 0) / 9
    tenth = np.where(np.isfinite(tenth), np.maximum(tenth, _LEAST_MEAN), np.nan)
    return np.asarray(tenth - hidden * np.log(tenth))
