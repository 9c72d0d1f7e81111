"""Look at an ONNX graph from a stranger before anything runs it, and refuse what a model does not need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill.bundle.files import GRAPH, MAX_BYTES
from cellfill.bundle.graph_file import FLOAT, GraphFile, Value, read_graph_file
from cellfill.bundle.graph_shapes import CELLS, output_shapes, values_of
from cellfill.errors import BundleError, GraphRefusedError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellfill.bundle.classes import Classes
    from cellfill.bundle.gene_index import GeneIndex
    from cellfill.bundle.manifest import Graph

# The oldest ONNX Runtime that the runtime allows, 1.20, runs operator sets up to 21 and IR versions up to 10. The
# operators that we allow have meant the same since 13, and since IR 4 weights are apart from a graph's inputs.
OPSETS = range(13, 22)
IR_VERSIONS = range(4, 11)

# ONNX Runtime takes a buffer with this mark for its own format, whatever else the buffer is.
_OTHER_FORMAT = b"ORTM"
_HALF, _HALF_INFINITE = np.uint16(0x7FFF), 0x7C00  # without the sign; infinite, and above it no number
_ADVICE = "Nothing of it was run. Use another model, or ask its author to export it again with cellfill-train."


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What a graph must take and give: float32, cells x so many columns.

    Attributes
    ----------
    inputs, outputs
        Columns of each, by name.
    opset
        Version of the standard operator set.
    """

    inputs: Mapping[str, int]
    outputs: Mapping[str, int]
    opset: int


def signature_of(form: Graph, genes: GeneIndex, classes: Classes | None = None) -> Signature:
    """Return what the whole graph of a bundle must take and give, by its manifest, its genes and its classes."""
    leaves = 0 if classes is None else len(classes.leaves)
    return signature(form, inputs=len(genes.inputs), targets=len(genes.targets), leaves=leaves)


def signature(form: Graph, *, inputs: int, targets: int, leaves: int = 0) -> Signature:
    """Return what a graph of so many input genes, target genes and leaf classes must take and give."""
    columns = {"counts": inputs, "size_factors": 1}
    width = {
        "expected": targets,
        "expressed": targets,
        "class_probabilities": leaves,
        "class_energy": 1,
    }
    return Signature(
        inputs={i.name: columns[i.meaning] for i in form.inputs},
        outputs={o.name: width.get(o.meaning, len(o.dimensions)) for o in form.outputs},
        opset=form.opset,
    )


def check_graph(graph: bytes, expected: Signature) -> int:
    """Refuse a graph that is not what its manifest states, or that holds more than a model needs.

    Nothing is run, and nothing is opened beside the bytes. Memory is bounded by the bytes.

    Parameters
    ----------
    graph
        The bytes of ``model.onnx``.
    expected
        What it must take and give.

    Returns
    -------
    The number of values that it makes of a cell, its outputs among them: a bound on what is alive at once.

    Raises
    ------
    GraphRefusedError
        With the reason.
    """
    try:
        return _check(graph, expected)
    except BundleError as error:
        reason = str(error).removeprefix("model.onnx is malformed: ").rstrip(".")
        raise GraphRefusedError(f"model.onnx is refused: {reason}. {_ADVICE}") from error


def _check(graph: bytes, expected: Signature) -> int:
    if len(graph) > MAX_BYTES[GRAPH]:
        raise BundleError(f"it has {len(graph):,} bytes, over the bound of {MAX_BYTES[GRAPH]:,}")
    if graph[4:8] == _OTHER_FORMAT:
        raise BundleError("it bears the mark of another format")
    found = read_graph_file(graph)
    _check_versions(found, expected.opset)
    _check_values("takes", found.inputs, expected.inputs)
    _check_values("gives", found.outputs, expected.outputs)
    both = set(expected.inputs) & set(found.constants)
    if both:
        raise BundleError(f"the name {min(both)!r} is given twice")
    made = output_shapes(found)
    for name, columns in expected.outputs.items():
        if made.get(name) != (CELLS, columns):
            raise BundleError(f"its operators do not make {name!r}, cells x {columns:,}")
    for name, array in found.constants.items():
        if not _is_finite(array):
            raise BundleError(f"the constant {name!r} has weights that are infinite or no numbers")
    return values_of(made)


def _check_versions(found: GraphFile, opset: int) -> None:
    odd = sorted(set(found.opsets) - {""})
    if odd:
        raise BundleError(f"it asks for the operators of {odd[0]!r}, which are not standard ones")
    version = found.opsets.get("", 0)
    if version != opset:
        raise BundleError(f"it is written in operator set {version}, and the manifest says {opset}")
    for what, number, known in (("operator set", version, OPSETS), ("IR version", found.ir_version, IR_VERSIONS)):
        if number not in known:
            raise BundleError(
                f"it is written in {what} {number}; this cellfill reads {known[0]} to {known[-1]}"
                + (", so a newer cellfill may read it" if number > known[-1] else "")
            )


def _check_values(verb: str, found: tuple[Value, ...], expected: Mapping[str, int]) -> None:
    names = [value.name for value in found]
    if sorted(names) != sorted(expected):
        raise BundleError(f"it {verb} {names[:9]}, but the manifest states {sorted(expected)}")
    for value in found:
        if value.dtype != FLOAT:
            raise BundleError(f"it {verb} {value.name!r} of a type ({value.dtype}) other than float32")
        if value.shape != (None, expected[value.name]):
            shape = ["cells" if size is None else size for size in value.shape]
            raise BundleError(
                f"it {verb} {value.name!r} of the shape {shape}, but the manifest and its tables state "
                f"{['cells', expected[value.name]]}"
            )


def _is_finite(array: NDArray[Any]) -> bool:
    """Return whether all numbers are; of half precision by their bits, since its arithmetic is slow."""
    if array.dtype == np.float16:
        return bool((array.view(np.uint16) & _HALF).max(initial=0) < _HALF_INFINITE)
    return array.dtype.kind != "f" or bool(np.isfinite(array.min()) and np.isfinite(array.max()))
