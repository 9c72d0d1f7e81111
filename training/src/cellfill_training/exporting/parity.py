"""Whether a graph gives in ONNX Runtime what its program gives in TensorFlow."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill.network.devices import import_onnxruntime
from cellfill_training.exporting.convert import COUNTS, OUTPUT, SIZE_FACTORS, ExportError

if TYPE_CHECKING:
    from numpy.typing import NDArray

TOLERANCE = 1e-4


def largest_difference(
    graph: bytes, counts_of: Callable[[Any, Any], Any], columns: NDArray[np.intp], cells: NDArray[np.float32]
) -> float:
    """Compare ONNX Runtime with TensorFlow on real cells, on all-zero ones and on very deep ones.

    Parameters
    ----------
    graph
        The exported graph.
    counts_of
        What it was exported from: counts and size factors to the model's counts.
    columns
        Model genes that the graph reads.
    cells
        Counts of real held-out cells, cells x model genes.

    Returns
    -------
    The largest relative difference.

    Raises
    ------
    ExportError
        When it is above `TOLERANCE`, or the graph gives another number of cells or genes.
    """
    onnxruntime = import_onnxruntime()
    options = onnxruntime.SessionOptions()
    options.enable_cpu_mem_arena = False
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    counts = np.concatenate([cells, np.zeros_like(cells[:1]), cells[:8] * 1000]).astype(np.float32)
    # The size factors of the deep cells are both right and far too small for them.
    depth = np.maximum(counts.sum(axis=1, keepdims=True) / max(float(cells.sum(axis=1).mean()), 1), 1e-3)
    worst = 0.0
    for factors in (depth.astype(np.float32), np.ones_like(depth, dtype=np.float32)):
        feed = {COUNTS: counts[:, columns], SIZE_FACTORS: factors}
        given = {i.name: feed[i.name] for i in session.get_inputs()}
        onnx = session.run([OUTPUT], given)[0]
        tensorflow = counts_of(counts, factors).numpy()
        if onnx.shape != tensorflow.shape:
            raise ExportError(
                f"ONNX Runtime gives counts of the shape {onnx.shape}, and TensorFlow {tensorflow.shape}. "
                "The model was not written."
            )
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
