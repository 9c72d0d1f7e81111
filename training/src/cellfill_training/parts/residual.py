"""Blocks that move a point by what they make of it (He et al. 2016)."""

from __future__ import annotations

from dataclasses import dataclass

from cellfill_training.parts.layers import Dense, make_dense
from cellfill_training.parts.maths import Maths, Value
from cellfill_training.parts.parameters import Norm, Parameters, make_norm


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Layers, each after batch normalisation and ReLU; what the last gives is added to what went in."""

    norms: tuple[Norm, ...]
    layers: tuple[Dense, ...]

    def __call__(self, maths: Maths, x: Value) -> Value:
        """Return the points where they were moved to, cells x dimensions."""
        moved = x
        for norm, layer in zip(self.norms, self.layers, strict=True):
            moved = layer(maths, maths.relu(maths.normalise(moved, norm)))
        return maths.add(x, moved)


def make_block(parameters: Parameters, name: str, inputs: int, hidden: int, *, start: float) -> Block:
    """Make a block of two layers.

    Parameters
    ----------
    parameters
        Where what it learns is kept.
    name
        Of the block; its layers are called ``NAME_in`` and ``NAME_out``.
    inputs, hidden
        Dimensions of what goes in and comes out, and neurons in between.
    start
        Standard deviation of the matrices at the beginning: the smaller, the nearer is the block to moving nothing.
    """
    layers = (("in", inputs, hidden), ("out", hidden, inputs))
    return Block(
        norms=tuple(make_norm(parameters, f"{name}_{which}_norm", a, scaled=True) for which, a, _ in layers),
        layers=tuple(make_dense(parameters, f"{name}_{which}", a, b, start=start) for which, a, b in layers),
    )
