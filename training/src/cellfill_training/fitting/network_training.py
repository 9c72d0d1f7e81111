"""Train a published network: epochs that are compiled whole, stopped by cells that do not train."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill_training.bare_tensorflow import tf
from cellfill_training.fitting.early_stopping import EarlyStopping
from cellfill_training.fitting.epoch import Clock, Course, Epoch
from cellfill_training.fitting.optimisers import make_optimiser
from cellfill_training.fitting.yardstick import Yardstick
from cellfill_training.parts.network import Network, Phase
from cellfill_training.parts.tensorflow_maths import TensorFlowMaths

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellfill_training.fitting.sparse_cells import SparseCells

_RATE_FACTOR = 0.1
_EVALUATED = 512  # cells at a time, of which no gradient is taken


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """How a training ended.

    Attributes
    ----------
    epochs
        That were run, of all phases.
    best_epoch
        Of the last phase, whose weights are kept.
    held_out_loss
        Of that epoch, a cell.
    """

    epochs: int
    best_epoch: int
    held_out_loss: float


def train_network(
    network: Network,
    cells: SparseCells,
    training: NDArray[np.intp],
    held: NDArray[np.intp],
    *,
    on_epoch: Callable[[Epoch], None] | None = None,
    beside_trivial: bool = False,
) -> Trained:
    """Train a network, phase by phase; afterwards it has the weights that are to be kept.

    Parameters
    ----------
    network
        With the weights that it begins with.
    cells
        All cells.
    training, held
        Numbers of those that train, and of those that stop the training.
    on_epoch
        Called after every epoch.
    beside_trivial
        Whether that tells how the network does beside a trivial baseline, where there is one; see `Yardstick`. A
        network that can give its outputs only when it is trained has none. Nothing is measured in a phase before
        which, and in which, some of what the outputs are made of learns nothing: only its loss is told.

    Raises
    ------
    FloatingPointError
        When the loss is no number any more, or that of the cells that do not train never was one.
    """
    rng = np.random.default_rng([network.options.seed, 21])
    done = Trained(epochs=0, best_epoch=0, held_out_loss=float("nan"))
    began = time.perf_counter()
    yardstick = Yardstick(network, cells, training, held) if beside_trivial and on_epoch is not None else None
    untaught = {parameter.name for parameter in network.parameters.learnt}

    def tell(clock: Clock, number: int, losses: tuple[float, float], stopping: EarlyStopping) -> None:
        if on_epoch is not None:
            course = Course(of_batch=network.loss_of_batch)
            if yardstick is not None and not untaught:
                course = yardstick.measure()
            on_epoch(clock.epoch(number, loss=losses[0], held_out_loss=losses[1], course=course, stopping=stopping))

    for number, phase in enumerate(network.phases()):
        untaught -= {parameter.name for parameter in phase.learns}
        if phase.begin is not None:
            phase.begin(cells.batch, training)
        steps = _Steps(network, phase, cells, seed=network.options.seed + number)
        clock = Clock(_most(steps), stage=phase.name, started=began)
        one = _run_phase(steps, training, held, rng, clock, tell)
        done = Trained(epochs=done.epochs + one.epochs, best_epoch=one.best_epoch, held_out_loss=one.held_out_loss)
    return done


def _most(steps: _Steps) -> int:
    """Return how many epochs a phase has at most."""
    return steps.network.options.max_epochs if steps.phase.epochs is None else steps.phase.epochs


def _run_phase(
    steps: _Steps,
    training: NDArray[np.intp],
    held: NDArray[np.intp],
    rng: np.random.Generator,
    clock: Clock,
    tell: Callable[[Clock, int, tuple[float, float], EarlyStopping], None],
) -> Trained:
    network, options, most = steps.network, steps.network.options, clock.most
    if steps.phase.patience is not None:
        options = replace(options, patience=steps.phase.patience)
    stopping = EarlyStopping(np.full(1, np.inf), options)
    weights, held_rows = network.parameters.values(), tf.constant(held, dtype=tf.int64)
    number = 0
    network.step.assign(0.0)
    over, held_loss = False, np.full(1, np.nan)
    while number < most and not over:
        network.epoch.assign(float(number))
        number += 1
        if steps.phase.rate is not None:
            steps.rate.assign(steps.phase.rate(number))
        loss = float(steps.epoch(tf.constant(rng.permutation(training), dtype=tf.int64)))
        held_loss = np.array([float(steps.evaluate(held_rows))])
        if not np.isfinite(loss):
            raise FloatingPointError(f"The loss of epoch {number} is no number: lower --learning-rate.")
        if stopping.take(held_loss, number)[0] or steps.phase.ends is not None:
            weights = network.parameters.values()
        waited = int(stopping.waited[0])
        if options.rate_patience and waited and waited % options.rate_patience == 0:
            steps.rate.assign(steps.rate * _RATE_FACTOR)
        tell(clock, number, (loss, float(held_loss[0])), stopping)
        over = not stopping.running.all() if steps.phase.ends is None else steps.phase.ends(number)
    network.parameters.restore(weights)
    if steps.phase.ends is not None:
        return Trained(epochs=number, best_epoch=number, held_out_loss=float(held_loss[0]))
    kept = float(held_loss[0] if options.keep == "last" else stopping.best_loss[0])
    if not np.isfinite(kept):  # no epoch was kept: these are the weights that it began with
        raise FloatingPointError("The loss of cells that do not train was never a number: lower --learning-rate.")
    return Trained(
        epochs=number,
        best_epoch=int(stopping.best_epoch[0]),
        held_out_loss=kept,
    )


class _Steps:
    """What is compiled of a phase: an epoch, and the loss of cells that do not train."""

    def __init__(self, network: Network, phase: Phase, cells: SparseCells, *, seed: int) -> None:
        self.network, self.phase, self.cells = network, phase, cells
        self.rate = tf.Variable(network.options.learning_rate, dtype=tf.float32)
        self._variables = [parameter.variable for parameter in phase.learns]
        self._optimiser = make_optimiser(network.options, self._variables, self.rate)
        self._maths = TensorFlowMaths(training=True, random=tf.random.Generator.from_seed(seed))
        self._still = TensorFlowMaths()
        self.epoch = tf.function(self._epoch, autograph=False)
        self.evaluate = tf.function(self._evaluate, autograph=False)

    def _epoch(self, order: Any) -> Any:
        """Take a step with each batch; return the mean loss a cell. A rest that is no batch is left out."""
        size = self.network.options.batch_size
        number = tf.shape(order)[0]
        steps = tf.maximum(number // size, 1)

        def step(at: Any, total: Any) -> tuple[Any, Any]:
            self.network.step.assign_add(1.0)
            batch = self.cells.batch(order[at * size : (at + 1) * size])
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean(self.phase.loss(self._maths, batch))
                whole = loss + self._decay()
            gradients = tape.gradient(whole, self._variables, unconnected_gradients="zero")
            if self.network.options.clip_norm:
                gradients, _ = tf.clip_by_global_norm(gradients, self.network.options.clip_norm)
            clip = self.network.options.clip_gradient
            if clip:
                gradients = [tf.clip_by_value(gradient, -clip, clip) for gradient in gradients]
            self._optimiser.apply(gradients)
            return at + 1, total + loss

        _, total = tf.while_loop(
            lambda at, _total: at < steps, step, (tf.constant(0), tf.constant(0.0)), parallel_iterations=1
        )
        return total / tf.cast(steps, tf.float32)

    def _evaluate(self, rows: Any) -> Any:
        """Return the mean loss of cells, nothing dropped and nothing drawn."""
        number = tf.shape(rows)[0]

        def block(at: Any, total: Any) -> tuple[Any, Any]:
            batch = self.cells.batch(rows[at : at + _EVALUATED])
            return at + _EVALUATED, total + tf.reduce_sum(self.phase.loss(self._still, batch))

        _, total = tf.while_loop(
            lambda at, _total: at < number, block, (tf.constant(0), tf.constant(0.0)), parallel_iterations=1
        )
        return total / tf.cast(number, tf.float32)

    def _decay(self) -> Any:
        penalty = self.network.penalty()
        if not penalty:
            return 0.0
        return penalty * sum(tf.reduce_sum(p.variable**2) for p in self.phase.learns if p.small)
