"""The classifier as numbers: how counts become inputs, its layers, its temperature."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Beyond, exp of a logit would leave float32; a trained network stays far below.
LOGIT_BOUND = 40.0
_BLOCK = 2048  # cells


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaling:
    """How a count becomes an input: (log1p(count / size factor) - centre) / scale, held within bounds.

    Attributes
    ----------
    mean
        (genes,) mean count at size factor 1; a cell's size factor is its counts over the measured genes, divided
        by the sum of their means.
    centre
        (genes,) mean of log1p(count / size factor), where an unknown gene stands.
    scale
        (genes,) standard deviation of it, and a little more.
    bound
        Inputs lie between minus this and this.
    """

    mean: NDArray[np.float64]
    centre: NDArray[np.float32]
    scale: NDArray[np.float32]
    bound: float

    @property
    def neutral(self) -> NDArray[np.float64]:
        """Count at size factor 1 that tells the network nothing, (genes,)."""
        return np.expm1(self.centre.astype(np.float64))


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """A trained classifier.

    Attributes
    ----------
    scaling
        Of its inputs.
    weights
        Matrix and bias of each layer, float32; ReLU after each but the last. The embedding is the last hidden
        layer; where there is none, the logits.
    temperature
        By which logits are divided before they become probabilities.
    """

    scaling: Scaling
    weights: tuple[tuple[NDArray[np.float32], NDArray[np.float32]], ...]
    temperature: float = 1.0

    @property
    def dimensions(self) -> int:
        """Of the embedding."""
        return len(self.weights[-1][1] if len(self.weights) == 1 else self.weights[-1][0])

    def halved(self) -> Network:
        """Return the network as it is when its matrices are kept in float16."""
        return replace(self, weights=tuple((m.astype(np.float16).astype(np.float32), b) for m, b in self.weights))

    def outputs(
        self, counts: NDArray[np.float32], size_factors: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        """Return class probabilities, energy (cells x 1) and embedding of cells, computed in TensorFlow.

        Parameters
        ----------
        counts
            Cells x input genes; an unknown gene at its neutral count times the size factor.
        size_factors
            Cells x 1.
        """
        from cellfill_training.bare_tensorflow import tf

        parts = []
        for start in range(0, len(counts), _BLOCK):
            rows = slice(start, start + _BLOCK)
            hidden, logits = self._layers(tf, counts[rows], size_factors[rows])
            energy = tf.reduce_logsumexp(logits, axis=1, keepdims=True)
            parts.append([x.numpy() for x in (tf.nn.softmax(logits / self.temperature), energy, hidden)])
        probabilities, energies, embeddings = (np.concatenate(part) for part in zip(*parts, strict=True))
        return probabilities, energies, embeddings

    def _layers(self, tf: Any, counts: Any, size_factors: Any) -> tuple[Any, Any]:
        levels = tf.math.log(1.0 + counts / size_factors)
        bound = self.scaling.bound
        hidden = tf.clip_by_value((levels - self.scaling.centre) / self.scaling.scale, -bound, bound)
        for matrix, bias in self.weights[:-1]:
            hidden = tf.nn.relu(hidden @ matrix + bias)
        matrix, bias = self.weights[-1]
        logits = hidden @ matrix + bias
        place = logits if len(self.weights) == 1 else hidden
        return place, tf.clip_by_value(logits, -LOGIT_BOUND, LOGIT_BOUND)
