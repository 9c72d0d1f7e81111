"""How an epoch of a training went, and how long the training may still take."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cellfill_training.fitting.early_stopping import EarlyStopping

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """How one epoch went.

    Attributes
    ----------
    number, most
        Which it is, of at most how many.
    loss, held_out_loss
        Of what is minimised, a cell; means over the sub-networks. Poisson: nats, without the constant log(count!).
    gain
        Nats a cell and sub-network by which the held-out loss is below that of the gene's mean x library, the
        trivial baseline; NaN for a published loss, which has none.
    running, networks
        How many sub-networks still learn, of how many.
    seconds
        Since the training began.
    least_left, most_left
        Seconds until it ends: if nothing gets better from here on, and if every epoch is run.
    """

    number: int
    most: int
    loss: float
    held_out_loss: float
    gain: float
    running: int
    networks: int
    seconds: float
    least_left: float
    most_left: float


class Clock:
    """Times a training from now on, and tells how each epoch went."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.started = time.perf_counter()

    def epoch(
        self,
        number: int,
        loss: float,
        held_out: NDArray[np.float64],
        trivial: NDArray[np.float64],
        stopping: EarlyStopping,
    ) -> Epoch:
        """Return an epoch that has just ended: its losses, and those of the trivial baseline."""
        spent, left = time.perf_counter() - self.started, self.most - number
        return Epoch(
            number=number,
            most=self.most,
            loss=loss,
            held_out_loss=float(held_out.mean()),
            gain=float((trivial - held_out).mean()),
            running=int(stopping.running.sum()),
            networks=len(held_out),
            seconds=spent,
            least_left=spent / number * min(left, stopping.least_left),
            most_left=spent / number * left if stopping.running.any() else 0.0,
        )
