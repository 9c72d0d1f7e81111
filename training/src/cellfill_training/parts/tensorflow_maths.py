"""A network in TensorFlow: while it is trained, and as what its graph is compared with."""

from __future__ import annotations

from typing import Any

from cellfill_training.bare_tensorflow import tf
from cellfill_training.parts.maths import EXPONENT_BOUND, Maths, Value
from cellfill_training.parts.parameters import Norm, Parameter


class TensorFlowMaths(Maths):
    """Operations of TensorFlow.

    Parameters
    ----------
    training
        See `Maths`.
    random
        Draws what is random in training.
    """

    def __init__(self, *, training: bool = False, random: Any = None) -> None:
        self.training, self.random = training, random

    def value(self, parameter: Parameter) -> Value:
        """Return the variable, what its mask leaves of it."""
        if parameter.mask is None:
            return parameter.variable
        return parameter.variable * tf.constant(parameter.mask, dtype=tf.float32)

    def constant(self, values: Any) -> Value:
        """Return a constant of float32."""
        return tf.constant(values, dtype=tf.float32)

    def average(self, parameter: Parameter) -> Value:
        """Return the mean of a parameter's rows."""
        return tf.reduce_mean(parameter.variable, axis=0)

    def squared_lengths(self, parameter: Parameter) -> Value:
        """Return the squared length of each column of a parameter."""
        return tf.reduce_sum(parameter.variable**2, axis=0)

    def add(self, a: Value, b: Value) -> Value:
        """Return a + b."""
        return tf.add(a, b)

    def sub(self, a: Value, b: Value) -> Value:
        """Return a - b."""
        return tf.subtract(a, b)

    def mul(self, a: Value, b: Value) -> Value:
        """Return a * b."""
        return tf.multiply(a, b)

    def div(self, a: Value, b: Value) -> Value:
        """Return a / b."""
        return tf.divide(a, b)

    def matmul(self, a: Value, b: Value) -> Value:
        """Return the product of two matrices."""
        return tf.matmul(a, b)

    def exp(self, x: Value) -> Value:
        """Return e to the power of x."""
        return tf.exp(x)

    def log(self, x: Value) -> Value:
        """Return the natural logarithm."""
        return tf.math.log(x)

    def relu(self, x: Value) -> Value:
        """Return x, or 0 below."""
        return tf.nn.relu(x)

    def clip(self, x: Value, least: float, most: float) -> Value:
        """Hold x between two numbers; in one operation, with the same result."""
        return tf.clip_by_value(x, least, most)

    def sigmoid(self, x: Value) -> Value:
        """Return 1 / (1 + exp(-x))."""
        return tf.sigmoid(x)

    def tanh(self, x: Value) -> Value:
        """Return the hyperbolic tangent."""
        return tf.tanh(x)

    def softplus(self, x: Value) -> Value:
        """Return log(1 + exp(x))."""
        return tf.nn.softplus(x)

    def elu(self, x: Value) -> Value:
        """Return x, or exp(x) - 1 below 0."""
        return tf.nn.elu(x)

    def softmax(self, x: Value, columns: int) -> Value:
        """Return shares of a row that go with exp(x)."""
        del columns
        return tf.nn.softmax(tf.clip_by_value(x, -EXPONENT_BOUND, EXPONENT_BOUND))

    def sum(self, x: Value, columns: int) -> Value:
        """Return the sum of each row, cells x 1."""
        del columns
        return tf.reduce_sum(x, axis=1, keepdims=True)

    def columns(self, x: Value, first: int, last: int) -> Value:
        """Return the columns from the first up to, but without, the last."""
        return x[:, first:last]

    def largest(self, x: Value, columns: int) -> Value:
        """Return the largest of each row, cells x 1."""
        del columns
        return tf.reduce_max(x, axis=1, keepdims=True)

    def normalise(self, x: Value, norm: Norm) -> Value:
        """Normalise by the batch while training, and keep its mean and variance for later."""
        mean, variance = norm.mean.variable, norm.variance.variable
        if self.training:
            own_mean, own_variance = tf.nn.moments(x, axes=[0])
            rest = 1 - norm.momentum
            mean.assign_sub((mean - own_mean) * rest)
            variance.assign_sub((variance - own_variance) * rest)
            mean, variance = own_mean, own_variance
        scale = tf.math.rsqrt(variance + norm.epsilon)
        if norm.scale is not None:
            scale = scale * norm.scale.variable
        return (x - mean) * scale + norm.shift.variable

    def dropout(self, x: Value, share: float) -> Value:
        """Drop a share of the neurons, and make the others larger for it."""
        if not (self.training and share):
            return x
        kept = self.random.uniform(tf.shape(x)) >= share
        return x * tf.cast(kept, tf.float32) / (1 - share)

    def logistic(self, like: Value) -> Value:
        """Return a draw of the logistic distribution for every entry, in training; else 0."""
        if not self.training:
            return 0.0
        share = self.random.uniform(tf.shape(like), minval=1e-7, maxval=1.0)
        return tf.math.log(share) - tf.math.log(1 - share + 1e-7)

    def draw(self, mean: Value, log_variance: Value) -> Value:
        """Draw around a mean (the reparametrised draw of Kingma & Welling 2014)."""
        if not self.training:
            return mean
        return mean + tf.exp(0.5 * log_variance) * self.random.normal(tf.shape(mean))
