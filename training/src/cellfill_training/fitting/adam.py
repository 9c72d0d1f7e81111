"""The step of a training: Adam, in one pass over each weight."""

from __future__ import annotations

from typing import Any

from cellfill_training.bare_tensorflow import tf


class Adam:
    """Adam (Kingma & Ba 2015), by TensorFlow's fused kernel: one pass over a weight instead of ten."""

    def __init__(self, variables: list[Any], learning_rate: float, momentum: float = 0.9) -> None:
        self.variables, self.learning_rate, self.momentum = variables, learning_rate, momentum
        self.first = [tf.Variable(tf.zeros_like(v)) for v in variables]
        self.second = [tf.Variable(tf.zeros_like(v)) for v in variables]
        self.powers = [tf.Variable(1.0), tf.Variable(1.0)]

    def apply(self, gradients: list[Any]) -> None:
        """Take one step."""
        for power, beta in zip(self.powers, (self.momentum, 0.999), strict=True):
            power.assign(power * beta)
        for variable, m, v, gradient in zip(self.variables, self.first, self.second, gradients, strict=True):
            tf.raw_ops.ResourceApplyAdam(
                var=variable.handle,
                m=m.handle,
                v=v.handle,
                beta1_power=self.powers[0],
                beta2_power=self.powers[1],
                lr=self.learning_rate,
                beta1=self.momentum,
                beta2=0.999,
                epsilon=1e-7,
                grad=gradient,
            )
