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


def convert(function: Any, signature: list[Any], constants: dict[str, NDArray[Any]]) -> tuple[Any, Cut]:
    """Run tf2onnx quietly, name what the graph holds for what it is, and say how to cut it.

    What the converter is given as a constant it copies and compares over and over: 1.3 GB for weights of 25 MB. So
    the program takes them as inputs, and only the finished graph holds them.

    Parameters
    ----------
    function
        The program: its inputs, then its constants.
    signature
        Its inputs alone, by their names in the graph.
    constants
        What it takes for constants, in their order, by their names in the graph; what is not stacked by sub-network
        begins with input. They are taken out of the dictionary.

    Raises
    ------
    ExportError
        When the converter changed a constant, so that it cannot be told.
    """
    import onnx
    import tf2onnx

    from cellfill_training.bare_tensorflow import tf

    logging.getLogger("tf2onnx").setLevel(logging.ERROR)
    by_input = tuple(name for name in constants if name.startswith("input"))
    specs = [
        # Of one sub-network, or one predictor, it would drop a transposition that every other number needs.
        tf.TensorSpec(array.shape if name in by_input else (None, None, *array.shape[2:]), array.dtype, name=name)
        for name, array in constants.items()
    ]
    with redirect_stderr(io.StringIO()):
        proto, _ = tf2onnx.convert.from_function(function, input_signature=[*signature, *specs], opset=OPSET)
    standard = [o.version for o in proto.opset_import if o.domain in ("", "ai.onnx")]
    del proto.opset_import[:]  # tf2onnx also names a domain that no node uses
    proto.opset_import.extend([onnx.helper.make_opsetid("", standard[0])])
    used = {name for node in proto.graph.node for name in node.input}
    for name in constants:
        if name not in used:
            raise ExportError(f"The converted graph does not read the constant {name}: this tf2onnx is not known.")
    _rename(proto.graph, [spec.name for spec in (*signature, *specs)])
    onnx.checker.check_model(proto, full_check=True)
    width = _free_of_networks(proto.graph)
    _hold(proto.graph, constants)
    return proto, Cut(stacked=("w1", "b1", "w2", "b2"), places="places", by_input=by_input, width=width)


def _hold(graph: Any, constants: dict[str, NDArray[Any]]) -> None:
    """Turn inputs of a graph into constants, each copied once."""
    from onnx import numpy_helper

    inputs = [value for value in graph.input if value.name not in constants]
    del graph.input[:]
    graph.input.extend(inputs)
    for name in list(constants):
        graph.initializer.append(numpy_helper.from_array(constants.pop(name), name))
    graph.initializer.sort(key=lambda tensor: tensor.name)


def _free_of_networks(graph: Any) -> str:
    """Let no constant but the stacked ones depend on the number of sub-networks; return the width's, if any."""
    from onnx import numpy_helper

    found = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    names, width = {}, ""
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
    del graph.initializer[:]
    graph.initializer.extend(numpy_helper.from_array(array, names.get(name, name)) for name, array in found.items())
    return width


def _rename(graph: Any, inputs: list[str]) -> None:
    """Name the output, and give all but the inputs names that do not depend on what ran before."""
    nodes = _in_order(graph)
    del graph.node[:]
    graph.node.extend(nodes)
    names = {name: name for name in inputs if name in (COUNTS, SIZE_FACTORS)}
    names[graph.output[0].name] = OUTPUT
    for number, node in enumerate(graph.node):
        node.name = f"{node.op_type.lower()}{number}"
        for result in node.output:
            names.setdefault(result, node.name)
    for node in graph.node:
        node.input[:] = [
            name if name in inputs else names.setdefault(name, f"constant{len(names)}") for name in node.input
        ]
        node.output[:] = [names[name] for name in node.output]
    for value in (*graph.output, *graph.initializer):
        value.name = names[value.name]
    for value in (*graph.input, *graph.output):
        if value.name in (COUNTS, SIZE_FACTORS, OUTPUT):
            value.type.tensor_type.shape.dim[0].dim_param = "cells"
        value.doc_string = ""
    graph.name, graph.doc_string = "cellfill", ""
    del graph.value_info[:]


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
