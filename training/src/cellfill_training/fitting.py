"""Train all sub-networks of a model together; each stops, and keeps its weights, on its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

from cellfill.errors import DataError
from cellfill_training import losses
from cellfill_training.levels import Levels, cell_factors
from cellfill_training.network import SubNetworks
from cellfill_training.options import FitOptions
from cellfill_training.selection import Plan
from cellfill_training.studies import Cohort

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

_THINNEST = 0.3
_CHECK_BATCH = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """How one epoch went; losses are means over the sub-networks."""

    number: int
    most: int
    loss: float
    held_out_loss: float
    running: int
    networks: int
    seconds_left: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """A trained model.

    Attributes
    ----------
    networks
        The sub-networks with the weights that they keep.
    best_epochs, held_out_losses
        Of each sub-network: its kept epoch, and the held-out loss there.
    epochs
        Number of epochs that were run.
    """

    networks: SubNetworks
    best_epochs: NDArray[np.intp]
    held_out_losses: NDArray[np.float64]
    epochs: int


@dataclass(frozen=True, slots=True)
class _Batch:
    """Cells as the networks see them (perhaps thinned), and what they are to predict."""

    seen: NDArray[np.float32]
    seen_factors: NDArray[np.float32]
    targets: NDArray[np.float32]
    factors: NDArray[np.float32]
    study: NDArray[np.int32]

    def __iter__(self) -> Iterator[NDArray[Any]]:
        return iter((self.seen, self.seen_factors, self.targets, self.factors, self.study))


def split_cells(cells: int, options: FitOptions) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Draw which cells train and which stop the training (paper: 95 % and 5 %).

    Raises
    ------
    DataError
        When there are fewer than 4 cells.
    """
    if cells < 4:
        raise DataError(f"{cells} cells are too few to train on and to hold some out.")
    order = np.random.default_rng([options.seed, 3]).permutation(cells)
    held = max(1, round(options.held_out_fraction * cells))
    return np.sort(order[held:]), np.sort(order[:held])


def fit_networks(
    cohort: Cohort,
    levels: Levels,
    plan: Plan,
    options: FitOptions,
    on_epoch: Callable[[Epoch], None] | None = None,
) -> Fitted:
    """Train the sub-networks of a plan.

    Parameters
    ----------
    cohort
        The cells, in the model's genes, targets first.
    levels
        Of the same cells and genes.
    plan
        Which sub-network reads and fills what.
    options
        Of the training run.
    on_epoch
        Called after every epoch.
    """
    networks = SubNetworks(plan, levels, options)
    trainer = _Trainer(networks, cohort, levels, options)
    training, held = split_cells(cohort.counts.shape[0], options)
    count = networks.shape.networks
    best = networks.snapshot()
    best_loss = np.full(count, np.inf)
    best_epoch = np.zeros(count, dtype=np.intp)
    waited = np.zeros(count, dtype=np.intp)
    rng = np.random.default_rng([options.seed, 4])
    started, number = time.perf_counter(), 0
    while number < options.max_epochs and (waited < options.patience).any():
        number += 1
        loss = trainer.train(rng.permutation(training), rng)
        now = trainer.held_out_loss(held)
        running = waited < options.patience
        better = running & (now < best_loss)
        waited = np.where(better, 0, waited + 1)
        best_loss[better] = now[better]
        kept = better if options.keep == "best" else running
        for store, weights in zip(best, networks.snapshot(), strict=True):
            store[kept] = weights[kept]
        best_epoch[kept] = number
        if on_epoch is not None:
            spent = time.perf_counter() - started
            on_epoch(
                Epoch(
                    number=number,
                    most=options.max_epochs,
                    loss=loss,
                    held_out_loss=float(now.mean()),
                    running=int((waited < options.patience).sum()),
                    networks=count,
                    seconds_left=spent / number * (options.max_epochs - number),
                )
            )
    networks.restore(best)
    final = trainer.held_out_loss(held)
    return Fitted(networks=networks, best_epochs=best_epoch, held_out_losses=final, epochs=number)


class _Trainer:
    """The compiled steps and the batches that feed them."""

    def __init__(self, networks: SubNetworks, cohort: Cohort, levels: Levels, options: FitOptions) -> None:
        self.networks, self.cohort, self.levels, self.options = networks, cohort, levels, options
        targets = networks.shape.targets
        known = cohort.measured[:, :targets].astype(np.float32)
        self.known = tf.constant(known)
        self.measured = tf.constant(cohort.measured.astype(np.float32))
        own = levels.study_levels if options.study_levels else np.ones_like(levels.study_levels)
        self.log_levels = tf.constant(np.log(own[:, :targets]).astype(np.float32))
        self.adam = _Adam(networks.weights, options.learning_rate)
        self.steps = tf.Variable(0, dtype=tf.int64)
        genes = cohort.counts.shape[1]
        signature = [
            tf.TensorSpec([None, genes], tf.float32),
            tf.TensorSpec([None], tf.float32),
            tf.TensorSpec([None, targets], tf.float32),
            tf.TensorSpec([None], tf.float32),
            tf.TensorSpec([None], tf.int32),
        ]
        self._step = tf.function(self._train_step, input_signature=signature)
        self._check = tf.function(self._loss, input_signature=signature)

    def train(self, cells: NDArray[np.intp], rng: np.random.Generator) -> float:
        """Run one epoch over the cells in the order given; return the mean loss."""
        total = 0.0
        for batch in self._batches(cells, self.options.batch_size, rng=rng):
            loss = self._step(*batch)
            total += float(loss) * len(batch.study)
        return total / len(cells)

    def held_out_loss(self, cells: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return the loss of each sub-network on cells that do not train."""
        total = np.zeros(self.networks.shape.networks)
        for batch in self._batches(cells, _CHECK_BATCH):
            loss = self._check(*batch)
            total += loss.numpy() * len(batch.study)
        return total / len(cells)

    def _batches(
        self, cells: NDArray[np.intp], size: int, rng: np.random.Generator | None = None
    ) -> Iterator[_Batch]:
        """Cut the cells into dense batches; with a generator, thin some of them."""
        targets = self.networks.shape.targets
        for start in range(0, len(cells), size):
            rows = cells[start : start + size]
            sparse, factors = self.cohort.counts[rows], self.levels.size_factors[rows]
            study = self.cohort.study[rows]
            whole = sparse.toarray()
            seen, seen_factors = whole, factors
            if rng is not None and self.options.thinning:
                sparse = _thin(sparse, self.options.thinning, rng)
                depth = cell_factors(sparse, study, self.cohort.measured, self.levels.means)
                seen_factors = depth.astype(np.float32)
                seen = sparse.toarray()
            yield _Batch(seen, seen_factors, whole[:, :targets], factors, study.astype(np.int32))

    def _train_step(self, seen: Any, seen_factors: Any, targets: Any, factors: Any, study: Any) -> Any:
        self.steps.assign_add(1)
        key = tf.stack([tf.constant(self.options.seed, tf.int64), self.steps])
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(self._loss(seen, seen_factors, targets, factors, study, key))
        self.adam.apply(tape.gradient(loss, self.networks.weights))
        shrink = 1.0 - self.options.learning_rate * self.options.weight_decay
        self.networks.w1.assign(self.networks.w1 * (self.networks.padding * shrink))
        if shrink != 1.0:
            self.networks.w2.assign(self.networks.w2 * shrink)
        return loss / self.networks.shape.networks

    def _loss(
        self,
        seen: Any,
        seen_factors: Any,
        targets: Any,
        factors: Any,
        study: Any,
        key: Any = None,
    ) -> Any:
        """Loss of each sub-network; with a key, in training."""
        net = self.networks
        inputs = net.read(seen, seen_factors[:, None])
        known = tf.gather(self.measured, study)
        if key is not None and self.options.hide:
            known *= _keep_mask(tf.shape(inputs), self.options.hide, key)
        inputs = inputs * known + net.neutral(seen_factors[:, None]) * (1.0 - known)
        z = net(inputs, dropout_key=key)
        weight, truth = net.split(tf.gather(self.known, study)), net.split(targets)
        if not net.poisson:
            return losses.weighted_mse(z, truth, weight)
        offset = net.log_means + tf.gather(self.log_levels, study) + tf.math.log(factors)[:, None]
        return losses.poisson(z + net.split(offset), truth, weight)


class _Adam:
    """Adam (Kingma & Ba 2015), by TensorFlow's fused kernel: one pass over a weight instead of ten."""

    def __init__(self, variables: list[Any], learning_rate: float) -> None:
        self.variables, self.learning_rate = variables, learning_rate
        self.first = [tf.Variable(tf.zeros_like(v)) for v in variables]
        self.second = [tf.Variable(tf.zeros_like(v)) for v in variables]
        self.powers = [tf.Variable(1.0), tf.Variable(1.0)]

    def apply(self, gradients: list[Any]) -> None:
        """Take one step."""
        for power, beta in zip(self.powers, (0.9, 0.999), strict=True):
            power.assign(power * beta)
        for variable, m, v, gradient in zip(self.variables, self.first, self.second, gradients, strict=True):
            tf.raw_ops.ResourceApplyAdam(
                var=variable.handle,
                m=m.handle,
                v=v.handle,
                beta1_power=self.powers[0],
                beta2_power=self.powers[1],
                lr=self.learning_rate,
                beta1=0.9,
                beta2=0.999,
                epsilon=1e-7,
                grad=gradient,
            )


def _keep_mask(shape: Any, hide: float, key: Any) -> Any:
    """Draw which genes a cell keeps: a share of up to ``hide`` of them, its own for each cell, is hidden."""
    share = tf.random.stateless_uniform((shape[0], 1), key + 1, maxval=hide)
    return tf.cast(tf.random.stateless_uniform(shape, key + 2) >= share, tf.float32)


def _thin(counts: csr_matrix, share: float, rng: np.random.Generator) -> csr_matrix:
    """Sequence a share of the cells again at a lower depth, binomially."""
    cells = counts.shape[0]
    depth = np.where(rng.random(cells) < share, rng.uniform(_THINNEST, 1, cells), 1.0)
    thinned = counts.copy()
    kept = rng.binomial(thinned.data.astype(np.int64), np.repeat(depth, np.diff(counts.indptr)))
    thinned.data = kept.astype(np.float32)
    return thinned
