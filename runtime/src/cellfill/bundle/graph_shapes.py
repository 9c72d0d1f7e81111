"""Follow the shapes of an ONNX graph from its inputs to its outputs, by the operators that our exporters need.

Every size is known before anything is run, so memory and work a cell are bounded, no index lies outside, and no
operator mixes cells. The rules are those of https://onnx.ai/onnx/operators, and no wider than our exporters need:
what a node reads besides values (indices, shapes, bounds) must be a constant. Weights of half precision are read by
one Cast each, to float32, and by nothing else.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill.bundle.files import GRAPH, MAX_BYTES
from cellfill.bundle.graph_file import FLOAT, MAX_AXES, GraphFile, Node, read_attribute
from cellfill.errors import BundleError

if TYPE_CHECKING:
    from numpy.typing import NDArray

# human-pbmc makes 86 thousand values a cell in all and multiplies 3.9 million times. The more a graph makes of one
# cell, the fewer it is given at once (`cellfill.network.session`).
MAX_VALUES = 1 << 21
MAX_PRODUCTS = 1 << 29

CELLS = -1
Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Reading:
    """What a node reads: the shapes of its inputs, those that are constants, and its attributes."""

    shapes: tuple[Shape, ...]
    constants: tuple[NDArray[Any] | None, ...]
    attributes: Mapping[str, int | tuple[int, ...]]

    def check_weights(self) -> None:
        """Refuse a constant of whole numbers, or of half precision, where values are read."""
        for array in self.constants:
            if array is not None and array.dtype.kind != "f":
                raise BundleError("reads whole numbers as weights")
            if array is not None and array.dtype != np.float32:
                raise BundleError("reads weights of half precision without a Cast")

    def numbers(self, place: int) -> list[int]:
        """Return an input that must be a constant list of whole numbers of 64 bits."""
        array = self.constants[place]
        if array is None or array.dtype != np.int64 or array.ndim != 1 or len(array) > MAX_AXES:
            raise BundleError("reads a shape or a bound that is no constant list of whole numbers of 64 bits")
        return [int(number) for number in array]

    def number(self, name: str) -> int:
        """Return an attribute that is one whole number, zero where it is absent."""
        value = self.attributes.get(name, 0)
        if not isinstance(value, int):
            raise BundleError(f"has a list as {name}")
        return value


@dataclass(frozen=True, slots=True)
class _Operator:
    """How many inputs an operator takes, the attributes that it may have, and the shape that it makes."""

    inputs: int
    attributes: frozenset[str]
    shape: Callable[[_Reading], Shape]


def output_shapes(graph: GraphFile) -> dict[str, Shape]:
    """Return the shape of every value that the graph's nodes make; the axis of cells has the size `CELLS`.

    Raises
    ------
    BundleError
        When an operator is not one that our exporters need, does not fit what it reads, mixes cells, or when the
        values or the products of a cell are over their bounds.
    """
    known = {value.name: tuple(CELLS if size is None else size for size in value.shape) for value in graph.inputs}
    constants = dict(graph.constants)
    halves = _Halves()
    made: dict[str, Shape] = {}
    values = products = 0
    opset = graph.opsets.get("", 0)
    for node in graph.nodes:
        operator = _operator(node)
        unknown = [name for name in node.inputs if name not in known and name not in constants]
        if unknown:
            raise BundleError(f"the operator {node.operator} reads {unknown[0]!r}, which nothing before it makes")
        (output,) = node.outputs
        if output in known or output in constants or not output:
            raise BundleError(f"the name {output!r} is given twice or is empty")
        reading = _Reading(
            tuple(known[name] if name in known else constants[name].shape for name in node.inputs),
            tuple(constants.get(name) for name in node.inputs),
            _attributes(node, operator, opset),
        )
        if node.operator == "Cast":
            constants[output] = halves.widened(node.inputs[0], reading)
            continue
        try:
            shape = operator.shape(reading)
            if len(shape) > MAX_AXES or shape.count(CELLS) != 1 or 0 in shape:
                raise BundleError("loses or mixes the cells, or makes nothing")
        except BundleError as error:
            read = " and ".join(str(list(shape)).replace("-1", "cells") for shape in reading.shapes)
            raise BundleError(f"the operator {node.operator}, which reads {read}, {error}") from None
        known[output] = made[output] = shape
        values += -math.prod(shape)
        if node.operator == "MatMul":
            products += -math.prod(shape) * reading.shapes[0][-1]
        if values > MAX_VALUES or products > MAX_PRODUCTS:
            raise BundleError(
                f"it needs over {MAX_VALUES:,} values or {MAX_PRODUCTS:,} products a cell: more than a model needs"
            )
    return made


class _Halves:
    """Weights of half precision, each made float32 once: in all no more than a graph may have."""

    def __init__(self) -> None:
        self._seen: set[str] = set()
        self._bytes = 0

    def widened(self, name: str, reading: _Reading) -> NDArray[Any]:
        """Return what stands for a constant once it is cast: its shape and type, and no memory.

        Raises
        ------
        BundleError
            When it is no constant of half precision, was cast before, or is cast to anything but float32.
        """
        (array,) = reading.constants
        if array is None or array.dtype != np.float16:
            raise BundleError(f"the operator Cast reads {name!r}, which is no constant of half precision")
        if reading.attributes.get("to") != FLOAT:
            raise BundleError(f"the operator Cast makes {name!r} something else than float32")
        if name in self._seen:
            raise BundleError(f"the constant {name!r} of half precision is cast twice")
        self._seen.add(name)
        self._bytes += 4 * array.size
        if self._bytes > MAX_BYTES[GRAPH]:
            raise BundleError(f"its weights of half precision make over {MAX_BYTES[GRAPH]:,} bytes")
        return np.broadcast_to(np.float32(0), array.shape)


def values_of(made: Mapping[str, Shape]) -> int:
    """Return how many values a graph makes of one cell, in all."""
    return -sum(math.prod(shape) for shape in made.values())


def _operator(node: Node) -> _Operator:
    operator = _OPERATORS.get(node.operator)
    if node.domain:
        raise BundleError(f"it uses the operator {node.operator!r} of {node.domain!r}, not a standard one")
    if operator is None:
        raise BundleError(
            f"it uses the operator {node.operator!r}, which is none that a model may use ({', '.join(_OPERATORS)})"
        )
    if len(node.inputs) != operator.inputs or len(node.outputs) != 1:
        raise BundleError(
            f"the operator {node.operator} takes {len(node.inputs)} and gives {len(node.outputs)} values, "
            f"not {operator.inputs} and 1"
        )
    return operator


def _attributes(node: Node, operator: _Operator, opset: int) -> dict[str, int | tuple[int, ...]]:
    found = dict(read_attribute(message) for message in node.attributes[: MAX_AXES + 1])
    if len(found) != len(node.attributes):
        raise BundleError(f"the operator {node.operator} has one attribute twice, or too many")
    odd = sorted(name for name in found if name not in operator.attributes or opset < _SINCE.get(name, 0))
    if odd:
        raise BundleError(f"the operator {node.operator} has the attribute {odd[0]!r}, which no model needs")
    return found


def _same(reading: _Reading) -> Shape:
    return reading.shapes[0]


def _broadcast(reading: _Reading) -> Shape:
    reading.check_weights()
    return _together(*reading.shapes)


def _together(one: Shape, other: Shape) -> Shape:
    """Return the shape of two arrays that meet value by value, as numpy does."""
    rank = max(len(one), len(other))
    pairs = zip((1,) * (rank - len(one)) + one, (1,) * (rank - len(other)) + other, strict=True)
    shape = []
    for a, b in pairs:
        if a != b and 1 not in (a, b):
            raise BundleError("does not fit")
        shape.append(b if a == 1 else a)
    return tuple(shape)


def _matmul(reading: _Reading) -> Shape:
    reading.check_weights()
    one, other = reading.shapes
    if min(len(one), len(other)) < 2 or one[-1] != other[-2] or one[-1] == CELLS:
        raise BundleError("does not fit")
    return (*_together(one[:-2], other[:-2]), one[-2], other[-1])


def _transpose(reading: _Reading) -> Shape:
    (shape,) = reading.shapes
    order = reading.attributes.get("perm", tuple(reversed(range(len(shape)))))
    if not isinstance(order, tuple) or sorted(order) != list(range(len(shape))):
        raise BundleError("has no order of its axes")
    return tuple(shape[axis] for axis in order)


def _gather(reading: _Reading) -> Shape:
    shape, places = reading.shapes
    axis, indices = reading.number("axis"), reading.constants[1]
    if not 0 <= axis < len(shape) or shape[axis] == CELLS:
        raise BundleError("gathers along no axis of genes")
    if indices is None or indices.dtype.kind != "i":
        raise BundleError("gathers by what is no constant of whole numbers")
    if int(indices.min()) < 0 or int(indices.max()) >= shape[axis]:
        raise BundleError("gathers what is not there")
    return (*shape[:axis], *places, *shape[axis + 1 :])


def _reshape(reading: _Reading) -> Shape:
    shape, wanted = reading.shapes[0], reading.numbers(1)
    if reading.number("allowzero") or wanted.count(-1) > 1 or min(wanted, default=0) < -1:
        raise BundleError("has no shape to take")
    if any(size == 0 and axis >= len(shape) for axis, size in enumerate(wanted)):
        raise BundleError("has no shape to take")
    found = [shape[axis] if size == 0 else size for axis, size in enumerate(wanted)]
    if -1 in wanted:
        free = wanted.index(-1)
        rest = found[:free] + found[free + 1 :]
        found[free] = CELLS if CELLS not in rest else math.prod(shape) // math.prod(rest)
    if math.prod(found) != math.prod(shape) or found.count(CELLS) != 1 or shape.count(CELLS) != 1:
        raise BundleError("does not fit")
    if math.prod(found[: found.index(CELLS)]) != math.prod(shape[: shape.index(CELLS)]):
        raise BundleError("mixes the cells")
    return tuple(found)


def _slice(reading: _Reading) -> Shape:
    shape = list(reading.shapes[0])
    starts, ends, axes = (reading.numbers(place) for place in (1, 2, 3))
    if not len(starts) == len(ends) == len(axes) == len(set(axes)):
        raise BundleError("has bounds that do not go together")
    for start, end, axis in zip(starts, ends, axes, strict=True):
        if not 0 <= axis < len(shape) or shape[axis] == CELLS or not 0 <= start < end <= shape[axis]:
            raise BundleError("cuts what is not there")
        shape[axis] = end - start
    return tuple(shape)


_SINCE = {"allowzero": 14}  # the operator sets that brought attributes that older ones lack
_NONE: frozenset[str] = frozenset()
_OPERATORS: Mapping[str, _Operator] = {
    **dict.fromkeys(("Add", "Div", "Mul", "Sub"), _Operator(2, _NONE, _broadcast)),
    "Cast": _Operator(1, frozenset({"to"}), _same),
    **dict.fromkeys(("Exp", "Log", "Relu"), _Operator(1, _NONE, _same)),
    "Gather": _Operator(2, frozenset({"axis"}), _gather),
    "MatMul": _Operator(2, _NONE, _matmul),
    "Reshape": _Operator(2, frozenset({"allowzero"}), _reshape),
    "Slice": _Operator(4, _NONE, _slice),
    "Transpose": _Operator(1, frozenset({"perm"}), _transpose),
}
OPERATORS = tuple(sorted(_OPERATORS))
