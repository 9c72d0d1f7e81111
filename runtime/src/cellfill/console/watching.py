"""Show a person what work is at, in the way that suits where stderr goes."""

from __future__ import annotations

import functools
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import ParamSpec, TypeVar

from cellfill.console.course import Course
from cellfill.console.lines import Lines
from cellfill.console.printing import hidden_for_stdout, say
from cellfill.progress import Listener, Verbosity, heard, listening, settings

P = ParamSpec("P")
R = TypeVar("R")

# What took less is not worth a line.
_WORTH_A_LINE = 0.05


@contextmanager
def progress(doing: str, *, quiet: bool) -> Iterator[None]:
    """Show what the work within is at: its phases, how far they are, and how long they take still.

    On a terminal that is a bar on stderr, in a notebook a line of text; both go away. Elsewhere, in a log say, are
    few plain lines, and none of work that is over in five seconds: see `cellfill.console.lines.Lines`. There is
    nothing on stdout. What the work is at, it says by `cellfill.progress.phase`, wherever that is.

    Parameters
    ----------
    doing
        What is done, such as ``imputing``; of one of several files ``imputing a.h5ad (1 of 3)``.
    quiet
        Show nothing.
    """
    if quiet or sys.stderr is None:
        with listening(_Nobody()):
            yield
        return
    with _shown_by(doing) as listener, listening(listener):
        yield


def told(doing: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Have a call from Python show what it is at, and say what it did, as ``cellfill.settings.verbosity`` asks.

    A call within another, or within a command, is a part of that.

    Parameters
    ----------
    doing
        What is done, such as ``imputing``.
    """

    def telling(function: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(function)
        def called(*values: P.args, **keywords: P.kwargs) -> R:
            if settings.verbosity < Verbosity.info or heard() or sys.stderr is None:
                return function(*values, **keywords)
            started = time.monotonic()
            say(f"{doing} ...")
            with _shown_by(doing) as listener, listening(_Told(listener)):
                result = function(*values, **keywords)
            say(f"    finished in {time.monotonic() - started:.1f} s")
            return result

        return called

    return telling


def _shown_by(doing: str) -> AbstractContextManager[Listener]:
    if sys.stderr.isatty():
        return _bar(doing)
    return _line(doing) if _in_a_notebook() else nullcontext(Lines(doing))


def _in_a_notebook() -> bool:
    """Whether this runs in a notebook's kernel; that somebody imported one says nothing."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return hasattr(shell, "kernel")


@contextmanager
def _bar(doing: str) -> Iterator[Listener]:
    from cellfill.console.bar import Bar

    bar = Bar(doing)
    try:
        with hidden_for_stdout(bar.hide):
            yield bar
    finally:
        bar.hide()


@contextmanager
def _line(doing: str) -> Iterator[Listener]:
    from cellfill.console.line import Line

    line = Line(doing)
    try:
        yield line
    finally:
        line.close()


class _Nobody:
    """Hears and says nothing: where a person wants to hear nothing, a download shows no bar of its own either."""

    def begin(self, name: str, total: float | None, unit: str, worth: float, /) -> None:
        """A phase begins."""

    def move(self, done: float, /) -> None:
        """So much of it is done."""

    def end(self) -> None:
        """It is over."""

    def remark(self, text: str, /) -> None:
        """Something was found or done."""


class _Told:
    """Passes on what it hears, and says remarks; at the level ``hint`` also how long each phase took."""

    def __init__(self, listener: Listener) -> None:
        self._listener, self._course = listener, Course()

    def begin(self, name: str, total: float | None, unit: str, worth: float, /) -> None:
        """A phase begins."""
        self._course.begin(name, total, unit, worth)
        self._listener.begin(name, total, unit, worth)

    def move(self, done: float, /) -> None:
        """So much of it is done."""
        self._listener.move(done)

    def end(self) -> None:
        """It is over."""
        self._listener.end()
        name, seconds = self._course.end()
        if settings.verbosity >= Verbosity.hint and seconds >= _WORTH_A_LINE:
            say(f"    {'    ' * self._course.depth}{name}: {seconds:.1f} s")

    def remark(self, text: str, /) -> None:
        """Something was found or done."""
        say(f"    {text}")
