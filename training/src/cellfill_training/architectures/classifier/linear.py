"""A classifier without hidden layers, for few cells: logistic regression of what they might have looked like."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import minimize
from scipy.special import logsumexp

from cellfill_training.architectures.classifier.augmentation import augment, thin
from cellfill_training.architectures.classifier.cells import Cells
from cellfill_training.architectures.classifier.network import Network, Scaling
from cellfill_training.architectures.classifier.options import ClassifierOptions

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Every cell is seen so often, each time otherwise, but all of them together not more often than so.
_MOST_COPIES, _MOST_SEEN = 16, 4000
# Squared weights cost half of so much. From 2.5 to 83 it hardly mattered: macro F1 within .003, in a trial on the
# six datasets of benchmarks/tasks, at 200 and 1,000 cells as they are, that is not kept.
_PENALTY = 25.0
_MOST_STEPS, _ENOUGH = 200, 1e-5  # of the loss, by which a step must better it


def train_linear(cells: Cells, scaling: Scaling, options: ClassifierOptions, *, seed: int = 0) -> Network:
    """Fit a multinomial logistic regression by L-BFGS; every type that has cells weighs the same.

    Its inputs are log levels less their mean, not divided by their spread: of few cells that is mostly chance. The
    penalty does not grow with the copies of a cell.

    Parameters
    ----------
    cells
        In the network's genes; those without a label teach nothing.
    scaling
        Of the inputs; of its scale no use is made.
    options
        How cells are augmented.
    seed
        Of this network among others of one run.
    """
    plain = replace(scaling, scale=np.ones_like(scaling.scale))
    known = np.flatnonzero(cells.leaf >= 0)
    copies = int(np.clip(_MOST_SEEN // len(known), 1, _MOST_COPIES))
    rng = np.random.default_rng([options.seed, seed])
    inputs = np.concatenate([_seen(cells.take(known), plain, options, rng) for _ in range(copies)])
    leaf = cells.leaf[known]
    numbers = np.bincount(leaf, minlength=cells.types)
    weights = len(known) / (np.count_nonzero(numbers) * numbers[leaf] * copies)
    matrix, bias = _regression(inputs, np.tile(leaf, copies), np.tile(weights, copies), types=cells.types)
    return Network(scaling=plain, weights=((matrix, bias),))


def _seen(
    cells: Cells, scaling: Scaling, options: ClassifierOptions, rng: np.random.Generator
) -> NDArray[np.float32]:
    thinned = thin(cells.counts, rng.uniform(options.least_depth, 1, len(cells.leaf)), rng)
    seen = augment(thinned, cells.measured[cells.study], scaling, options, rng)
    inputs: NDArray[np.float32] = np.clip(seen.levels - scaling.centre, -scaling.bound, scaling.bound) * seen.known
    return inputs


def _regression(
    inputs: NDArray[np.float32], leaf: NDArray[np.intp], weights: NDArray[np.float64], *, types: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return matrix, inputs x types, and bias."""
    rows, shape = np.arange(len(leaf)), (inputs.shape[1] + 1, types)

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        given = flat.reshape(shape)
        logits = (inputs @ given[:-1].astype(np.float32)).astype(np.float64) + given[-1]
        log = logits - logsumexp(logits, axis=1, keepdims=True)
        missed = np.exp(log)
        missed[rows, leaf] -= 1
        missed *= weights[:, None]
        slope = np.concatenate([inputs.T @ missed.astype(np.float32), missed.sum(axis=0, keepdims=True)])
        slope[:-1] += _PENALTY * given[:-1]
        cost = -(weights * log[rows, leaf]).sum() + _PENALTY / 2 * (given[:-1] ** 2).sum()
        return float(cost), slope.ravel().astype(np.float64)

    until = {"maxiter": _MOST_STEPS, "ftol": _ENOUGH}
    found = minimize(loss, np.zeros(shape).ravel(), jac=True, method="L-BFGS-B", options=until)
    matrix = found.x.reshape(shape).astype(np.float32)
    return matrix[:-1], matrix[-1]
