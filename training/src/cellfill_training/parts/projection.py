"""Principal components of the training cells: found once, kept in the graph, learnt by no gradient."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill_training.bare_tensorflow import tf
from cellfill_training.parts.maths import Maths, Value
from cellfill_training.parts.parameters import Parameter, Parameters

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ROUNDS, _BESIDE = 8, 10  # of subspace iteration; directions beside those that are wanted
_BLOCK = 512


@dataclass(frozen=True, slots=True)
class Projection:
    """Genes to components: x @ matrix * scale.

    Attributes
    ----------
    matrix
        (genes, components), orthonormal columns, the largest variance first; its largest number is positive.
    scale
        (1,) 1 / largest absolute coordinate of a training cell, so that these lie within -1 and 1.
    """

    matrix: Parameter
    scale: Parameter

    def __call__(self, maths: Maths, x: Value) -> Value:
        """Return the components of cells, cells x components; x is centred."""
        return maths.mul(maths.matmul(x, maths.value(self.matrix)), maths.value(self.scale))

    def fit(self, inputs: Callable[[Any], Value], rows: NDArray[np.intp], *, seed: int) -> None:
        """Find the components of cells.

        By subspace iteration (Halko, Martinsson & Tropp 2011), a block of cells at a time: no covariance of genes
        and no dense matrix of all cells is held.

        Parameters
        ----------
        inputs
            Returns centred inputs of cells by their numbers, cells x genes.
        rows
            Numbers of the cells.
        seed
            Of the directions that it begins with.
        """
        genes, wanted = self.matrix.variable.shape
        run = tf.function(inputs, autograph=False, input_signature=[tf.TensorSpec((None,), tf.int64)])

        def blocks() -> Iterator[NDArray[np.float64]]:
            for start in range(0, len(rows), _BLOCK):
                yield run(tf.constant(rows[start : start + _BLOCK], tf.int64)).numpy()

        width = min(wanted + _BESIDE, genes)
        begin = np.random.default_rng([seed, 22]).standard_normal((genes, width))
        basis = np.linalg.qr(begin)[0].astype(np.float32)
        for _ in range(_ROUNDS):
            basis = np.linalg.qr(sum(block.T @ (block @ basis) for block in blocks()))[0].astype(np.float32)
        small = np.zeros((width, width))
        for block in blocks():
            placed = (block @ basis).astype(np.float64)
            small += placed.T @ placed
        matrix = basis @ np.linalg.eigh(small)[1][:, ::-1][:, :wanted]
        largest = np.abs(matrix).argmax(axis=0)
        matrix *= np.where(matrix[largest, np.arange(wanted)] < 0, -1.0, 1.0)
        farthest = max(float(np.abs(block @ matrix).max()) for block in blocks())
        self.matrix.variable.assign(matrix.astype(np.float32))
        self.scale.variable.assign([1 / max(farthest, 1e-12)])


def make_projection(parameters: Parameters, genes: int, components: int) -> Projection:
    """Make a projection that gives 0 until it is fitted."""
    return Projection(
        matrix=parameters.keep("w_components", np.zeros((genes, components)), small=True),
        scale=parameters.keep("components_scale", np.ones(1)),
    )
