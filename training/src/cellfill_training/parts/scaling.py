"""How counts become what a network reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cellfill_training.parts.maths import Maths, Value

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaling:
    """log1p(count / size factor), from which the mean is taken and by whose spread it may be divided.

    An unknown gene stands at the mean of its level, which is 0 where the mean is taken off.

    Attributes
    ----------
    centre, scale
        (genes,) mean and standard deviation of the levels of the training cells.
    """

    centre: NDArray[np.float32]
    scale: NDArray[np.float32]

    def levels(self, maths: Maths, counts: Value, size_factors: Value) -> Value:
        """Return log1p(count / size factor), cells x genes."""
        return maths.log(maths.add(1.0, maths.div(counts, size_factors)))

    def centred(self, maths: Maths, counts: Value, size_factors: Value) -> Value:
        """Return levels with mean 0, cells x genes."""
        return maths.sub(self.levels(maths, counts, size_factors), maths.constant(self.centre))

    def standard(self, maths: Maths, counts: Value, size_factors: Value, *, bound: float = 0.0) -> Value:
        """Return levels with mean 0 and variance 1; held within a bound of standard deviations, unless it is 0."""
        scaled = maths.mul(self.centred(maths, counts, size_factors), maths.constant(1 / self.scale))
        return maths.clip(scaled, -bound, bound) if bound else scaled
