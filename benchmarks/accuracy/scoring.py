"""Score a method's estimates against what was kept from it. The one module that knows how."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np

from cellfill.estimates import expressed
from cellfill.fitness.hiding import Masked
from cellfill.fitness.metrics import masked_scores, poisson_loss, scores_by_gene
from cellfill_training.evaluation.methods import filled_genes

from .read_outs import log_expressed, log_normalised_mean
from .tasks import SHARE, Task

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    Dense = NDArray[np.float32]

# A zero predicted where a molecule is costs infinitely much: every method gets the best of these, in counts.
FLOORS = (1e-6, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3)
# Library size that both sides are brought to (Open Problems, denoising).
DEPTH = 10_000.0

Scores = dict[str, dict[str, dict[str, float]]]


def score(task: Task, estimates: Mapping[str, Dense], *, filled: NDArray[np.intp] | None) -> Scores:
    """Return figures by scope, estimate and name.

    Parameters
    ----------
    task
        What was given and what was kept back.
    estimates
        Cells x genes in counts, by estimate; NaN for a gene that the method does not fill. Where there is
        `expected` and no `expressed`, its zero-truncated form stands for that; `log_expressed` goes with it.
    filled
        Genes of the second scope, those that the pre-trained model fills; None without one.

    Returns
    -------
    Scope ``all``, absent for a method that does not fill every gene, and ``filled``. Where filled counts are
    judged there is ``all`` alone: a gene that the method does not fill keeps its counts. Each read-out, such as
    ``expected`` (zeros filled) or ``expected, all`` (every entry replaced), then stands where an estimate does.
    """
    if task.judged:
        return {"all": judged_figures(task, dict(estimates))}
    known = dict(estimates)
    if task.masked is not None and "expected" in known:
        known.setdefault("expressed", expressed(known["expected"]))
        known["log_expressed"] = log_expressed(known["expected"])
    genes = task.study.counts.shape[1]
    scopes: dict[str, NDArray[np.intp]] = {"all": np.arange(genes)}
    if filled is not None:
        scopes["filled"] = filled
    result: Scores = {}
    for scope, columns in scopes.items():
        if all(np.isfinite(values[:, columns]).all() for values in known.values()):
            result[scope] = {name: _one(task, values, columns) for name, values in known.items()}
    return result


def _one(task: Task, values: Dense, columns: NDArray[np.intp]) -> dict[str, float]:
    if task.masked is not None:
        return masked_figures(task.masked, values, columns)
    assert task.rest is not None
    return molecule_figures(task.rest[:, columns], values[:, columns])


def judged_figures(task: Task, known: dict[str, Dense]) -> dict[str, dict[str, float]]:
    """Return what `cellfill_training.evaluation` says of the filled counts, and how many genes were filled."""
    if "expected" in known:
        known.setdefault("expressed", expressed(known["expected"]))
    filled = float(filled_genes(known).sum())
    result: dict[str, dict[str, float]] = {}
    for judge in task.judged:
        for name, found in judge.score(known).items():
            figures = {figure: float(value) for figure, value in asdict(found).items()}
            result.setdefault(name, {"filled_genes": filled}).update(figures)
    return result


def masked_figures(masked: Masked, values: Dense, columns: NDArray[np.intp]) -> dict[str, float]:
    """Return MSE and Pearson on log1p counts of the hidden entries of some genes, together and mean by gene."""
    chosen = np.isin(masked.columns, columns)
    rows, genes, truth = masked.rows[chosen], masked.columns[chosen], masked.truth[chosen]
    found = np.maximum(values[rows, genes], 0)
    mse, pearson = scores_by_gene(found, truth, genes, values.shape[1])
    return masked_scores(found, truth) | {
        "mse_by_gene": _mean(mse),
        "pearson_by_gene": _mean(pearson),
        "entries": float(len(truth)),
    }


def molecule_figures(rest: csr_matrix, values: Dense) -> dict[str, float]:
    """Return the Poisson loss with the best floor, and the MSE of log-normalised values (Open Problems, denoising).

    The latter also with the mean of the logarithm in place of the logarithm of the mean: what it asks for.

    Parameters
    ----------
    rest, values
        Molecules kept back, and the estimate of the molecules that were given, both cells x genes.
    """
    scale = (1 - SHARE) / SHARE
    losses = {floor: poisson_loss(np.maximum(values, floor) * scale, rest) for floor in FLOORS}
    best = min(losses, key=losses.__getitem__)
    truth = _log_normalised(rest.toarray())
    return {
        "poisson": losses[best],
        "floor": best,
        "log_mse": float(np.mean((_log_normalised(values) - truth) ** 2)),
        "log_mse_read_out": float(np.mean((log_normalised_mean(values * scale, depth=DEPTH) - truth) ** 2)),
    }


def _log_normalised(values: Dense) -> NDArray[np.float64]:
    positive = np.maximum(values.astype(np.float64), 0)
    library = positive.sum(axis=1, keepdims=True)
    result: NDArray[np.float64] = np.log1p(positive * (DEPTH / np.maximum(library, 1e-9)))
    return result


def _mean(values: NDArray[np.float64]) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")
