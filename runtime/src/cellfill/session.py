"""Open a bundle's graph with ONNX Runtime and run it on a block of cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill.errors import BundleError, MissingDependencyError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellfill.bundle import Bundle


@dataclass(frozen=True, slots=True)
class Network:
    """An open graph: counts of the input genes in, counts of the target genes out."""

    _session: Any
    _inputs: dict[str, str]
    _output: str

    def predict(self, counts: NDArray[np.float32], size_factors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Run the graph on one block.

        Parameters
        ----------
        counts
            Cells x input genes, raw counts; genes that the dataset lacks already filled.
        size_factors
            One a cell, positive.

        Returns
        -------
        Cells x target genes, counts; the manifest's ``graph.output_meaning`` says of which kind.
        """
        values = {"counts": counts, "size_factors": size_factors[:, None]}
        feed = {name: values[meaning] for name, meaning in self._inputs.items()}
        result: NDArray[np.float32] = self._session.run([self._output], feed)[0]
        return result


def open_network(bundle: Bundle) -> Network:
    """Open a bundle's graph on the CPU and check that it has the form that its manifest states.

    Raises
    ------
    MissingDependencyError
        When ONNX Runtime is not installed.
    BundleError
        When ONNX Runtime refuses the graph, or its inputs or outputs are not the manifest's.
    """
    try:
        import onnxruntime
    except ImportError as error:
        raise MissingDependencyError(
            "ONNX Runtime is not installed. Install one of its two builds, not both: "
            "pip install 'cellfill[cpu]'  or, for an NVIDIA GPU,  pip install 'cellfill[gpu]'."
        ) from error
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(bundle.graph, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's errors share no root but Exception
        raise BundleError(f"ONNX Runtime cannot open model.onnx: {str(error)[:200]}") from error
    graph = bundle.manifest.graph
    width = {"counts": len(bundle.genes.inputs), "size_factors": 1}
    stated = {i.name: width[i.meaning] for i in graph.inputs}
    found = {i.name: i.shape[-1] if i.type == "tensor(float)" else i.type for i in session.get_inputs()}
    if found != stated:
        raise BundleError(f"model.onnx takes {found}, but the manifest and genes.tsv state {stated}.")
    outputs = {o.name: o.shape[-1] for o in session.get_outputs()}
    if outputs != {graph.output: len(bundle.genes.targets)}:
        raise BundleError(
            f"model.onnx gives {outputs}, but the manifest and genes.tsv state "
            f"{ {graph.output: len(bundle.genes.targets)} }."
        )
    return Network(session, {i.name: i.meaning for i in graph.inputs}, graph.output)
