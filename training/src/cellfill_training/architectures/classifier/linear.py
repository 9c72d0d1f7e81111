"""A classifier without hidden layers, for few cells: logistic regression of what they might have looked like."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.optimize import minimize
from scipy.special import logsumexp

from cellfill_training.architectures.classifier.augmentation import augment, thin
from cellfill_training.architectures.classifier.cells import Cells
from cellfill_training.architectures.classifier.network import Network, Scaling
from cellfill_training.architectures.classifier.options import ClassifierOptions
from cellfill_training.architectures.classifier.watching import Watch, Watched

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Every cell is seen so often, each time otherwise, but all of them together not more often than so.
_MOST_COPIES, _MOST_SEEN = 16, 4000
# Squared weights cost half of so much. From 2.5 to 83 it hardly mattered: macro F1 within .003, in a trial on the
# six datasets of benchmarks/tasks, at 200 and 1,000 cells as they are, that is not kept.
_PENALTY = 25.0
_MOST_STEPS, _ENOUGH = 200, 1e-5  # of the loss, by which a step must better it
_SHOWN = 5  # steps up to this one are told, and every fifth


def train_linear(
    cells: Cells, scaling: Scaling, options: ClassifierOptions, *, seed: int = 0, watch: Watch | None = None
) -> Network:
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
    watch
        Who is told of the steps of L-BFGS, which are many and short: of each up to the fifth, then of some.
    """
    plain = replace(scaling, scale=np.ones_like(scaling.scale))
    known = np.flatnonzero(cells.leaf >= 0)
    copies = int(np.clip(_MOST_SEEN // len(known), 1, _MOST_COPIES))
    rng = np.random.default_rng([options.seed, seed])
    inputs = np.concatenate([_seen(cells.take(known), plain, options, rng) for _ in range(copies)])
    leaf = cells.leaf[known]
    numbers = np.bincount(leaf, minlength=cells.types)
    weights = len(known) / (np.count_nonzero(numbers) * numbers[leaf] * copies)
    watched = Watched(watch=watch, cells=cells, most=_MOST_STEPS)

    def on_step(step: _Step) -> None:
        watched.epoch(
            step.number,
            step.cost / len(known),
            lambda: Network(scaling=plain, weights=(step.layer,)),
            last=step.last,
        )

    last = _regression(inputs, np.tile(leaf, copies), np.tile(weights, copies), types=cells.types, on_step=on_step)
    return Network(scaling=plain, weights=(last.layer,))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """Where L-BFGS is: its number, what it costs, matrix (inputs x types) and bias, and whether it is over."""

    number: int
    cost: float
    layer: tuple[NDArray[np.float32], NDArray[np.float32]]
    last: bool = False


def _seen(
    cells: Cells, scaling: Scaling, options: ClassifierOptions, rng: np.random.Generator
) -> NDArray[np.float32]:
    thinned = thin(cells.counts, rng.uniform(options.least_depth, 1, len(cells.leaf)), rng)
    seen = augment(thinned, cells.measured[cells.study], scaling, options, rng)
    inputs: NDArray[np.float32] = np.clip(seen.levels - scaling.centre, -scaling.bound, scaling.bound) * seen.known
    return inputs


def _regression(
    inputs: NDArray[np.float32],
    leaf: NDArray[np.intp],
    weights: NDArray[np.float64],
    *,
    types: int,
    on_step: Callable[[_Step], None],
) -> _Step:
    """Return the last step; of the others every one is told that is shown."""
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
    numbers = itertools.count(1)

    def step(number: int, at: Any, *, last: bool = False) -> _Step:
        matrix = at.x.reshape(shape).astype(np.float32)
        return _Step(number=number, cost=float(at.fun), layer=(matrix[:-1], matrix[-1]), last=last)

    def shown(intermediate_result: Any) -> None:  # scipy looks for this name
        number = next(numbers)
        if number < _SHOWN or number % _SHOWN == 0:
            on_step(step(number, intermediate_result))

    found = minimize(loss, np.zeros(shape).ravel(), jac=True, method="L-BFGS-B", options=until, callback=shown)
    end = step(int(found.nit), found, last=True)
    on_step(end)
    return end
