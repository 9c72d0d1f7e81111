"""A trained network as a graph, compared with TensorFlow, and what is measured of it for the gene index."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill.bundle.manifest.graph import IMPUTED
from cellfill.errors import BundleError
from cellfill.network.predict import check_output, check_values
from cellfill_training.bare_tensorflow import tf
from cellfill_training.exporting.assemble import COUNTS, SIZE_FACTORS, Assembly
from cellfill_training.exporting.parity import Probes, diverged, largest_difference, usual_size
from cellfill_training.fitting.levels import Levels
from cellfill_training.parts.graph_maths import GraphMaths
from cellfill_training.parts.network import Gives, Network
from cellfill_training.parts.tensorflow_maths import TensorFlowMaths
from cellfill_training.studies.cohort import Cohort

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Given = Mapping[Gives, NDArray[np.float32]]

# What the outputs are called in the graph.
NAMES: Mapping[Gives, str] = {
    "expected": "imputed_counts",
    "expressed": "imputed_counts",
    "embedding": "embedding",
    "class_probabilities": "class_probabilities",
}
_BLOCK = 256


class Runner:
    """A trained network, run in TensorFlow as it is exported."""

    def __init__(self, network: Network) -> None:
        self.network = network
        genes = len(network.facts.genes)
        maths = TensorFlowMaths()
        self._run = tf.function(
            lambda counts, factors: dict(network.outputs(maths, counts, factors)),
            autograph=False,
            input_signature=[
                tf.TensorSpec((None, genes), tf.float32),
                tf.TensorSpec((None, 1), tf.float32),
            ],
        )

    def __call__(self, counts: Any, size_factors: Any) -> Given:
        """Return the outputs of cells, by meaning."""
        parts: list[Given] = []
        for start in range(0, len(counts), _BLOCK):
            rows = slice(start, start + _BLOCK)
            given = self._run(tf.constant(counts[rows], tf.float32), tf.constant(size_factors[rows], tf.float32))
            parts.append({meaning: value.numpy() for meaning, value in given.items()})
        return {meaning: np.concatenate([part[meaning] for part in parts]) for meaning in parts[0]}


def export_graph(network: Network, *, half: bool) -> bytes:
    """Write a network down as ``model.onnx``: raw counts and size factors in, its outputs out."""
    genes = len(network.facts.genes)
    graph = Assembly({COUNTS: genes, SIZE_FACTORS: 1}, half=half)
    given = network.outputs(GraphMaths(graph), COUNTS, SIZE_FACTORS)
    for meaning, value in given.items():
        graph.rename(value, NAMES[meaning])
        graph.give(NAMES[meaning], columns_of(network, meaning))
    return graph.to_bytes()


def columns_of(network: Network, meaning: Gives) -> int:
    """Return how wide an output is."""
    if meaning == "embedding":
        return len(network.dimensions())
    return len(network.groups()) if meaning == "class_probabilities" else len(network.facts.genes)


def check_export(graph: bytes, runner: Runner, counts: NDArray[np.float32]) -> float:
    """Compare ONNX Runtime with TensorFlow on real cells, on an all-zero one and on very deep ones.

    Returns
    -------
    The largest difference, as a share of the value, or of the root mean square of its output where that is more.

    Raises
    ------
    ExportError
        See `exporting.parity`.
    """

    def outputs(cells: Any, factors: Any) -> dict[str, NDArray[np.float32]]:
        return {NAMES[meaning]: values for meaning, values in runner(cells, factors).items()}

    names = [NAMES[meaning] for meaning in runner(counts[:1], np.ones((1, 1), np.float32))]
    probes = Probes(number=4, depth=100.0, absurd=False)
    return largest_difference(graph, outputs, counts, outputs=names, least=usual_size, probes=probes)


def check_outputs(runner: Runner, counts: NDArray[np.float32], size_factors: NDArray[np.float32]) -> None:
    """Refuse a network that gives real cells what no runtime takes, far beyond all counts and places.

    Raises
    ------
    ExportError
        With the first of its outputs.
    """
    for meaning, values in runner(counts, size_factors).items():
        try:
            if meaning in IMPUTED:
                check_values(values, "gives")
            else:
                check_output(values, meaning)
        except BundleError as error:
            raise diverged(NAMES[meaning]) from error


def means_of(runner: Runner, cohort: Cohort, levels: Levels) -> Iterator[tuple[slice, NDArray[np.float32]]]:
    """Yield the expected counts of a cohort's cells, block by block."""
    for start in range(0, cohort.counts.shape[0], _BLOCK):
        rows = slice(start, start + _BLOCK)
        yield rows, runner(*cells_of(cohort, levels, rows))["expected"]


def cells_of(
    cohort: Cohort, levels: Levels, rows: slice | NDArray[np.intp]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return counts and size factors of cells, an unknown gene at its neutral level."""
    factors = levels.size_factors[rows][:, None]
    neutral = (np.expm1(levels.centres) * factors).astype(np.float32)
    return np.where(cohort.measured[cohort.study[rows]], cohort.counts[rows].toarray(), neutral), factors
