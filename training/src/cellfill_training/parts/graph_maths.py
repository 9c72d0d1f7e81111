"""A network as an ONNX graph: what its program computes is written down, operator by operator."""

from __future__ import annotations

from typing import Any

import numpy as np

from cellfill_training.exporting.assemble import Assembly
from cellfill_training.parts.maths import Maths, Value
from cellfill_training.parts.parameters import Parameter


class GraphMaths(Maths):
    """Operators of a graph that is being written; a value is the name of what a node gives.

    Parameters
    ----------
    graph
        That they are written into.
    """

    def __init__(self, graph: Assembly) -> None:
        self.graph = graph
        self._parameters: dict[str, str] = {}
        self._constants: dict[bytes, str] = {}

    def value(self, parameter: Parameter) -> Value:
        """Return the name under which the graph holds a parameter; it is held once."""
        if parameter.name not in self._parameters:
            hold = self.graph.weight if parameter.small else self.graph.constant
            self._parameters[parameter.name] = hold(parameter.name, parameter.numpy())
        return self._parameters[parameter.name]

    def constant(self, values: Any) -> Value:
        """Return the name of numbers; the same numbers are held once."""
        array = np.atleast_1d(np.asarray(values, dtype=np.float32))
        key = repr(array.shape).encode() + array.tobytes()
        if key not in self._constants:
            self._constants[key] = self.graph.constant(f"constant{len(self._constants)}", array)
        return self._constants[key]

    def columns(self, x: Value, first: int, last: int) -> Value:
        """Return the columns from the first up to, but without, the last."""
        bounds = [self.graph.numbers(f"whole{n}", [n]) for n in (first, last, 1)]
        return self.graph.add("Slice", x, *bounds)

    def average(self, parameter: Parameter) -> Value:
        """Return the mean of a parameter's rows, held as one constant."""
        return self.constant(parameter.numpy().mean(axis=0))

    def squared_lengths(self, parameter: Parameter) -> Value:
        """Return the squared length of each column of a parameter, held as one constant."""
        return self.constant((parameter.numpy() ** 2).sum(axis=0))

    def add(self, a: Value, b: Value) -> Value:
        """Return a + b."""
        return self._node("Add", a, b)

    def sub(self, a: Value, b: Value) -> Value:
        """Return a - b."""
        return self._node("Sub", a, b)

    def mul(self, a: Value, b: Value) -> Value:
        """Return a * b."""
        return self._node("Mul", a, b)

    def div(self, a: Value, b: Value) -> Value:
        """Return a / b."""
        return self._node("Div", a, b)

    def matmul(self, a: Value, b: Value) -> Value:
        """Return the product of two matrices."""
        return self._node("MatMul", a, b)

    def exp(self, x: Value) -> Value:
        """Return e to the power of x."""
        return self._node("Exp", x)

    def log(self, x: Value) -> Value:
        """Return the natural logarithm."""
        return self._node("Log", x)

    def relu(self, x: Value) -> Value:
        """Return x, or 0 below."""
        return self._node("Relu", x)

    def _node(self, operator: str, *values: Value) -> str:
        return self.graph.add(operator, *(v if isinstance(v, str) else self.constant(v) for v in values))
