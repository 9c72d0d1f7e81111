"""Progress where nothing can be drawn: few plain lines, in a log say."""

from __future__ import annotations

import time
from collections.abc import Callable

from cellfill.console.course import Course, seconds_said
from cellfill.console.printing import say
from cellfill.console.showing import shown_in_line

# Seconds until the first line, and between two: work that is over sooner says nothing.
FIRST, BETWEEN = 5.0, 30.0


class Lines:
    """Says on stderr what work is at: how long it takes, as soon as that is known, and where it is after a while.

    Nothing of what is over in 5 seconds; a line every 30 seconds. Each begins with the seconds since the start, in
    brackets.

    Parameters
    ----------
    doing
        What is done, such as ``imputing``.
    now
        The clock, in seconds.
    write
        Takes a line.
    """

    def __init__(
        self, doing: str, *, now: Callable[[], float] = time.monotonic, write: Callable[[str], None] = say
    ) -> None:
        self.course = Course(now)
        self._doing, self._write = doing, write
        self._next, self._told = FIRST, False

    def begin(self, name: str, total: float | None, unit: str, worth: float, /) -> None:
        """A phase begins."""
        if self.course.depth == 0:
            self._told = False
        self.course.begin(name, total, unit, worth)
        self._look()

    def move(self, done: float, /) -> None:
        """So much of it is done."""
        self.course.move(done)
        self._look()

    def end(self) -> None:
        """It is over."""
        self.course.end()

    def remark(self, text: str, /) -> None:
        """Nothing: commands have summaries."""

    def _look(self) -> None:
        """Say where the work is, where it is time to, or where it is known for the first time how long it takes."""
        course, left = self.course, self.course.left
        new = not self._told and left is not None and left >= FIRST
        if not new and course.elapsed < self._next:
            return
        self._told = self._told or left is not None
        self._next = course.elapsed + BETWEEN
        what = f"{self._doing}: {course.name}" if course.name else self._doing
        parts = [what, course.number, f"about {seconds_said(left)} left" if left is not None else ""]
        self._write(shown_in_line(f"[{course.elapsed:.0f} s] {', '.join(filter(None, parts))}"))
