"""A line of text that is written over, in a notebook."""

from __future__ import annotations

import sys
import time

from cellfill.console.course import Course, seconds_said

_SECONDS_BETWEEN = 0.2


class Line:
    """A bar of plain text on stderr, which a notebook shows as one line and which goes away.

    Parameters
    ----------
    doing
        What is done, such as ``imputing``.
    """

    def __init__(self, doing: str) -> None:
        from tqdm import tqdm  # huggingface-hub brings it

        self.course = Course()
        self._doing, self._next = doing, 0.0
        self._bar = tqdm(
            total=1.0, file=sys.stderr, leave=False, bar_format="{desc} |{bar:24}|{postfix}", delay=1e-9
        )

    def begin(self, name: str, total: float | None, unit: str, worth: float, /) -> None:
        """A phase begins."""
        self.course.begin(name, total, unit, worth)
        self._show()

    def move(self, done: float, /) -> None:
        """So much of it is done."""
        self.course.move(done)
        if time.monotonic() >= self._next:
            self._show()

    def end(self) -> None:
        """It is over."""
        self.course.end()

    def remark(self, text: str, /) -> None:
        """Nothing: commands have summaries."""

    def close(self) -> None:
        """Take it away."""
        self._bar.close()

    def _show(self) -> None:
        course = self.course
        left = course.left
        words = (course.number, f"{seconds_said(left)} left" if left is not None else f"{course.elapsed:.0f} s")
        self._bar.n = course.share or 0.0
        self._bar.set_description_str(f"{self._doing}: {course.name}", refresh=False)
        self._bar.set_postfix_str(", ".join(filter(None, words)), refresh=False)
        self._bar.refresh()
        self._next = time.monotonic() + _SECONDS_BETWEEN
