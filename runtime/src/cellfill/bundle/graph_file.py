"""Read the bytes of an ONNX graph, strictly and without running anything: what is not known is refused.

Only what an exporter of cellfill writes is read. A field that it does not write is refused rather than skipped, and
so is one that occurs twice where it may occur once: what ONNX Runtime would make of it is then no question. The
numbers of the fields are those of onnx.proto (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from cellfill.bundle.wire import BYTES, VARINT, Field, Kind, fields, integers
from cellfill.errors import BundleError

if TYPE_CHECKING:
    from numpy.typing import NDArray

# A graph of ours has 17 nodes and 10 constants for any number of sub-networks, of at most three axes.
MAX_NODES = 1_000
MAX_CONSTANTS = 1_000
MAX_AXES = 8
_MAX_TEXT = 1_000
_MAX_LIST = 10 * MAX_AXES  # bytes of a packed list of that many whole numbers
_MAX_FIELDS = 4 * (MAX_NODES + MAX_CONSTANTS)

FLOAT, INT32, INT64, FLOAT16 = 1, 6, 7, 10
_DTYPES: Mapping[int, np.dtype[Any]] = MappingProxyType(
    {FLOAT: np.dtype("<f4"), INT32: np.dtype("<i4"), INT64: np.dtype("<i8"), FLOAT16: np.dtype("<f2")}
)
_OUTSIDE = "weights in another file"
_INSIDE = "a graph inside a graph (control flow)"
_NOTES = "custom metadata"
_OTHER_NUMBERS = "numbers that are not stored as raw data"


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One operator of the graph: what it is called, what it is, what it reads, what it makes."""

    name: str
    operator: str
    domain: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: tuple[memoryview, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One input or output of the graph; a size of None is not fixed."""

    name: str
    dtype: int
    shape: tuple[int | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphFile:
    """What ``model.onnx`` holds.

    Attributes
    ----------
    ir_version
        Version of the file format.
    opsets
        Version of each operator set that it imports, by domain; empty for the standard one.
    inputs, outputs, nodes
        In their order in the file.
    constants
        The weights, by name: views of the file's bytes.
    """

    ir_version: int
    opsets: Mapping[str, int]
    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]
    nodes: tuple[Node, ...]
    constants: Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class _Form:
    """What a message may hold: fields that occur once, fields that may repeat, and fields that say why not."""

    what: str
    once: Mapping[int, Kind | Literal["text"]]
    many: Mapping[int, tuple[Kind, ...]]
    refused: Mapping[int, str]


_MODEL = _Form(
    "the model",
    {1: VARINT, 2: "text", 3: "text", 4: "text", 5: VARINT, 6: "text", 7: BYTES},
    {8: (BYTES,)},
    {14: _NOTES, 20: "training information", 25: "functions of its own", 26: "devices to run on"},
)
_OPSET = _Form("an operator set", {1: "text", 2: VARINT}, {}, {})
_GRAPH = _Form(
    "the graph",
    {2: "text", 10: "text"},
    {1: (BYTES,), 5: (BYTES,), 11: (BYTES,), 12: (BYTES,)},
    {13: "types of inner values", 14: "quantization annotations", 15: "sparse weights", 16: _NOTES},
)
_NODE = _Form(
    "a node",
    {3: "text", 4: "text", 6: "text", 7: "text"},
    {1: (BYTES,), 2: (BYTES,), 5: (BYTES,)},
    {8: "an overloaded operator", 9: _NOTES, 10: "devices to run on"},
)
_ATTRIBUTE = _Form(
    "an attribute",
    {1: "text", 3: VARINT, 13: "text", 20: VARINT},
    {8: (VARINT, BYTES)},
    {
        **dict.fromkeys((2, 4, 7, 9, 14, 15), "an attribute that is not whole numbers"),
        **dict.fromkeys((5, 10), "weights in an attribute"),
        **dict.fromkeys((6, 11), _INSIDE),
        **dict.fromkeys((22, 23), "sparse weights"),
        21: "functions of its own",
    },
)
_TENSOR = _Form(
    "a constant",
    {2: VARINT, 8: "text", 9: BYTES, 12: "text"},
    {1: (VARINT, BYTES)},
    {
        **dict.fromkeys((4, 5, 6, 7, 10, 11), _OTHER_NUMBERS),
        3: "weights in segments",
        13: _OUTSIDE,
        14: _OUTSIDE,
        16: _NOTES,
    },
)
_VALUE = _Form("an input or output", {1: "text", 2: BYTES, 3: "text"}, {}, {4: _NOTES})
_TYPE = _Form(
    "a type", {1: BYTES, 6: "text"}, {}, dict.fromkeys((4, 5, 7, 8, 9), "an input or output that is no array")
)
_ARRAY = _Form("a type", {1: VARINT, 2: BYTES}, {}, {})
_SHAPE = _Form("a shape", {}, {1: (BYTES,)}, {})
_AXIS = _Form("an axis", {1: VARINT, 2: "text", 3: "text"}, {}, {})

_Fields = dict[int, list[Field]]


def read_graph_file(graph: bytes) -> GraphFile:
    """Read the bytes of ``model.onnx``; numbers of constants are views, and nothing is run.

    Raises
    ------
    BundleError
        When it is malformed, or holds what no exporter of cellfill writes.
    """
    model = _read(memoryview(graph), _MODEL)
    if 7 not in model:
        raise BundleError("it holds no graph")
    body = _read(model[7][0].content, _GRAPH)
    for number, most, what in ((1, MAX_NODES, "nodes"), (5, MAX_CONSTANTS, "constants")):
        if len(body.get(number, ())) > most:
            raise BundleError(f"it has {len(body[number]):,} {what}, over the bound of {most:,}")
    constants: dict[str, NDArray[Any]] = {}
    for field in body.get(5, ()):
        name, array = _constant(field.content)
        if not name:
            raise BundleError("it holds a constant without a name")
        if name in constants:
            raise BundleError(f"two constants have the name {name!r}")
        constants[name] = array
    nodes = tuple(_node(field.content) for field in body.get(1, ()))
    twice = [name for name, number in Counter(node.name for node in nodes).items() if name and number > 1]
    if twice:
        raise BundleError(f"two nodes have the name {twice[0]!r}")
    return GraphFile(
        ir_version=_integer(model, 1),
        opsets=_opsets(model.get(8, [])),
        inputs=tuple(_value(field.content) for field in body.get(11, ())),
        outputs=tuple(_value(field.content) for field in body.get(12, ())),
        nodes=nodes,
        constants=constants,
    )


def read_attribute(message: memoryview) -> tuple[str, int | tuple[int, ...]]:
    """Read one attribute of a node: its name, and the whole number or numbers that it holds.

    Raises
    ------
    BundleError
        When it holds anything else.
    """
    found = _read(message, _ATTRIBUTE)
    name, kind = _text(found, 1), _integer(found, 20)
    if kind == 2 and 8 not in found:  # AttributeProto.INT; a zero is not written by every exporter
        return name, _integer(found, 3)
    if kind == 7 and 3 not in found:  # AttributeProto.INTS
        return name, _list(message, found, 8)
    raise BundleError(f"the attribute {name!r} is not whole numbers")


def _read(message: memoryview, form: _Form) -> _Fields:
    """Return a message's fields by number; refuse what its form does not know."""
    found: _Fields = {}
    for count, field in enumerate(fields(message)):
        if count >= _MAX_FIELDS:
            raise BundleError(f"{form.what} has over {_MAX_FIELDS:,} parts")
        number = field.number
        if number in form.refused:
            raise BundleError(f"it holds {form.refused[number]}")
        once = form.once.get(number)
        kinds = form.many.get(number, (BYTES if once == "text" else once,))
        if field.kind not in kinds:
            raise BundleError(f"{form.what} holds a field ({number}) that this cellfill does not know")
        if once is not None and number in found:
            raise BundleError(f"{form.what} holds the field {number} twice")
        if once == "text":
            _decode(field.content)  # ONNX Runtime reads out the name of an axis, say, and fails where it is no text
        found.setdefault(number, []).append(field)
    return found


def _opsets(found: list[Field]) -> dict[str, int]:
    opsets: dict[str, int] = {}
    for field in found:
        inner = _read(field.content, _OPSET)
        domain = _domain(inner, 1)
        if domain in opsets:
            raise BundleError("it names one operator set twice")
        opsets[domain] = _integer(inner, 2)
    return opsets


def _node(message: memoryview) -> Node:
    found = _read(message, _NODE)
    return Node(
        name=_text(found, 3),
        operator=_text(found, 4),
        domain=_domain(found, 7),
        inputs=_texts(found, 1),
        outputs=_texts(found, 2),
        attributes=tuple(field.content for field in found.get(5, ())),
    )


def _constant(message: memoryview) -> tuple[str, NDArray[Any]]:
    found = _read(message, _TENSOR)
    name, shape, kind = _text(found, 8), _list(message, found, 1), _integer(found, 2)
    if kind not in _DTYPES:
        raise BundleError(
            f"the constant {name!r} is of a type ({kind}) other than float32, float16, int32 and int64"
        )
    if min(shape, default=1) < 1:
        raise BundleError(f"the constant {name!r} has the shape {shape}")
    raw = found[9][0].content if 9 in found else memoryview(b"")
    size = math.prod(shape) * _DTYPES[kind].itemsize
    if size != len(raw):
        raise BundleError(f"the constant {name!r} of shape {shape} needs {size:,} bytes and has {len(raw):,}")
    return name, np.frombuffer(raw, dtype=_DTYPES[kind]).reshape(shape)


def _value(message: memoryview) -> Value:
    found = _read(message, _VALUE)
    name = _text(found, 1)
    if not name:
        raise BundleError("an input or output has no name")
    kind = _read(_part(found, 2), _TYPE)
    array = _read(_part(kind, 1), _ARRAY)
    axes = _read(_part(array, 2), _SHAPE).get(1, [])
    if len(axes) > MAX_AXES:
        raise BundleError(f"{name!r} has {len(axes)} axes")
    return Value(name=name, dtype=_integer(array, 1), shape=tuple(_axis(field.content) for field in axes))


def _axis(message: memoryview) -> int | None:
    found = _read(message, _AXIS)
    if 1 in found and 2 in found:
        raise BundleError("an axis has both a size and a name")
    return found[1][0].integer if 1 in found else None


def _part(found: _Fields, number: int) -> memoryview:
    if number not in found:
        raise BundleError("an input or output does not say its type and shape")
    return found[number][0].content


def _integer(found: _Fields, number: int) -> int:
    return found[number][0].integer if number in found else 0


def _list(message: memoryview, found: _Fields, number: int) -> tuple[int, ...]:
    items = found.get(number, [])
    size = sum(1 if field.kind == VARINT else len(field.content) for field in items)
    values = () if size > _MAX_LIST else integers(message, number)
    if size > _MAX_LIST or len(values) > MAX_AXES:
        raise BundleError(f"a constant or attribute has more than {MAX_AXES} axes")
    return tuple(values)


def _texts(found: _Fields, number: int) -> tuple[str, ...]:
    return tuple(_decode(field.content) for field in found.get(number, ()))


def _text(found: _Fields, number: int) -> str:
    return _decode(found[number][0].content) if number in found else ""


def _domain(found: _Fields, number: int) -> str:
    name = _text(found, number)
    return "" if name == "ai.onnx" else name


def _decode(content: memoryview) -> str:
    if len(content) > _MAX_TEXT:
        raise BundleError(f"it holds a name of {len(content):,} bytes")
    text = bytes(content).decode("utf-8", "replace")
    if not text.isprintable() or "\ufffd" in text:
        raise BundleError(f"it holds a name that is no printable text: {text[:40]!r}")
    return text
