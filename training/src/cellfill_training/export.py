"""Export trained sub-networks to one ONNX graph: raw counts in, imputed counts out, weights inside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

from cellfill.bundle import Graph, GraphInput
from cellfill_training.convert import COUNTS, OPSET, OUTPUT, SIZE_FACTORS, ExportError, convert, name_constants
from cellfill_training.network import SubNetworks

if TYPE_CHECKING:
    from numpy.typing import NDArray

TOLERANCE = 1e-4


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
    proto = convert(function, signature)
    cut = name_constants(proto.graph, program.constants())
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
        cut=cut,
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
    """The sub-networks with only the genes that they read as input columns.

    Cells are turned into columns before the genes are gathered: a gene is then one run of memory, where a
    gather of columns copies value by value (a third of the graph's time). A gene's mean count is in the last
    layer's bias, so that every constant but the input's centres is stacked by sub-network.
    """

    def __init__(self, networks: SubNetworks, genes: NDArray[np.intp]) -> None:
        super().__init__()
        self.networks = networks
        self.gather = np.searchsorted(genes, networks.gather).astype(np.int32)
        self.centres = tf.gather(networks.centres, genes).numpy()
        bias = networks.b2
        if networks.poisson:
            bias = bias + networks.split(networks.log_means[None, :])
        self.bias = bias.numpy()

    def poisson(self, counts: Any, size_factors: Any) -> Any:
        inputs = tf.math.log(1.0 + counts / size_factors) - self.centres
        return tf.exp(self._last_layer(inputs)) * size_factors

    def published(self, counts: Any) -> Any:
        return tf.exp(self._last_layer(tf.math.log(1.0 + counts)))

    def _last_layer(self, inputs: Any) -> Any:
        n = self.networks
        gathered = tf.transpose(tf.gather(tf.transpose(inputs), self.gather, axis=0), (0, 2, 1))
        hidden = tf.nn.relu(tf.matmul(gathered, n.w1) + n.b1)
        return n.join(tf.matmul(hidden, n.w2) + self.bias)

    def constants(self) -> dict[str, NDArray[Any]]:
        """Return what the graph holds, by the names that it gets there; what is not stacked begins with input."""
        n = self.networks
        stacked = {"w1": n.w1.numpy(), "b1": n.b1.numpy(), "w2": n.w2.numpy(), "b2": self.bias}
        centres = {"input_centres": self.centres} if n.poisson else {}
        return {"places": self.gather, **stacked, **centres}
