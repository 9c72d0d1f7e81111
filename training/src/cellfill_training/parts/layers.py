"""Dense layers, one after the other: the encoders and decoders of every architecture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from cellfill_training.parts.maths import Maths, Value
from cellfill_training.parts.parameters import Norm, Parameter, Parameters, Start, make_norm


@dataclass(frozen=True, slots=True)
class Dense:
    """A layer of neurons: x @ matrix + bias."""

    matrix: Parameter
    bias: Parameter

    def __call__(self, maths: Maths, x: Value) -> Value:
        """Return what the neurons give, cells x neurons."""
        return maths.add(maths.matmul(x, maths.value(self.matrix)), maths.value(self.bias))


def make_dense(parameters: Parameters, name: str, inputs: int, outputs: int, *, start: Start = "glorot") -> Dense:
    """Make a layer: its matrix is called ``w_NAME``, its bias ``b_NAME``."""
    return Dense(
        parameters.matrix(f"w_{name}", inputs, outputs, start=start), parameters.vector(f"b_{name}", outputs)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """Layers, each normalised where asked for, activated and then dropped from.

    Attributes
    ----------
    layers, norms
        In their order; the norms are empty where there are none.
    activation, dropout
        Of every layer.
    """

    layers: tuple[Dense, ...]
    norms: tuple[Norm, ...]
    activation: str
    dropout: float

    def __call__(self, maths: Maths, x: Value) -> Value:
        """Return the last layer's neurons; x itself where there is no layer."""
        for number, layer in enumerate(self.layers):
            x = layer(maths, x)
            if self.norms:
                x = maths.normalise(x, self.norms[number])
            x = maths.dropout(maths.activate(self.activation, x), self.dropout)
        return x


def make_stack(
    parameters: Parameters,
    name: str,
    widths: Sequence[int],
    *,
    activation: str = "relu",
    norm: bool = False,
    norm_scaled: bool = True,
    momentum: float = 0.99,
    epsilon: float = 1e-3,
    dropout: float = 0.0,
    start: Start = "glorot",
) -> Stack:
    """Make layers.

    Parameters
    ----------
    parameters
        Where what they learn is kept.
    name
        Of the stack; layers are called ``NAME1``, ``NAME2``.
    widths
        Of what goes in, then of each layer.
    activation, dropout
        Of each layer.
    norm, norm_scaled, momentum, epsilon
        Whether it is normalised by batches before its activation, with a learnt scale, and how.
    start
        How matrices are drawn.
    """
    numbered = list(enumerate(pairwise(widths), start=1))
    return Stack(
        layers=tuple(make_dense(parameters, f"{name}{n}", a, b, start=start) for n, (a, b) in numbered),
        norms=tuple(
            make_norm(parameters, f"{name}{n}_norm", b, scaled=norm_scaled, momentum=momentum, epsilon=epsilon)
            for n, (_, b) in numbered
        )
        if norm
        else (),
        activation=activation,
        dropout=dropout,
    )
