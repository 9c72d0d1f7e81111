"""A bar on a terminal: what work is at, how far it is, how long it takes still."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from cellfill.console.course import Course, seconds_said
from cellfill.console.showing import shown_in_line

if TYPE_CHECKING:
    from rich.progress import Progress

# Seconds before it appears: what is over sooner needs none.
_WAIT = 0.5


class Bar:
    """A bar on stderr that goes away when the work is done. It appears half a second after the first phase began.

    Parameters
    ----------
    doing
        What is done, such as ``imputing``.
    """

    def __init__(self, doing: str) -> None:
        self.course = Course()
        self._doing = doing
        self._progress = _new_progress(self.course)
        self._task = self._progress.add_task("", total=None)
        self._lock = threading.RLock()
        self._waiting: threading.Timer | None = None
        self._there = False

    def begin(self, name: str, total: float | None, unit: str, worth: float, /) -> None:
        """A phase begins."""
        self.course.begin(name, total, unit, worth)
        self._show()

    def move(self, done: float, /) -> None:
        """So much of it is done."""
        self.course.move(done)
        self._show()

    def end(self) -> None:
        """It is over."""
        self.course.end()
        self._show()

    def remark(self, text: str, /) -> None:
        """Nothing: commands have summaries."""

    def hide(self) -> None:
        """Take it away, until there is more to show."""
        with self._lock:
            if self._waiting is not None:
                self._waiting.cancel()
            self._waiting = None
            if self._there:
                self._progress.stop()
            self._there = False

    def _show(self) -> None:
        course = self.course
        if not course.depth:
            return
        share = course.share
        what = shown_in_line(f"{self._doing}: {course.name}")
        self._progress.update(
            self._task, description=what, completed=share or 0, total=None if share is None else 1.0
        )
        with self._lock:
            if self._there or self._waiting is not None:
                return
            self._waiting = threading.Timer(_WAIT, self._appear)
            self._waiting.daemon = True
            self._waiting.start()

    def _appear(self) -> None:
        with self._lock:
            if self._waiting is not None:  # it was not hidden meanwhile
                self._waiting, self._there = None, True
                self._progress.start()


def _new_progress(course: Course) -> Progress:
    from rich.console import Console  # typer brings rich
    from rich.progress import BarColumn, Progress, ProgressColumn, Task
    from rich.table import Column
    from rich.text import Text

    def cut(text: str) -> Text:
        return Text(text, no_wrap=True, overflow="ellipsis")

    class What(ProgressColumn):
        """What is done; the longest, which is cut first where the terminal is narrow."""

        def render(self, task: Task) -> Text:
            return cut(task.description)

    class Time(ProgressColumn):
        """The time, which goes on while nothing moves."""

        max_refresh = 0.5

        def render(self, _task: object) -> Text:
            left = course.left
            return Text(f"{seconds_said(left)} left" if left is not None else f"{course.elapsed:.0f} s")

    class Number(ProgressColumn):
        """How much is done."""

        def render(self, _task: object) -> Text:
            return cut(course.number)

    return Progress(
        What(),
        BarColumn(bar_width=24),
        Number(),
        Time(table_column=Column(no_wrap=True)),  # never cut, nor on two lines
        console=Console(stderr=True),
        transient=True,
        redirect_stdout=False,  # it would be shown on stderr
    )
