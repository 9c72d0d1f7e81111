"""Export trained sub-networks to one ONNX graph: raw counts in, imputed counts out, weights inside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cellfill.bundle import Cut, Graph, GraphInput, GraphOutput
from cellfill_training.architectures.subnetworks.network import SubNetworks
from cellfill_training.exporting.assemble import COUNTS, OPSET, OUTPUT, SIZE_FACTORS, Assembly
from cellfill_training.exporting.half import halve_weights
from cellfill_training.exporting.parity import Probes, largest_difference

if TYPE_CHECKING:
    from numpy.typing import NDArray


_LEAST_COUNT = 1e-6  # what a difference is relative to, at least


def input_genes(networks: SubNetworks) -> NDArray[np.intp]:
    """Return the model genes that some sub-network reads, ascending: the columns of the graph's input."""
    return np.unique(networks.gather)


def export_graph(networks: SubNetworks, *, half: bool = False) -> tuple[bytes, Graph]:
    """Write the sub-networks down as an ONNX graph.

    Cells are turned into columns before the genes are gathered: a gene is then one run of memory, where a
    gather of columns copies value by value (a third of the graph's time). A gene's mean count is in the last
    layer's bias, so that every constant but the input's centres is stacked by sub-network.

    Parameters
    ----------
    networks
        What is exported; of several members, `SubNetworks.merged` is.
    half
        Keep the weights, not the biases, in half precision: of networks that were rounded to it.

    Returns
    -------
    The bytes of ``model.onnx``, and what its inputs and its output mean.
    """
    genes, shape, poisson = input_genes(networks), networks.shape, networks.poisson
    graph = Assembly({COUNTS: len(genes)} | ({SIZE_FACTORS: 1} if poisson else {}))
    counts, bias = COUNTS, networks.b2.numpy()
    if poisson:
        counts = graph.add("Div", COUNTS, SIZE_FACTORS)
        bias = bias + networks.split(networks.log_means[None, :]).numpy()
    read = graph.add("Log", graph.add("Add", counts, graph.constant("one", 1.0)))
    if poisson:
        read = graph.add("Sub", read, graph.constant("input_centres", networks.centres.numpy()[genes]))
    places = graph.places("places", np.searchsorted(genes, networks.gather))
    value = graph.add("Gather", graph.add("Transpose", read, perm=[1, 0]), places, axis=0)
    value = graph.add("Transpose", value, perm=[0, 2, 1])
    value = graph.add("MatMul", value, graph.constant("w1", networks.w1))
    value = graph.add("Relu", graph.add("Add", value, graph.constant("b1", networks.b1)))
    value = graph.add("MatMul", value, graph.constant("w2", networks.w2))
    value = graph.add("Add", value, graph.constant("b2", bias))
    value = graph.add("Transpose", value, perm=[1, 0, 2])
    value = graph.add("Reshape", value, graph.numbers("flat", [0, -1]))
    bounds = {"from": 0, "width": shape.targets, "axis": 1}  # without what pads the last group
    value = graph.add("Slice", value, *(graph.numbers(name, [bound]) for name, bound in bounds.items()))
    if poisson:
        graph.add("Mul", graph.add("Exp", value), SIZE_FACTORS, name=OUTPUT)
    else:
        graph.add("Exp", value, name=OUTPUT)
    graph.give(OUTPUT, shape.targets)
    stored = graph.to_bytes()
    inputs = (GraphInput(name=COUNTS, meaning="counts"), GraphInput(name=SIZE_FACTORS, meaning="size_factors"))
    by_input = ("input_centres",) if poisson else ()
    form = Graph(
        inputs=inputs if poisson else inputs[:1],
        outputs=(GraphOutput(name=OUTPUT, meaning="expected" if poisson else "expressed"),),
        opset=OPSET,
        cut=Cut(stacked=("w1", "b1", "w2", "b2"), places=places, by_input=by_input, width="width"),
    )
    return (halve_weights(stored, names=("w1", "w2")) if half else stored), form


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
