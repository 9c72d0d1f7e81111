"""The layers of a classifier while it is trained, and its two compiled steps."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill_training.bare_tensorflow import tf
from cellfill_training.fitting.adam import Adam

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellfill_training.architectures.classifier.network import Scaling
    from cellfill_training.architectures.classifier.options import ClassifierOptions


class Layers:
    """Weights of a network, of its decoder in pre-training, and the steps that change them.

    Parameters
    ----------
    scaling
        Of the inputs.
    options
        Of the training.
    types
        Number of classes.
    rng
        Draws the weights that it begins with (He 2015).
    """

    def __init__(
        self, scaling: Scaling, options: ClassifierOptions, *, types: int, rng: np.random.Generator
    ) -> None:
        genes = len(scaling.mean)
        widths = (genes, options.hidden, options.dimensions, types)
        self.options, self.types = options, types
        self.centre, self.scale = tf.constant(scaling.centre), tf.constant(1 / scaling.scale)
        self.matrices = [_drawn((a, b), rng, 2 / a) for a, b in pairwise(widths)]
        self.biases = [tf.Variable(tf.zeros(width)) for width in widths[1:]]
        self.decoder = [_drawn((widths[1], genes), rng, 1 / widths[1]), tf.Variable(tf.zeros(genes))]
        self._first = [self.matrices[0], self.biases[0], *self.decoder]
        self._all = [*self.matrices, *self.biases]
        self._rate: Any = tf.Variable(0.0)
        self._adam = {"denoise": Adam(self._first, self._rate), "classify": Adam(self._all, self._rate)}
        self._denoise = tf.function(self._denoise_step, autograph=False, reduce_retracing=True)
        self._classify = tf.function(self._classify_step, autograph=False, reduce_retracing=True)

    def denoise(self, rate: float, levels: Any, known: Any, whole: Any, measured: Any) -> float:
        """Take a step towards finding whole cells in augmented ones; return the loss, a measured gene."""
        self._rate.assign(rate)
        return float(self._denoise(levels, known, whole, measured))

    def classify(self, rate: float, levels: Any, known: Any, leaf: Any) -> float:
        """Take a step towards naming types; return the cross-entropy, a cell."""
        self._rate.assign(rate)
        return float(self._classify(levels, known, leaf))

    def weights(self) -> tuple[tuple[NDArray[np.float32], NDArray[np.float32]], ...]:
        """Return matrix and bias of each layer."""
        return tuple((m.numpy(), b.numpy()) for m, b in zip(self.matrices, self.biases, strict=True))

    def _standard(self, levels: Any, known: Any) -> Any:
        bound = self.options.bound
        return tf.clip_by_value((levels - self.centre) * self.scale, -bound, bound) * tf.cast(known, tf.float32)

    def _denoise_step(self, levels: Any, known: Any, whole: Any, measured: Any) -> Any:
        inputs, wanted, counted = (
            self._standard(levels, known),
            self._standard(whole, measured),
            tf.cast(measured, tf.float32),
        )
        with tf.GradientTape() as tape:
            hidden = tf.nn.relu(inputs @ self.matrices[0] + self.biases[0])
            found = hidden @ self.decoder[0] + self.decoder[1]
            errors = tf.reduce_sum((found - wanted) ** 2 * counted, axis=1)
            loss = tf.reduce_mean(errors / tf.reduce_sum(counted, axis=1))
        self._adam["denoise"].apply(tape.gradient(loss, self._first))
        return loss

    def _classify_step(self, levels: Any, known: Any, leaf: Any) -> Any:
        smoothing = self.options.smoothing
        wanted = tf.one_hot(leaf, self.types) * (1 - smoothing) + smoothing / self.types
        hidden = self._standard(levels, known)
        with tf.GradientTape() as tape:
            for matrix, bias in zip(self.matrices[:-1], self.biases[:-1], strict=True):
                hidden = tf.nn.relu(hidden @ matrix + bias)
            logits = hidden @ self.matrices[-1] + self.biases[-1]
            loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(wanted, logits))
            decay = self.options.penalty * sum(tf.reduce_sum(m**2) for m in self.matrices)
            whole = loss + decay
        self._adam["classify"].apply(tape.gradient(whole, self._all))
        return loss


def _drawn(shape: tuple[int, int], rng: np.random.Generator, variance: float) -> Any:
    return tf.Variable((rng.standard_normal(shape) * np.sqrt(variance)).astype(np.float32))
