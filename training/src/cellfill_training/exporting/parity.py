"""Whether a graph gives in ONNX Runtime what its program gives in TensorFlow."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill.errors import CellfillError
from cellfill.network.devices import import_onnxruntime
from cellfill_training.exporting.assemble import COUNTS, SIZE_FACTORS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    # Counts and size factors of cells, to outputs by name.
    Program = Callable[[Any, Any], Mapping[str, NDArray[np.float32]]]
    # Of what TensorFlow gives for real cells, below which a difference is not relative.
    Least = Callable[[str, NDArray[np.float32]], float]

TOLERANCE = 1e-4
_LEAST_DEPTH = 1e-3


class ExportError(CellfillError, RuntimeError):
    """The exported graph does not say what TensorFlow says."""

    exit_code = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Probes:
    """Beside real cells, what is compared: an all-zero cell, and some that are much deeper.

    Attributes
    ----------
    number, depth
        How many deep cells, and how many times their counts.
    absurd
        Whether all cells are compared at a size factor of 1, too, far too small for the deep ones.
    overflow
        Whether deep cells may be infinite, in both.
    """

    number: int = 8
    depth: float = 1000.0
    absurd: bool = True
    overflow: bool = False


def largest_difference(
    graph: bytes,
    program: Program,
    cells: NDArray[np.float32],
    *,
    outputs: Sequence[str],
    least: Least,
    probes: Probes,
    columns: NDArray[np.intp] | None = None,
) -> float:
    """Compare ONNX Runtime with TensorFlow on real cells, on an all-zero one and on very deep ones.

    Parameters
    ----------
    graph
        The exported graph.
    program
        What it was exported from.
    cells
        Counts of real cells, cells x the genes that the program takes.
    outputs
        Of both.
    least, probes
        What a difference is relative to, at least; and what is compared.
    columns
        Genes that the graph reads; all by default.

    Returns
    -------
    The largest difference, as a share of TensorFlow's value or of ``least``, whichever is more.

    Raises
    ------
    ExportError
        When it is above `TOLERANCE`, a value of a real cell is not finite, or the shapes differ.
    """
    onnxruntime = import_onnxruntime()
    options = onnxruntime.SessionOptions()
    options.enable_cpu_mem_arena = False
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    deep = cells[: probes.number] * np.float32(probes.depth)
    counts = np.concatenate([cells, np.zeros_like(cells[:1]), deep]).astype(np.float32)
    right = np.maximum(counts.sum(axis=1, keepdims=True) / max(float(cells.sum(axis=1).mean()), 1), _LEAST_DEPTH)
    worst = 0.0
    for factors in (right.astype(np.float32), np.ones_like(right, np.float32))[: 2 if probes.absurd else 1]:
        feed = {COUNTS: counts if columns is None else counts[:, columns], SIZE_FACTORS: factors}
        found = session.run(list(outputs), {i.name: feed[i.name] for i in session.get_inputs()})
        ours = program(counts, factors)
        for name, onnx in zip(outputs, found, strict=True):
            worst = max(worst, _difference(name, onnx, ours[name], least, probes, real=len(cells) + 1))
    if worst > TOLERANCE:
        raise ExportError(
            f"ONNX Runtime and TensorFlow differ by {worst:.2e}, relatively; {TOLERANCE:.0e} is allowed. "
            "The model was not written."
        )
    return worst


def diverged(name: str) -> ExportError:
    """Return what is said of an output that is no number for some cells, or beyond all that a runtime takes."""
    return ExportError(
        f"The model gives infinite or undefined {name} for some cells: its training diverged. Lower "
        "--learning-rate. The model was not written."
    )


def usual_size(_name: str, values: NDArray[np.float32]) -> float:
    """Return the root mean square of an output: what a difference is relative to where a value is near 0."""
    return max(float(np.sqrt(np.mean(values.astype(np.float64) ** 2))), 1e-12)


def _difference(
    name: str, onnx: NDArray[Any], tensorflow: NDArray[Any], least: Least, probes: Probes, *, real: int
) -> float:
    if onnx.shape != tensorflow.shape:
        raise ExportError(
            f"ONNX Runtime gives {name} of the shape {onnx.shape}, and TensorFlow {tensorflow.shape}. "
            "The model was not written."
        )
    finite = np.isfinite(tensorflow)
    if not finite[: real if probes.overflow else None].all():
        raise diverged(name)
    if not np.array_equal(finite, np.isfinite(onnx)):
        raise ExportError(f"ONNX Runtime and TensorFlow do not overflow in the same places of {name}.")
    size = np.maximum(np.abs(tensorflow[finite]), least(name, tensorflow[: real - 1]))
    return float((np.abs(onnx - tensorflow)[finite] / size).max(initial=0))
