"""Convert a TensorFlow program with tf2onnx, and name what the graph holds for what it is."""

from __future__ import annotations

import io
import logging
from contextlib import redirect_stderr
from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill.bundle import Cut
from cellfill.errors import CellfillError

if TYPE_CHECKING:
    from numpy.typing import NDArray

OPSET = 18
COUNTS, SIZE_FACTORS, OUTPUT = "counts", "size_factors", "imputed_counts"


class ExportError(CellfillError, RuntimeError):
    """The exported graph does not say what TensorFlow says."""

    exit_code = 4


def convert(function: Any, signature: list[Any]) -> Any:
    """Run tf2onnx quietly and give the inputs and the output their names."""
    import onnx
    import tf2onnx

    logging.getLogger("tf2onnx").setLevel(logging.ERROR)
    with redirect_stderr(io.StringIO()):
        proto, _ = tf2onnx.convert.from_function(function, input_signature=signature, opset=OPSET)
    _rename(proto.graph)
    standard = [o.version for o in proto.opset_import if o.domain in ("", "ai.onnx")]
    del proto.opset_import[:]  # tf2onnx also names a domain that no node uses
    proto.opset_import.extend([onnx.helper.make_opsetid("", standard[0])])
    onnx.checker.check_model(proto, full_check=True)
    return proto


def _rename(graph: Any) -> None:
    """Give inputs and output their names, and all else names that do not depend on what ran before."""
    nodes = _in_order(graph)
    del graph.node[:]
    graph.node.extend(nodes)
    names = dict(zip((i.name for i in graph.input), (COUNTS, SIZE_FACTORS), strict=False))
    names[graph.output[0].name] = OUTPUT
    for number, node in enumerate(graph.node):
        node.name = f"{node.op_type.lower()}{number}"
        for result in node.output:
            names.setdefault(result, node.name)
    for node in graph.node:
        node.input[:] = [names.setdefault(name, f"constant{len(names)}") for name in node.input]
        node.output[:] = [names[name] for name in node.output]
    for value in (*graph.input, *graph.output, *graph.initializer):
        value.name = names[value.name]
    for value in (*graph.input, *graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "cells"
        value.doc_string = ""
    graph.name, graph.doc_string = "cellfill", ""
    constants = sorted(graph.initializer, key=lambda tensor: tensor.name)
    del graph.initializer[:]
    graph.initializer.extend(constants)
    del graph.value_info[:]


def name_constants(graph: Any, expected: dict[str, NDArray[Any]]) -> Cut:
    """Name the constants for what they are, free the others of the number of sub-networks, and say how to cut.

    Raises
    ------
    ExportError
        When the converter changed a constant, so that it cannot be told.
    """
    from onnx import numpy_helper

    found = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    names = {}
    for name, array in expected.items():
        same = [k for k, v in found.items() if k not in names and _equal(v, array)]
        if not same:
            raise ExportError(f"The converted graph does not hold the constant {name}: this tf2onnx is not known.")
        names[same[0]] = name
    width = ""
    for node in graph.node:
        if node.op_type == "Reshape":  # cells as they come, the rest together
            names[node.input[1]] = "flat"
            found[node.input[1]] = np.array([0, -1], dtype=np.int64)
        elif node.op_type == "Slice":
            width = "width"
            ends = {"from": np.array([0]), width: found[node.input[2]][-1:], "axis": np.array([1])}
            for old, (name, value) in zip(list(node.input[1:4]), ends.items(), strict=True):
                names[old], found[old] = name, value
    for node in graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
    tensors = [numpy_helper.from_array(array, names.get(name, name)) for name, array in found.items()]
    del graph.initializer[:]
    graph.initializer.extend(sorted(tensors, key=lambda tensor: tensor.name))
    return Cut(
        stacked=("w1", "b1", "w2", "b2"),
        places="places",
        by_input=tuple(name for name in expected if name.startswith("input")),
        width=width,
    )


def _equal(one: NDArray[Any], other: NDArray[Any]) -> bool:
    return np.array_equal(one, other, equal_nan=one.dtype.kind == "f")


def _in_order(graph: Any) -> list[Any]:
    """Return the nodes from the inputs to the output, in an order that their names do not decide."""
    maker = {result: node for node in graph.node for result in node.output}
    ordered: list[Any] = []
    done: set[str] = set()

    def visit(name: str) -> None:
        node = maker.get(name)
        if node is None or name in done:
            return
        done.update(node.output)
        for needed in node.input:
            visit(needed)
        ordered.append(node)

    visit(graph.output[0].name)
    return ordered
