"""What a network learns, by names that the graph keeps, and what batch normalisation keeps beside it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from cellfill_training.bare_tensorflow import tf
from cellfill_training.exporting.half import rounded

if TYPE_CHECKING:
    from numpy.typing import NDArray

# A number is the standard deviation of a normal distribution.
Start: TypeAlias = Literal["he", "glorot"] | float


@dataclass(frozen=True, slots=True)
class Parameter:
    """A variable of TensorFlow and its name in the graph.

    ``small`` is what the graph may keep in float16: matrices, not biases. A ``mask`` says which entries there are:
    the others are 0.
    """

    name: str
    variable: Any
    small: bool = False
    mask: NDArray[np.bool_] | None = None

    def numpy(self) -> NDArray[np.float32]:
        """Return its value."""
        values: NDArray[np.float32] = self.variable.numpy()
        return values if self.mask is None else values * self.mask


@dataclass(slots=True)
class Parameters:
    """All that a network learns, in the order in which it was made.

    Parameters
    ----------
    rng
        Draws the matrices that the training begins with.
    """

    rng: np.random.Generator
    learnt: list[Parameter] = field(default_factory=list)
    kept: list[Parameter] = field(default_factory=list)

    def matrix(self, name: str, rows: int, columns: int, *, start: Start = "glorot") -> Parameter:
        """Make a matrix.

        It begins normal with variance 2 / rows (He 2015) or with a standard deviation that is given, or uniform
        with variance 2 / (rows + columns) (Glorot 2010).
        """
        if start == "he":
            values = self.rng.standard_normal((rows, columns)) * np.sqrt(2 / rows)
        elif isinstance(start, float):
            values = self.rng.standard_normal((rows, columns)) * start
        else:
            bound = np.sqrt(6 / (rows + columns))
            values = self.rng.uniform(-bound, bound, (rows, columns))
        return self._learn(name, values, small=True)

    def matrix_of(
        self, name: str, values: NDArray[np.float64], *, mask: NDArray[np.bool_] | None = None
    ) -> Parameter:
        """Make a matrix that begins as it is given, of all entries or of those that a mask says."""
        return self._learn(name, values, small=True, mask=mask)

    def vector(self, name: str, width: int, *, value: float | NDArray[np.float64] = 0.0) -> Parameter:
        """Make a bias, or one number a gene."""
        return self._learn(name, np.broadcast_to(np.asarray(value, dtype=np.float64), (width,)))

    def keep(self, name: str, values: NDArray[Any], *, small: bool = False) -> Parameter:
        """Hold numbers that the training changes but does not learn."""
        parameter = Parameter(name, tf.Variable(values.astype(np.float32), trainable=False), small)
        self.kept.append(parameter)
        return parameter

    def values(self) -> list[NDArray[np.float32]]:
        """Return a copy of everything."""
        return [parameter.numpy().copy() for parameter in (*self.learnt, *self.kept)]

    def restore(self, values: list[NDArray[np.float32]]) -> None:
        """Go back to what `values` returned."""
        for parameter, value in zip((*self.learnt, *self.kept), values, strict=True):
            parameter.variable.assign(value)

    def halve(self) -> None:
        """Round matrices to what float16 keeps of them.

        Raises
        ------
        CellfillError
            When a number is too large for it.
        """
        for parameter in (*self.learnt, *self.kept):
            if parameter.small:
                parameter.variable.assign(rounded(parameter.numpy()))

    def _learn(
        self, name: str, values: NDArray[Any], *, small: bool = False, mask: NDArray[np.bool_] | None = None
    ) -> Parameter:
        if any(parameter.name == name for parameter in self.learnt):
            raise ValueError(f"Two parameters are called {name}.")
        parameter = Parameter(name, tf.Variable(values.astype(np.float32)), small, mask)
        self.learnt.append(parameter)
        return parameter


@dataclass(frozen=True, slots=True, kw_only=True)
class Norm:
    """Batch normalisation (Ioffe & Szegedy 2015) of some neurons.

    Attributes
    ----------
    shift, scale
        Learnt; a scale of None is 1.
    mean, variance
        Kept of the batches, each time weighing ``momentum``.
    """

    shift: Parameter
    scale: Parameter | None
    mean: Parameter
    variance: Parameter
    momentum: float
    epsilon: float

    def folded(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return what a neuron is multiplied by, and what is then added."""
        scale = 1 / np.sqrt(self.variance.numpy() + self.epsilon)
        if self.scale is not None:
            scale = scale * self.scale.numpy()
        return scale, self.shift.numpy() - self.mean.numpy() * scale


def make_norm(
    parameters: Parameters, name: str, width: int, *, scaled: bool, momentum: float = 0.99, epsilon: float = 1e-3
) -> Norm:
    """Make a batch normalisation; momentum and epsilon are those of Keras by default."""
    return Norm(
        shift=parameters.vector(f"{name}_shift", width),
        scale=parameters.vector(f"{name}_scale", width, value=1.0) if scaled else None,
        mean=parameters.keep(f"{name}_mean", np.zeros(width)),
        variance=parameters.keep(f"{name}_variance", np.ones(width)),
        momentum=momentum,
        epsilon=epsilon,
    )
