"""How an epoch of a training went, and how long the training may still take."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from cellfill_training.fitting.early_stopping import EarlyStopping

NAN = float("nan")
# What a training is measured by: nats beyond the gene's mean, the share of cells named right, or its loss alone,
# which is of a cell, or depends on the batch that the cell is in.
Measure: TypeAlias = Literal["gain", "accuracy", "loss", "loss of a batch"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How well a model does at one time, in what a person knows; what does not apply is NaN.

    Attributes
    ----------
    training_gain, held_out_gain
        Nats a cell by which its counts are likelier than by the gene's mean x library, the trivial baseline: 0 is
        nothing learnt. Of cells that train, as the training sees them, and of those that do not.
    training_accuracy, held_out_accuracy, commonest
        Share of cells that are named right; and if all were named as the commonest training type, the trivial
        baseline, of those that do not train.
    of_batch
        Whether the loss depends on the size of a batch, so that two of unlike sizes say nothing side by side.
    """

    training_gain: float = NAN
    held_out_gain: float = NAN
    training_accuracy: float = NAN
    held_out_accuracy: float = NAN
    commonest: float = NAN
    of_batch: bool = False

    @property
    def measure(self) -> Measure:
        """What it is measured by."""
        if self.held_out_gain == self.held_out_gain:
            return "gain"
        if self.training_accuracy == self.training_accuracy:
            return "accuracy"
        return "loss of a batch" if self.of_batch else "loss"


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """How one epoch went.

    Attributes
    ----------
    number, most
        Which it is, of at most how many.
    stage
        What is trained, where a training has several parts: ``pre-training``, ``without STUDY``. Empty for the
        whole of a training that has one.
    last
        Whether the stage is known to be over with it.
    loss, held_out_loss
        Of what is minimised, a cell; means over the sub-networks. Poisson: nats, without the constant log(count!).
        NaN where no cells are held out.
    course
        The same in what a person knows.
    running, networks
        How many sub-networks still learn, of how many.
    seconds
        Since the training began.
    least_left, most_left
        Seconds until the stage ends: if nothing gets better from here on, and if every epoch is run.
    """

    number: int
    most: int
    stage: str = ""
    last: bool = False
    loss: float
    held_out_loss: float
    course: Course
    running: int = 1
    networks: int = 1
    seconds: float
    least_left: float
    most_left: float


class Clock:
    """Times a training from now on, and tells how each epoch went.

    Parameters
    ----------
    most
        Epochs at most.
    stage
        See `Epoch`.
    started
        When the training began, of ``time.perf_counter``; by default now.
    """

    def __init__(self, most: int, *, stage: str = "", started: float | None = None) -> None:
        self.most, self.stage = most, stage
        self._here = time.perf_counter()
        self._started = self._here if started is None else started

    def epoch(
        self, number: int, *, loss: float, held_out_loss: float, course: Course, stopping: EarlyStopping
    ) -> Epoch:
        """Return an epoch that has just ended, of a training that stops by itself."""
        learning = bool(stopping.running.any())
        return self._epoch(
            number,
            loss=loss,
            held_out_loss=held_out_loss,
            course=course,
            running=int(stopping.running.sum()),
            networks=len(stopping.running),
            least=min(self.most - number, stopping.least_left),
            most=self.most - number if learning else 0,
        )

    def settled(self, number: int, *, loss: float, course: Course, last: bool | None = None) -> Epoch:
        """Return an epoch that has just ended, of a training whose epochs are settled."""
        over = number == self.most if last is None else last
        left = 0 if over else self.most - number
        return self._epoch(number, loss=loss, held_out_loss=NAN, course=course, least=left, most=left, last=over)

    def _epoch(
        self,
        number: int,
        *,
        loss: float,
        held_out_loss: float,
        course: Course,
        least: int,
        most: int,
        running: int = 1,
        networks: int = 1,
        last: bool = False,
    ) -> Epoch:
        now = time.perf_counter()
        each = (now - self._here) / number
        return Epoch(
            number=number,
            most=self.most,
            stage=self.stage,
            last=last,
            loss=loss,
            held_out_loss=held_out_loss,
            course=course,
            running=running,
            networks=networks,
            seconds=now - self._started,
            least_left=each * least,
            most_left=each * most,
        )
