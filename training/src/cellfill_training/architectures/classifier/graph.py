"""Export a classifier to one ONNX graph: raw counts in; class probabilities, energy and embedding out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cellfill_training.architectures.classifier.network import LOGIT_BOUND
from cellfill_training.exporting.assemble import COUNTS, SIZE_FACTORS, Assembly
from cellfill_training.exporting.parity import ExportError, Probes, largest_difference, usual_size

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellfill_training.architectures.classifier.network import Network

PROBABILITIES, ENERGY, EMBEDDING = "class_probabilities", "class_energy", "embedding"
OUTPUTS = (PROBABILITIES, ENERGY, EMBEDDING)


def export_graph(network: Network, *, half: bool = False) -> bytes:
    """Write down the network in ONNX.

    Parameters
    ----------
    network
        Trained, with its temperature.
    half
        Keep the weights in float16; the graph computes in float32 all the same.

    Returns
    -------
    The bytes of ``model.onnx``. Softmax is written out, and a clip is two Relus, by operators of docs/bundle.md.
    """
    scaling, weights = network.scaling, network.weights
    graph = Assembly({COUNTS: len(scaling.mean), SIZE_FACTORS: 1}, half=half)
    one = graph.constant("one", 1.0)
    levels = graph.add("Log", graph.add("Add", graph.add("Div", COUNTS, SIZE_FACTORS), one))
    # The centre comes off here and not in a bias: an unknown gene then gives an exact 0.
    centred = graph.add("Sub", levels, graph.constant("input_centres", scaling.centre))
    standard = graph.add("Mul", centred, graph.constant("input_scales", 1 / scaling.scale))
    hidden = _clip(graph, standard, scaling.bound, "input_bound")
    for number, (matrix, bias) in enumerate(weights[:-1], start=1):
        summed = graph.add("MatMul", hidden, graph.weight(f"w{number}", matrix))
        biased = graph.add("Add", summed, graph.constant(f"b{number}", bias))
        hidden = graph.add("Relu", biased, name=EMBEDDING if number == len(weights) - 1 else "")
    matrix, bias = weights[-1]
    logits = graph.add("MatMul", hidden, graph.weight("w_classes", matrix))
    shown = EMBEDDING if len(weights) == 1 else ""
    logits = graph.add("Add", logits, graph.constant("b_classes", bias), name=shown)
    graph.give(EMBEDDING, network.dimensions)
    logits = _clip(graph, logits, LOGIT_BOUND, "logit_bound")
    ones = graph.constant("sum_classes", np.ones((len(bias), 1)))
    graph.add("Log", graph.add("MatMul", graph.add("Exp", logits), ones), name=ENERGY)
    graph.give(ENERGY, 1)
    cooled = graph.add("Mul", logits, graph.constant("inverse_temperature", 1 / network.temperature))
    odds = graph.add("Exp", cooled)
    graph.add("Div", odds, graph.add("MatMul", odds, ones), name=PROBABILITIES)
    graph.give(PROBABILITIES, len(bias))
    return graph.to_bytes()


def check_export(graph: bytes, network: Network, counts: NDArray[np.float32]) -> float:
    """Compare ONNX Runtime with TensorFlow on real cells, on all-zero ones and on very deep ones.

    Parameters
    ----------
    graph
        Of `export_graph`.
    network
        What it was exported from.
    counts
        Counts of real cells, cells x input genes.

    Returns
    -------
    The largest difference: of probabilities absolute, of energy and embedding relative to their usual size.

    Raises
    ------
    ExportError
        See `exporting.parity`; or when a row of probabilities does not sum to 1.
    """

    def outputs(cells: NDArray[np.float32], factors: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        return dict(zip(OUTPUTS, network.outputs(cells, factors), strict=True))

    def least(name: str, values: NDArray[np.float32]) -> float:
        return 1.0 if name == PROBABILITIES else usual_size(name, values)

    sums = outputs(counts, np.ones((len(counts), 1), np.float32))[PROBABILITIES].sum(axis=1)
    if np.abs(sums - 1).max() > 1e-5:
        raise ExportError("The probabilities of a cell do not sum to 1. The model was not written.")
    return largest_difference(graph, outputs, counts, outputs=OUTPUTS, least=least, probes=Probes())


def _clip(graph: Assembly, values: str, bound: float, name: str) -> str:
    """Hold values between -bound and bound: 2 bound - relu(2 bound - relu(x + bound)) - bound, in two Relus."""
    limit, twice = graph.constant(name, bound), graph.constant(f"{name}_twice", 2 * bound)
    above = graph.add("Relu", graph.add("Add", values, limit))
    below = graph.add("Relu", graph.add("Sub", twice, above))
    return graph.add("Sub", limit, below)
