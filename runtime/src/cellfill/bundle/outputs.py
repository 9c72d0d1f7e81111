"""Cut a graph down to some of its outputs: ONNX Runtime computes all that a graph gives, whichever is asked for."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING

from cellfill.bundle.wire import Field, fields, join
from cellfill.errors import BundleError

if TYPE_CHECKING:
    from cellfill.bundle.manifest import Graph, Meaning

# Numbers of the fields in onnx.proto (ModelProto, GraphProto; NodeProto; TensorProto and ValueInfoProto).
_GRAPH = 7
_NODE, _INITIALIZER, _OUTPUT = 1, 5, 12
_NODE_INPUT, _NODE_OUTPUT = 1, 2
_NAME = {_INITIALIZER: 8, _OUTPUT: 1}


def keep_outputs(graph: bytes, form: Graph, meanings: Collection[Meaning]) -> tuple[bytes, Graph]:
    """Return a graph with some of its outputs and what these need, and what the manifest would say of it.

    Parameters
    ----------
    graph
        The bytes of ``model.onnx``, which `check_graph` has let through: a node comes after what it reads.
    form
        What the manifest says of it.
    meanings
        Of the outputs to keep. The inputs stay.

    Raises
    ------
    BundleError
        When the graph is malformed, or has no such outputs.
    """
    outputs = tuple(output for output in form.outputs if output.meaning in meanings)
    if not outputs:
        raise BundleError(f"The graph gives none of {', '.join(sorted(meanings))}: use another model.")
    if len(outputs) == len(form.outputs):
        return graph, form
    parts = [
        replace(field, value=_needed(field.content, {output.name for output in outputs}))
        if field.number == _GRAPH
        else field
        for field in fields(graph)
    ]
    left = replace(form, outputs=outputs, cut=None)
    return join(parts), left if left.imputed is None else replace(left, cut=form.cut)


def _needed(body: memoryview, outputs: set[str]) -> bytes:
    """Return the parts of a graph that some outputs need; one output may be on the way to another."""
    inner, needed = list(fields(body)), set(outputs)
    kept: set[int] = set()
    for place in range(len(inner) - 1, -1, -1):
        node = inner[place]
        if node.number == _NODE and needed & _texts(node, _NODE_OUTPUT):
            needed |= _texts(node, _NODE_INPUT)
            kept.add(place)
    return join(
        field
        for place, field in enumerate(inner)
        if place in kept
        or (field.number == _INITIALIZER and needed & _texts(field, _NAME[_INITIALIZER]))
        or (field.number == _OUTPUT and outputs & _texts(field, _NAME[_OUTPUT]))
        or field.number not in (_NODE, *_NAME)
    )


def _texts(message: Field, number: int) -> set[str]:
    return {bytes(f.content).decode("utf-8", "replace") for f in fields(message.content) if f.number == number}
