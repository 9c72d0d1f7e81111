"""Where work is: which phases, how much of them is done, how long it takes still."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

# So much of a phase, or so many seconds of it, tell how long the rest takes: less says as much of how it started.
# In any case it takes so many seconds.
_TELLING, _LONG, _SECONDS = 0.05, 10.0, 0.5
# Of what takes longer than was thought so much is left, until it moves again.
_LEAST_LEFT = 0.1


@dataclass(slots=True)
class Stage:
    """A phase that has begun.

    Attributes
    ----------
    name, total, unit, worth
        See `cellfill.progress.phase`.
    since
        When it began, in seconds of the course's clock.
    told, ended
        How much is done of the total: that was told, and that phases within it were worth.
    left, left_at
        Seconds that it took still when it last moved, and when that was.
    """

    name: str
    total: float | None
    unit: str
    worth: float
    since: float
    told: float = 0.0
    ended: float = 0.0
    left: float | None = None
    left_at: float = 0.0


class Course:
    """The phases that have begun and are not over, outermost first. The outermost counted one tells the time.

    Parameters
    ----------
    now
        The clock, in seconds.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self.began = now()
        self._stages: list[Stage] = []

    def begin(self, name: str, total: float | None, unit: str, worth: float, /) -> None:
        """Take note that a phase begins."""
        self._stages.append(Stage(name, total or None, unit, worth, self._now()))

    def move(self, done: float, /) -> None:
        """Take note that so much of the last phase is done."""
        if self._stages:
            self._stages[-1].told = done
            self._estimate()

    def end(self) -> tuple[str, float]:
        """Take note that the last phase is over; return its name and its seconds."""
        if not self._stages:
            return "", 0.0
        over = self._stages.pop()
        if self._stages:
            self._stages[-1].ended += over.worth
            if over.worth:
                self._estimate()
        return over.name, self._now() - over.since

    @property
    def depth(self) -> int:
        """How many phases lie within one another."""
        return len(self._stages)

    @property
    def elapsed(self) -> float:
        """Seconds since the work began."""
        return self._now() - self.began

    @property
    def name(self) -> str:
        """What is done now: the innermost phase; empty between phases."""
        return self._stages[-1].name if self._stages else ""

    @property
    def counted(self) -> Stage | None:
        """The outermost phase whose total is known."""
        return next((stage for stage in self._stages if stage.total), None)

    @property
    def share(self) -> float | None:
        """How much of the outermost counted phase is done, from 0 to 1; None where nothing is counted."""
        for place, stage in enumerate(self._stages):
            if stage.total:
                return min(self._done(place) / stage.total, 1.0)
        return None

    def _done(self, place: int) -> float:
        """Return how much of a phase is done, that of phases within it included."""
        stage = self._stages[place]
        done = max(stage.told, stage.ended)
        for inner in range(place + 1, len(self._stages)):
            within = self._stages[inner]
            if within.worth and within.total:
                done += within.worth * min(self._done(inner) / within.total, 1.0)
                break
        return done

    @property
    def left(self) -> float | None:
        """Seconds that the outermost counted phase takes still; None where that cannot be told yet."""
        stage = self.counted
        if stage is None or stage.left is None:
            return None
        return max(stage.left - (self._now() - stage.left_at), _LEAST_LEFT * stage.left)

    def _estimate(self) -> None:
        """Tell from what is done and the time that it took how long the rest takes."""
        stage, share = self.counted, self.share
        if stage is None or share is None:
            return
        spent = self._now() - stage.since
        if share > 0 and spent >= _SECONDS and (share >= _TELLING or spent >= _LONG):
            stage.left, stage.left_at = spent * (1 - share) / share, stage.since + spent

    @property
    def number(self) -> str:
        """How much is done, in words: ``5,120 of 11,544 cells``; empty where it is counted in nothing."""
        stage = next((stage for stage in reversed(self._stages) if stage.total and stage.unit), None)
        if stage is None or stage.total is None:
            return ""
        digits = 0 if float(stage.total).is_integer() else 1
        return f"{stage.told:,.{digits}f} of {stage.total:,.{digits}f} {stage.unit}"


def seconds_said(seconds: float) -> str:
    """Return a length of time as a person says it: no more exact than it can be known."""
    if seconds < 1:
        return "1 s"
    if seconds < 60:
        return f"{seconds:.0f} s" if seconds < 10 else f"{round(seconds / 5) * 5} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 90 else f"{minutes / 60:.1f} h"
