"""Store the weights of a graph in half precision: half the download, the same operators, computed in float32."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill.errors import CellfillError

if TYPE_CHECKING:
    from numpy.typing import NDArray

# A constant of fewer numbers weighs nothing, and may be a scale whose every digit counts.
LEAST = 256
_SUFFIX = "_float32"


def rounded(weights: NDArray[Any]) -> NDArray[np.float32]:
    """Return weights as half precision holds them, in float32: what a graph with halved ones computes with.

    Raises
    ------
    CellfillError
        When one is too large for half precision.
    """
    return _halved(weights, "trained network").astype(np.float32)


def halve_weights(graph: bytes, *, least: int = LEAST, names: Collection[str] | None = None) -> bytes:
    """Return a graph whose float32 constants of many numbers are float16, each cast to float32 before it is read.

    A constant keeps its name, so that what a manifest says of how to cut the graph holds; numbers keep 11 bits,
    about three digits.

    Parameters
    ----------
    graph
        The bytes of ``model.onnx``.
    least
        Numbers that a constant must have.
    names
        Those of the constants; all by default.

    Raises
    ------
    CellfillError
        When a weight is too large for half precision.
    """
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    model = onnx.load_from_string(graph)
    body = model.graph
    casts = []
    for tensor in body.initializer:
        if tensor.data_type != TensorProto.FLOAT or int(np.prod(tensor.dims)) < least:
            continue
        name = tensor.name
        if names is not None and name not in names:
            continue
        half = _halved(numpy_helper.to_array(tensor), f"constant {name!r}")
        tensor.CopyFrom(numpy_helper.from_array(half, name))
        casts.append(helper.make_node("Cast", [name], [name + _SUFFIX], name=f"cast_{name}", to=TensorProto.FLOAT))
    cast = {node.input[0] for node in casts}
    nodes = list(body.node)
    for node in nodes:
        node.input[:] = [name + _SUFFIX if name in cast else name for name in node.input]
    del body.node[:]
    body.node.extend([*casts, *nodes])
    return bytes(model.SerializeToString(deterministic=True))


def _halved(array: NDArray[Any], what: str) -> NDArray[np.float16]:
    with np.errstate(over="ignore"):
        half = array.astype(np.float16)
    if not np.isfinite(half).all():
        raise CellfillError(
            f"The {what} has weights beyond those of half precision (65,504): keep them whole with --no-half, or "
            "lower --learning-rate."
        )
    return half
