"""Export trained sub-networks to one ONNX graph: raw counts in, imputed counts out, weights inside."""

from __future__ import annotations

import io
import logging
from contextlib import redirect_stderr
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

from cellfill.bundle import Graph, GraphInput
from cellfill.errors import CellfillError
from cellfill_training.network import SubNetworks

if TYPE_CHECKING:
    from numpy.typing import NDArray

OPSET = 18
COUNTS, SIZE_FACTORS, OUTPUT = "counts", "size_factors", "imputed_counts"
TOLERANCE = 1e-4


class ExportError(CellfillError, RuntimeError):
    """The exported graph does not say what TensorFlow says."""

    exit_code = 4


def input_genes(networks: SubNetworks) -> NDArray[np.intp]:
    """Return the model genes that some sub-network reads, ascending: the columns of the graph's input."""
    return np.unique(networks.gather)


def export_graph(networks: SubNetworks) -> tuple[bytes, Graph]:
    """Convert the sub-networks to ONNX.

    Returns
    -------
    The bytes of ``model.onnx``, and what its inputs and its output mean.
    """
    genes = input_genes(networks)
    program = _Program(networks, genes)
    signature = [tf.TensorSpec([None, len(genes)], tf.float32)]
    if networks.poisson:
        signature.append(tf.TensorSpec([None, 1], tf.float32))
    function = tf.function(program.poisson if networks.poisson else program.published, input_signature=signature)
    proto = _convert(function, signature)
    meanings: list[Any] = ["counts", "size_factors"][: len(signature)]
    inputs = [
        GraphInput(name=name, meaning=meaning)
        for name, meaning in zip([COUNTS, SIZE_FACTORS], meanings, strict=False)
    ]
    graph = Graph(
        inputs=tuple(inputs),
        output=OUTPUT,
        output_meaning="expected" if networks.poisson else "expressed",
        opset=OPSET,
    )
    return proto.SerializeToString(deterministic=True), graph


def check_export(graph: bytes, networks: SubNetworks, cells: NDArray[np.float32]) -> float:
    """Compare ONNX Runtime with TensorFlow on real cells, on all-zero ones and on very deep ones.

    Parameters
    ----------
    graph
        The exported graph.
    networks
        What it was exported from.
    cells
        Counts of real held-out cells, cells x model genes.

    Returns
    -------
    The largest relative difference.

    Raises
    ------
    ExportError
        When it is above `TOLERANCE`.
    """
    import onnxruntime

    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    counts = np.concatenate([cells, np.zeros_like(cells[:1]), cells[:8] * 1000]).astype(np.float32)
    # The size factors of the deep cells are both right and far too small for them.
    depth = np.maximum(counts.sum(axis=1, keepdims=True) / max(float(cells.sum(axis=1).mean()), 1), 1e-3)
    worst = 0.0
    for factors in (depth.astype(np.float32), np.ones_like(depth, dtype=np.float32)):
        feed = {COUNTS: counts[:, input_genes(networks)], SIZE_FACTORS: factors}
        given = {i.name: feed[i.name] for i in session.get_inputs()}
        onnx = session.run([OUTPUT], given)[0]
        tensorflow = networks.counts(counts, factors).numpy()
        finite = np.isfinite(tensorflow)
        if not finite[: len(cells) + 1].all():
            raise ExportError(
                "The model gives infinite or undefined counts for real cells: its training diverged. Lower "
                "--learning-rate. The model was not written."
            )
        if not np.array_equal(finite, np.isfinite(onnx)):
            raise ExportError("ONNX Runtime and TensorFlow do not overflow in the same places.")
        difference = np.abs(onnx - tensorflow)[finite] / np.maximum(np.abs(tensorflow[finite]), 1e-6)
        worst = max(worst, float(difference.max()))
    if worst > TOLERANCE:
        raise ExportError(
            f"ONNX Runtime and TensorFlow differ by {worst:.2e}, relatively; {TOLERANCE:.0e} is allowed. "
            "The model was not written."
        )
    return worst


class _Program(tf.Module):  # type: ignore[misc]
    """The sub-networks with only the genes that they read as input columns."""

    def __init__(self, networks: SubNetworks, genes: NDArray[np.intp]) -> None:
        super().__init__()
        self.networks = networks
        self.gather = np.searchsorted(genes, networks.gather).astype(np.int32)
        self.centres = tf.gather(networks.centres, genes).numpy()
        self.log_means = networks.log_means.numpy()

    def poisson(self, counts: Any, size_factors: Any) -> Any:
        inputs = tf.math.log(1.0 + counts / size_factors) - self.centres
        return tf.exp(self._last_layer(inputs) + self.log_means) * size_factors

    def published(self, counts: Any) -> Any:
        return tf.exp(self._last_layer(tf.math.log(1.0 + counts)))

    def _last_layer(self, inputs: Any) -> Any:
        return self.networks.join(self.networks(inputs, gather=self.gather))


def _convert(function: Any, signature: list[Any]) -> Any:
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
