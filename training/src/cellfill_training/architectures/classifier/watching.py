"""Tell how the training of a classifier goes: how many cells it names right, beside the commonest type."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from cellfill_training.architectures.classifier.cells import Cells
from cellfill_training.architectures.classifier.network import Network
from cellfill_training.architectures.classifier.predicting import predict
from cellfill_training.fitting.epoch import Clock, Course, Epoch

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Of each kind, so that it costs little beside an epoch: cells, spread evenly over their numbers.
_CELLS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Who is told of the epochs of a network.

    Attributes
    ----------
    tell
        Called after every epoch.
    stage
        What is said to be trained.
    others
        Cells that do not train it, of studies that are left out; None where there are none.
    started
        When the whole training began, of ``time.perf_counter``.
    """

    tell: Callable[[Epoch], None]
    stage: str = ""
    others: Cells | None = None
    started: float = field(default_factory=time.perf_counter)


@dataclass(slots=True, kw_only=True)
class Watched:
    """The training of one network, as it is told.

    Attributes
    ----------
    watch
        Who is told; None for nobody, which costs nothing.
    cells
        That train it.
    most
        Epochs at most.
    pretraining
        Whether no types are learnt: then the loss is all that is told.
    """

    watch: Watch | None
    cells: Cells
    most: int
    pretraining: bool = False
    _clock: Clock = field(init=False)

    def __post_init__(self) -> None:
        if self.watch is not None:
            parts = (self.watch.stage, "pre-training" if self.pretraining else "")
            self._clock = Clock(self.most, stage=", ".join(filter(None, parts)), started=self.watch.started)

    def epoch(self, number: int, loss: float, network: Callable[[], Network], *, last: bool | None = None) -> None:
        """Tell of an epoch that has just ended; ``network`` makes the network as it is now."""
        if self.watch is None:
            return
        course = Course() if self.pretraining else self._course(network(), self.watch.others)
        self.watch.tell(self._clock.settled(number, loss=loss, course=course, last=last))

    def _course(self, network: Network, others: Cells | None) -> Course:
        commonest = int(np.bincount(self.cells.leaf[self.cells.leaf >= 0]).argmax())
        learnt = _right(network, self.cells, _some(np.flatnonzero(self.cells.leaf >= 0)))
        if others is None:
            return Course(training_accuracy=float(learnt.mean()))
        taught = np.unique(self.cells.leaf[self.cells.leaf >= 0])
        rows = _some(np.flatnonzero(np.isin(others.leaf, taught)))
        if not len(rows):
            return Course(training_accuracy=float(learnt.mean()))
        return Course(
            training_accuracy=float(learnt.mean()),
            held_out_accuracy=float(_right(network, others, rows).mean()),
            commonest=float((others.leaf[rows] == commonest).mean()),
        )


def _right(network: Network, cells: Cells, rows: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Return whether each of some cells, whole, is named right."""
    right = np.zeros(len(rows), dtype=bool)
    for study in np.unique(cells.study[rows]):
        own = cells.study[rows] == study
        found = predict(network, cells.counts[rows[own]], cells.measured[study])
        right[own] = found.probabilities.argmax(axis=1) == cells.leaf[rows[own]]
    return right


def _some(rows: NDArray[np.intp]) -> NDArray[np.intp]:
    some: NDArray[np.intp] = rows[np.linspace(0, len(rows) - 1, min(len(rows), _CELLS)).astype(int)]
    return some
