"""Export trained sub-networks to one ONNX graph: raw counts in, imputed counts out, weights inside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill.bundle import Graph, GraphInput, GraphOutput
from cellfill_training.architectures.subnetworks.network import SubNetworks
from cellfill_training.bare_tensorflow import tf
from cellfill_training.exporting.convert import COUNTS, OPSET, OUTPUT, SIZE_FACTORS, convert
from cellfill_training.exporting.half import halve_weights
from cellfill_training.exporting.parity import Probes, largest_difference

if TYPE_CHECKING:
    from numpy.typing import NDArray


_WEIGHTS = ("w1", "w2")
_LEAST_COUNT = 1e-6  # what a difference is relative to, at least


def input_genes(networks: SubNetworks) -> NDArray[np.intp]:
    """Return the model genes that some sub-network reads, ascending: the columns of the graph's input."""
    return np.unique(networks.gather)


def export_graph(networks: SubNetworks, *, half: bool = False) -> tuple[bytes, Graph]:
    """Convert the sub-networks to ONNX.

    Parameters
    ----------
    networks
        What is exported.
    half
        Keep the weights, not the biases, in half precision: of networks that were rounded to it.

    Returns
    -------
    The bytes of ``model.onnx``, and what its inputs and its output mean.
    """
    genes = input_genes(networks)
    signature = [tf.TensorSpec([None, len(genes)], tf.float32, name=COUNTS)]
    if networks.poisson:
        signature.append(tf.TensorSpec([None, 1], tf.float32, name=SIZE_FACTORS))
    program = _Program(networks)
    proto, cut = convert(
        tf.function(program.poisson if networks.poisson else program.published, autograph=False),
        signature,
        _constants(networks, genes),
    )
    meanings: list[Any] = ["counts", "size_factors"]
    graph = Graph(
        inputs=tuple(
            GraphInput(name=spec.name, meaning=meaning) for spec, meaning in zip(signature, meanings, strict=False)
        ),
        outputs=(GraphOutput(name=OUTPUT, meaning="expected" if networks.poisson else "expressed"),),
        opset=OPSET,
        cut=cut,
    )
    stored = proto.SerializeToString(deterministic=True)
    return (halve_weights(stored, names=_WEIGHTS) if half else stored), graph


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
        When it is above what `exporting.parity` allows, or the graph gives another number of cells or genes.
    """
    return largest_difference(
        graph,
        lambda counts, factors: {OUTPUT: networks.counts(counts, factors).numpy()},
        cells,
        outputs=[OUTPUT],
        least=lambda _name, _values: _LEAST_COUNT,
        probes=Probes(overflow=True),
        columns=input_genes(networks),
    )


class _Program:
    """The sub-networks with only the genes that they read as input columns, as a function of what they hold.

    Cells are turned into columns before the genes are gathered: a gene is then one run of memory, where a
    gather of columns copies value by value (a third of the graph's time). A gene's mean count is in the last
    layer's bias, so that every constant but the input's centres is stacked by sub-network.
    """

    def __init__(self, networks: SubNetworks) -> None:
        self.join = networks.join

    def poisson(self, counts: Any, size_factors: Any, *held: Any) -> Any:
        *stacked, centres = held
        inputs = tf.math.log(1.0 + counts / size_factors) - centres
        return tf.exp(self._last_layer(inputs, *stacked)) * size_factors

    def published(self, counts: Any, *stacked: Any) -> Any:
        return tf.exp(self._last_layer(tf.math.log(1.0 + counts), *stacked))

    def _last_layer(self, inputs: Any, places: Any, w1: Any, b1: Any, w2: Any, b2: Any) -> Any:
        gathered = tf.transpose(tf.gather(tf.transpose(inputs), places, axis=0), (0, 2, 1))
        hidden = tf.nn.relu(tf.matmul(gathered, w1) + b1)
        return self.join(tf.matmul(hidden, w2) + b2)


def _constants(networks: SubNetworks, genes: NDArray[np.intp]) -> dict[str, NDArray[Any]]:
    """Return what the graph holds, in the order in which the program takes it."""
    bias = networks.b2
    if networks.poisson:
        bias = bias + networks.split(networks.log_means[None, :])
    held = {
        "places": np.searchsorted(genes, networks.gather).astype(np.int32),
        "w1": networks.w1.numpy(),
        "b1": networks.b1.numpy(),
        "w2": networks.w2.numpy(),
        "b2": bias.numpy(),
    }
    return held | ({"input_centres": tf.gather(networks.centres, genes).numpy()} if networks.poisson else {})
