"""Cut a graph down to some of its sub-networks, by what its manifest says of its constants.

A model of many sub-networks holds each kind of weight as one constant, stacked on axis 0. A few target genes need
a few of the sub-networks, and those a part of the input columns: the constants are sliced, the nodes stay.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill.bundle.manifest import Cut, Graph
from cellfill.bundle.wire import BYTES, VARINT, Field, fields, integers, join
from cellfill.errors import BundleError

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Numbers of the fields in onnx.proto (ModelProto, GraphProto, TensorProto, ValueInfoProto and what is in them).
_GRAPH = 7
_INITIALIZER, _INPUT, _OUTPUT = 5, 11, 12
_DIMS, _DATA_TYPE, _NAME, _RAW = 1, 2, 8, 9
_VALUE_NAME, _VALUE_TYPE, _TENSOR, _SHAPE, _DIM, _DIM_VALUE = 1, 2, 1, 2, 1, 1
_DTYPES: dict[int, np.dtype[Any]] = {
    1: np.dtype("<f4"),
    6: np.dtype("<i4"),
    7: np.dtype("<i8"),
    10: np.dtype("<f2"),
    11: np.dtype("<f8"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CutGraph:
    """A graph of some of a model's sub-networks.

    Attributes
    ----------
    graph
        The bytes of the graph.
    columns
        The input columns of the whole graph that it reads, ascending: its own input columns.
    """

    graph: bytes
    columns: NDArray[np.intp]


def cut_graph(graph: bytes, form: Graph, *, networks: Sequence[int], targets: int) -> CutGraph:
    """Return the graph of some sub-networks.

    Parameters
    ----------
    graph
        The bytes of ``model.onnx``, which gives nothing but imputed counts (`outputs.keep_outputs`).
    form
        What the manifest says of it; ``form.cut`` must not be None.
    networks
        Numbers of the sub-networks to keep, ascending, each once.
    targets
        Number of target genes that these fill: the width of the output.

    Raises
    ------
    BundleError
        When the graph is malformed, or its constants are not what the manifest states.
    """
    output = form.imputed
    if form.cut is None or output is None:
        raise BundleError("The manifest does not say how to cut the graph: run it whole.")
    model = list(fields(graph))
    whole = [field for field in model if field.number == _GRAPH]
    if len(whole) != 1:
        raise BundleError("model.onnx is malformed: it does not hold exactly one graph.")
    inner = list(fields(whole[0].content))
    tensors = {_name(f.content, _NAME): f.content for f in inner if f.number == _INITIALIZER}
    changed, columns = _cut_constants(tensors, form.cut, np.asarray(networks), targets)
    widths = {i.name: len(columns) for i in form.inputs if i.meaning == "counts"} | {output.name: targets}
    kept = [_cut_field(field, changed, widths) for field in inner]
    new = replace(whole[0], value=join(kept))
    return CutGraph(graph=join(new if f is whole[0] else f for f in model), columns=columns)


def _cut_constants(
    tensors: dict[str, memoryview], cut: Cut, networks: NDArray[np.intp], targets: int
) -> tuple[dict[str, bytes], NDArray[np.intp]]:
    """Return the constants that change, and the input columns that are still read."""
    stacked = {name: _array(tensors, name) for name in {*cut.stacked, cut.places}}
    heights = {name: len(array) if array.ndim else 0 for name, array in stacked.items()}
    if len(set(heights.values())) != 1:
        raise BundleError(f"model.onnx: the stacked constants differ in length on axis 0: {heights}.")
    height = heights[cut.places]
    if not len(networks) or networks.min() < 0 or networks.max() >= height or (np.diff(networks) <= 0).any():
        raise BundleError(f"model.onnx has the sub-networks 0 to {height - 1}; these were asked for: {networks}.")
    if stacked[cut.places].dtype.kind != "i":
        raise BundleError(f"model.onnx: the constant {cut.places!r} does not hold input columns.")
    kept = {name: array[networks] for name, array in stacked.items()}
    columns, renumbered = np.unique(kept[cut.places], return_inverse=True)
    kept[cut.places] = renumbered.reshape(kept[cut.places].shape).astype(kept[cut.places].dtype)
    for name in cut.by_input:
        values = _array(tensors, name)
        if not values.ndim or not len(columns) or columns[0] < 0 or columns[-1] >= values.shape[-1]:
            raise BundleError(f"model.onnx: the constant {name!r} does not hold one value an input column.")
        kept[name] = np.take(values, columns, axis=-1)
    if cut.width:
        kept[cut.width] = np.full_like(_array(tensors, cut.width), targets)
    return {name: _with_array(tensors[name], array) for name, array in kept.items()}, columns.astype(np.intp)


def _cut_field(field: Field, changed: dict[str, bytes], widths: dict[str, int]) -> Field:
    if field.number == _INITIALIZER:
        new = changed.get(_name(field.content, _NAME))
        return field if new is None else replace(field, value=new)
    if field.number in (_INPUT, _OUTPUT):
        width = widths.get(_name(field.content, _VALUE_NAME))
        return field if width is None else replace(field, value=_with_width(field.content, width))
    return field


def _array(tensors: dict[str, memoryview], name: str) -> NDArray[Any]:
    """Return a constant that is stored as raw data."""
    if name not in tensors:
        raise BundleError(f"model.onnx has no constant {name!r}, which the manifest names.")
    shape = integers(tensors[name], _DIMS)
    last = {f.number: f for f in fields(tensors[name]) if f.number in (_DATA_TYPE, _RAW)}
    dtype = _DTYPES.get(last[_DATA_TYPE].integer) if _DATA_TYPE in last else None
    raw = last[_RAW].content if _RAW in last else memoryview(b"")
    if dtype is None or min(shape, default=0) < 0 or math.prod(shape) * dtype.itemsize != len(raw):
        raise BundleError(f"model.onnx: the constant {name!r} is not raw data of a known type and its shape.")
    return np.frombuffer(raw, dtype=dtype).reshape(shape)


def _with_array(tensor: memoryview, array: NDArray[Any]) -> bytes:
    """Return a constant with another array of the same type."""
    others = [f for f in fields(tensor) if f.number not in (_DIMS, _RAW)]
    dims = [Field(_DIMS, VARINT, size) for size in array.shape]
    return join([*dims, *others, Field(_RAW, BYTES, array.tobytes())])


def _with_width(value: memoryview, width: int) -> bytes:
    """Return an input or output of two axes with another size of its last axis."""
    return _change_shape(value, (_VALUE_TYPE, _TENSOR, _SHAPE), width)


def _change_shape(message: memoryview, path: tuple[int, ...], width: int) -> bytes:
    """Return a message in which the shape that a path of field numbers leads to has another last size."""
    axes = list(fields(message))
    if path:
        return join(
            replace(f, value=_change_shape(f.content, path[1:], width)) if f.number == path[0] else f for f in axes
        )
    last = max((i for i, f in enumerate(axes) if f.number == _DIM), default=None)
    if last is None:
        raise BundleError("model.onnx is malformed: an input or output has no shape.")
    axes[last] = Field(_DIM, BYTES, join([Field(_DIM_VALUE, VARINT, width)]))
    return join(axes)


def _name(message: memoryview, number: int) -> str:
    """Return the text of the last field of that number."""
    texts = [bytes(f.content) for f in fields(message) if f.number == number]
    return texts[-1].decode("utf-8", "replace") if texts else ""
