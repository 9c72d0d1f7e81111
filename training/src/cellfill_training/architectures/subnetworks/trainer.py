"""The compiled steps of a training run: the loss of every sub-network, and Adam."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill_training.architectures.subnetworks.network import SubNetworks
from cellfill_training.bare_tensorflow import tf
from cellfill_training.fitting import losses
from cellfill_training.fitting.adam import Adam
from cellfill_training.fitting.augmentation import keep_mask
from cellfill_training.fitting.batches import Batches
from cellfill_training.fitting.levels import Levels
from cellfill_training.fitting.options import FitOptions
from cellfill_training.studies.cohort import Cohort

if TYPE_CHECKING:
    from numpy.typing import NDArray

_CHECK_BATCH = 512


class Trainer:
    """Trains sub-networks on the cells of a cohort.

    Parameters
    ----------
    networks
        What is trained, in place; with ``pull``, from the weights that they have now.
    cohort, levels
        The cells, in the model's genes, targets first.
    options
        Of the training run.
    rare
        (targets,) which of them train nothing; None for none.
    pull
        Decay the weights towards those that they have now, rather than towards zero.
    """

    def __init__(
        self,
        networks: SubNetworks,
        cohort: Cohort,
        levels: Levels,
        options: FitOptions,
        *,
        rare: NDArray[np.bool_] | None = None,
        pull: bool = False,
    ) -> None:
        self.networks, self.options = networks, options
        targets = networks.shape.targets
        self.batches = Batches(cohort, levels, targets=targets, thinning=options.thinning)
        self.all_measured = bool(cohort.measured.all())
        teach = np.ones(targets, dtype=bool) if rare is None else ~rare
        self.filled = networks.split(tf.constant(teach[None].astype(np.float32)))  # not what pads the last group
        self.known = networks.split(tf.constant((cohort.measured[:, :targets] & teach).astype(np.float32)))
        self.measured = tf.constant(cohort.measured.astype(np.float32))
        own = levels.study_levels if options.study_levels else np.ones_like(levels.study_levels)
        self.offsets = networks.split(networks.log_means + np.log(own[:, :targets]).astype(np.float32))
        self.adam = Adam(networks.weights, options.learning_rate)
        self.steps = tf.Variable(0, dtype=tf.int64)
        self.towards = [tf.Variable(w) for w in (networks.w1, networks.w2)] if pull else None
        genes = cohort.counts.shape[1]
        signature = [
            tf.TensorSpec([None, genes], tf.float32),
            tf.TensorSpec([None], tf.float32),
            tf.TensorSpec([None, targets], tf.float32),
            tf.TensorSpec([None], tf.float32),
            tf.TensorSpec([None], tf.int32),
        ]
        # AutoGraph would rewrite Python's own conditions, of which no tensor decides one: seconds for nothing.
        self._step = tf.function(self._train_step, input_signature=signature, autograph=False)
        self._check = tf.function(self._loss, input_signature=signature, autograph=False)

    def train(self, cells: NDArray[np.intp], rng: np.random.Generator) -> float:
        """Run one epoch over the cells in the order given; return the mean loss."""
        total = 0.0
        for batch in self.batches.of(cells, self.options.batch_size, rng):
            loss = self._step(*batch)
            total += float(loss) * len(batch.study)
        return total / len(cells)

    def held_out_loss(self, cells: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return the loss of each sub-network on cells that do not train."""
        total = np.zeros(self.networks.shape.networks)
        for batch in self.batches.of(cells, _CHECK_BATCH):
            loss = self._check(*batch)
            total += loss.numpy() * len(batch.study)
        return total / len(cells)

    def trivial_loss(self, cells: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return the loss of the gene's mean x library, of which every network starts; NaN for a published loss."""
        net = self.networks
        if not net.poisson:
            return np.full(net.shape.networks, np.nan)
        kept = net.snapshot()
        for variable in (net.w2, net.b2):
            variable.assign(tf.zeros_like(variable))
        loss = self.held_out_loss(cells)
        net.restore(kept)
        return loss

    def _train_step(self, seen: Any, seen_factors: Any, targets: Any, factors: Any, study: Any) -> Any:
        self.steps.assign_add(1)
        key = tf.stack([tf.constant(self.options.seed, tf.int64), self.steps])
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(self._loss(seen, seen_factors, targets, factors, study, key))
        self.adam.apply(tape.gradient(loss, self.networks.weights))
        self._decay()
        return loss / self.networks.shape.networks

    def _decay(self) -> None:
        """Shrink the weights, or draw them to where they began; what stands for no predictor stays zero."""
        net, shrink = self.networks, 1.0 - self.options.learning_rate * self.options.weight_decay
        if self.towards is not None:
            first, last = self.towards
            net.w1.assign((first + (net.w1 - first) * shrink) * net.padding)
            net.w2.assign(last + (net.w2 - last) * shrink)
            return
        net.w1.assign(net.w1 * (net.padding * shrink))
        if shrink != 1.0:
            net.w2.assign(net.w2 * shrink)

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
        hiding = key is not None and self.options.hide > 0
        if not self.all_measured or hiding:
            known = tf.gather(self.measured, study)
            if hiding:
                known *= keep_mask(tf.shape(inputs), self.options.hide, key)
            inputs *= known
            if not net.poisson:  # else what stands for a gene that was not measured is 0
                inputs += net.neutral(seen_factors[:, None]) * (1.0 - known)
        z, truth = net(inputs, dropout_key=key), net.split(targets)
        weight = self.filled if self.all_measured else tf.gather(self.known, study, axis=1)
        if not net.poisson:
            return losses.weighted_mse(z, truth, weight)
        offset = tf.gather(self.offsets, study, axis=1) + tf.math.log(factors)[:, None]
        return losses.poisson(z + offset, truth, weight)
