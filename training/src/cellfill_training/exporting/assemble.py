"""Put an ONNX graph together operator by operator, where it is small enough to be written down."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

OPSET = 18
COUNTS, SIZE_FACTORS, OUTPUT = "counts", "size_factors", "imputed_counts"
_IR_VERSION = 8  # the oldest that has operator set 18


class Assembly:
    """An ONNX graph that is being written: nodes in their order, constants by name.

    Parameters
    ----------
    inputs
        Columns of each input, by name; the graph's first axis is cells.
    half
        Keep the weights that are given as such in float16; one Cast each turns them into float32 before use.
    """

    def __init__(self, inputs: dict[str, int], *, half: bool = False) -> None:
        self.inputs, self.half = dict(inputs), half
        self._nodes: list[Any] = []
        self._constants: dict[str, NDArray[Any]] = {}
        self._outputs: dict[str, int] = {}

    def constant(self, name: str, values: NDArray[Any] | float) -> str:
        """Hold numbers in float32, and return their name."""
        self._constants[name] = np.atleast_1d(np.asarray(values, dtype=np.float32))
        return name

    def numbers(self, name: str, values: Sequence[int]) -> str:
        """Hold whole numbers, such as the bounds of a Slice, in int64, and return their name."""
        self._constants[name] = np.asarray(values, dtype=np.int64)
        return name

    def places(self, name: str, values: NDArray[np.integer]) -> str:
        """Hold places, such as a Gather reads, in int32, and return their name."""
        self._constants[name] = np.asarray(values, dtype=np.int32)
        return name

    def weight(self, name: str, values: NDArray[Any]) -> str:
        """Hold a layer's weights, in float16 where the graph is to be small, and return their name in float32."""
        if not self.half:
            return self.constant(name, values)
        stored = f"{name}_half"
        self._constants[stored] = np.asarray(values, dtype=np.float16)
        return self.add("Cast", stored, name=name, to=1)

    def add(self, operator: str, *inputs: str, name: str = "", **attributes: int | Sequence[int]) -> str:
        """Add an operator, and return the name of what it gives."""
        from onnx import helper

        result = name or f"{operator.lower()}{len(self._nodes)}"
        self._nodes.append(helper.make_node(operator, list(inputs), [result], name=result, **attributes))
        return result

    def rename(self, result: str, name: str) -> None:
        """Give what a node gives another name, wherever it is read."""
        for node in self._nodes:
            node.input[:] = [name if value == result else value for value in node.input]
            if node.output[0] == result:
                node.output[0] = node.name = name

    def give(self, name: str, columns: int) -> None:
        """Say that the graph gives a result, cells x so many columns."""
        self._outputs[name] = columns

    def to_bytes(self) -> bytes:
        """Return the bytes of ``model.onnx``: the same for the same graph.

        Raises
        ------
        onnx.checker.ValidationError
            When the operators do not fit one another.
        """
        import onnx
        from onnx import TensorProto, helper, numpy_helper

        def values(sizes: dict[str, int]) -> list[Any]:
            return [helper.make_tensor_value_info(n, TensorProto.FLOAT, ["cells", c]) for n, c in sizes.items()]

        graph = helper.make_graph(
            self._nodes,
            "cellfill",
            values(self.inputs),
            values(self._outputs),
            [numpy_helper.from_array(self._constants[name], name) for name in sorted(self._constants)],
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)])
        model.ir_version = _IR_VERSION
        model.producer_name = ""
        onnx.checker.check_model(model, full_check=True)
        return bytes(model.SerializeToString(deterministic=True))
