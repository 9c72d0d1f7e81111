"""The optimisers of the published programs, by TensorFlow's fused kernels: one pass over a weight."""

from __future__ import annotations

from typing import Any, Protocol

from cellfill_training.bare_tensorflow import tf
from cellfill_training.fitting.adam import Adam
from cellfill_training.parts.options import NetworkOptions


class Optimiser(Protocol):
    """Changes weights."""

    def apply(self, gradients: list[Any]) -> None:
        """Take one step."""


class RmsProp:
    """RMSprop (Hinton 2012), with the decay .9 of Keras.

    Keras adds 1e-7 to the root of the mean square, the kernel to what the root is taken of: 1e-14 there is the
    same but where gradients are of that size. With 1e-7 there steps shrink where gradients are below 3e-4.
    """

    def __init__(self, variables: list[Any], rate: Any) -> None:
        self.variables, self.rate = variables, rate
        self.square = [tf.Variable(tf.zeros_like(v)) for v in variables]
        self.moved = [tf.Variable(tf.zeros_like(v)) for v in variables]

    def apply(self, gradients: list[Any]) -> None:
        """Take one step."""
        for variable, square, moved, gradient in zip(
            self.variables, self.square, self.moved, gradients, strict=True
        ):
            tf.raw_ops.ResourceApplyRMSProp(
                var=variable.handle,
                ms=square.handle,
                mom=moved.handle,
                lr=self.rate,
                rho=0.9,
                momentum=0.0,
                epsilon=1e-14,
                grad=gradient,
            )


class Momentum:
    """Stochastic gradient descent with momentum."""

    def __init__(self, variables: list[Any], rate: Any, momentum: float) -> None:
        self.variables, self.rate, self.momentum = variables, rate, momentum
        self.moved = [tf.Variable(tf.zeros_like(v)) for v in variables]

    def apply(self, gradients: list[Any]) -> None:
        """Take one step."""
        for variable, moved, gradient in zip(self.variables, self.moved, gradients, strict=True):
            tf.raw_ops.ResourceApplyKerasMomentum(
                var=variable.handle,
                accum=moved.handle,
                lr=self.rate,
                grad=gradient,
                momentum=self.momentum,
            )


def make_optimiser(options: NetworkOptions, variables: list[Any], rate: Any) -> Optimiser:
    """Return the optimiser that the options name, for some variables and the variable of the learning rate."""
    if options.optimiser == "adam":
        return Adam(variables, rate, options.momentum)
    if options.optimiser == "rmsprop":
        return RmsProp(variables, rate)
    return Momentum(variables, rate, options.momentum)
