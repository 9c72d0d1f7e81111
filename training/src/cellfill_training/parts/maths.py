"""What a network may compute with: the same program is trained in TensorFlow and written down as an ONNX graph."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from cellfill_training.parts.parameters import Norm, Parameter

# A tensor of TensorFlow, or the name of what a node of the graph gives; or a plain number.
Value: TypeAlias = Any

# Beyond, exp leaves float32, or a sum of some thousand of them does.
EXPONENT_BOUND = 40.0


class Maths(ABC):
    """Operations on cells x something. What is not abstract is put together from the operators of docs/bundle.md.

    Attributes
    ----------
    training
        Whether neurons are dropped, means drawn around and batches normalised by themselves.
    """

    training: bool = False

    @abstractmethod
    def value(self, parameter: Parameter) -> Value:
        """Return the value of a parameter."""

    @abstractmethod
    def constant(self, values: Any) -> Value:
        """Return numbers that are not learnt."""

    @abstractmethod
    def add(self, a: Value, b: Value) -> Value:
        """Return a + b."""

    @abstractmethod
    def sub(self, a: Value, b: Value) -> Value:
        """Return a - b."""

    @abstractmethod
    def mul(self, a: Value, b: Value) -> Value:
        """Return a * b."""

    @abstractmethod
    def div(self, a: Value, b: Value) -> Value:
        """Return a / b."""

    @abstractmethod
    def matmul(self, a: Value, b: Value) -> Value:
        """Return the product of two matrices."""

    @abstractmethod
    def exp(self, x: Value) -> Value:
        """Return e to the power of x."""

    @abstractmethod
    def log(self, x: Value) -> Value:
        """Return the natural logarithm."""

    @abstractmethod
    def relu(self, x: Value) -> Value:
        """Return x, or 0 below."""

    def clip(self, x: Value, least: float, most: float) -> Value:
        """Hold x between two numbers."""
        above = self.relu(self.sub(x, least))
        return self.sub(most, self.relu(self.sub(most - least, above)))

    def exponential(self, x: Value) -> Value:
        """Return e to the power of x, held within float32."""
        return self.exp(self.clip(x, -EXPONENT_BOUND, EXPONENT_BOUND))

    def sigmoid(self, x: Value) -> Value:
        """Return 1 / (1 + exp(-x))."""
        return self.div(1.0, self.add(1.0, self.exp(self.clip(self.sub(0.0, x), -EXPONENT_BOUND, EXPONENT_BOUND))))

    def tanh(self, x: Value) -> Value:
        """Return the hyperbolic tangent, 2 / (1 + exp(-2 x)) - 1."""
        return self.sub(self.mul(2.0, self.sigmoid(self.mul(2.0, x))), 1.0)

    def softplus(self, x: Value) -> Value:
        """Return log(1 + exp(x)), written so that exp has nothing positive."""
        low = self.relu(self.sub(0.0, x))
        high = self.relu(x)
        return self.add(high, self.log(self.add(1.0, self.exp(self.sub(0.0, self.add(high, low))))))

    def elu(self, x: Value) -> Value:
        """Return x, or exp(x) - 1 below 0."""
        low = self.relu(self.sub(0.0, x))
        return self.sub(self.add(self.relu(x), self.exp(self.sub(0.0, low))), 1.0)

    def softmax(self, x: Value, columns: int) -> Value:
        """Return shares of a row that go with exp(x), cells x so many columns."""
        odds = self.exponential(x)
        return self.div(odds, self.sum(odds, columns))

    def sum(self, x: Value, columns: int) -> Value:
        """Return the sum of each row, cells x 1, of so many columns."""
        return self.matmul(x, self.constant([[1.0]] * columns))

    @abstractmethod
    def columns(self, x: Value, first: int, last: int) -> Value:
        """Return the columns from the first up to, but without, the last."""

    def largest(self, x: Value, columns: int) -> Value:
        """Return the largest of each row, cells x 1, of so many columns: halves are compared until one is left."""
        while columns > 1:
            half = (columns + 1) // 2
            left, right = self.columns(x, 0, half), self.columns(x, columns - half, columns)
            x, columns = self.add(left, self.relu(self.sub(right, left))), half
        return x

    @abstractmethod
    def squared_lengths(self, parameter: Parameter) -> Value:
        """Return the squared length of each column of a parameter, (columns,)."""

    @abstractmethod
    def average(self, parameter: Parameter) -> Value:
        """Return the mean of a parameter's rows, (columns,)."""

    def activate(self, name: str, x: Value) -> Value:
        """Apply an activation by its name; ``linear`` leaves x as it is."""
        functions: dict[str, Callable[[Value], Value]] = {
            "relu": self.relu,
            "elu": self.elu,
            "tanh": self.tanh,
            "sigmoid": self.sigmoid,
            "softplus": self.softplus,
        }
        return x if name == "linear" else functions[name](x)

    def normalise(self, x: Value, norm: Norm) -> Value:
        """Return x as batch normalisation has it after the training: by the means and variances it kept."""
        scale, shift = norm.folded()
        return self.add(self.mul(x, self.constant(scale)), self.constant(shift))

    def dropout(self, x: Value, share: float) -> Value:
        """Drop a share of the neurons, in training."""
        del share
        return x

    def logistic(self, like: Value) -> Value:
        """Return a draw of the logistic distribution for every entry, in training; else 0, its mean."""
        del like
        return 0.0

    def draw(self, mean: Value, log_variance: Value) -> Value:
        """Draw around a mean, in training; else return it, so that what is exported is not random."""
        del log_variance
        return mean
