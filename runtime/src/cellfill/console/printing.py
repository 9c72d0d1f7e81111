"""Data on stdout, talk on stderr: the one place where the program prints."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO

from cellfill.console.showing import shown
from cellfill.errors import OutputError
from cellfill.text.reasons import reason


def say(text: str = "") -> None:
    """Print talk: to stderr, so that stdout holds data only. Where nobody can hear it, nothing is said."""
    if sys.stderr is not None:  # print would take stdout then
        with suppress(OSError, ValueError):
            _print(text, sys.stderr)


def out(text: object) -> None:
    """Print what was asked for, on stdout, for a person to read; for machines see `print_json`."""
    _hide_what_is_drawn()
    _print(str(text), sys.stdout)


# What hides a bar that stands on the terminal: lines of stdout would be drawn into it.
_drawn: list[Callable[[], None]] = []


@contextmanager
def hidden_for_stdout(hide: Callable[[], None]) -> Iterator[None]:
    """Have something that is drawn on stderr hidden before anything is printed on stdout."""
    _drawn.append(hide)
    try:
        yield
    finally:
        _drawn.remove(hide)


def _hide_what_is_drawn() -> None:
    for hide in _drawn:
        hide()


def _print(text: str, stream: TextIO) -> None:
    """Print a text that may hold anybody's words: the one place where the program does."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    print(shown(text).encode(encoding, "backslashreplace").decode(encoding), file=stream, flush=True)


def print_json(record: object, *, in_one_line: bool = False, there: str = "") -> None:
    """Print data for machines on stdout; of many things a line each.

    Parameters
    ----------
    record
        The data.
    in_one_line
        Whether line breaks are left out.
    there
        What is done already, which is said where printing fails.

    Raises
    ------
    OutputError
        When it cannot be printed, or nobody reads it any more: half a record is none.
    """
    import json

    from cellfill.text.jsonable import jsonable

    _hide_what_is_drawn()
    indent = None if in_one_line else 1
    text = json.dumps(jsonable(record), indent=indent, allow_nan=False, default=float)
    try:
        print(text, flush=True)
    except OutputError as error:
        raise OutputError(f"{there} {error}".strip()) from error


class ReaderGoneError(OutputError):
    """Whoever read standard output has enough, as ``head`` has."""


class Stdout:
    """Standard output whose failures are errors of cellfill: a disk that is full, a reader that is gone.

    Attributes
    ----------
    used
        Whether anything was printed there, or tried to be.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.used = False

    def write(self, text: Any) -> Any:
        """Print text."""
        self.used = True
        if self._stream is None:
            raise OutputError("What was found could not be printed: standard output is closed.")
        with _printing():
            return self._stream.write(text)

    def flush(self) -> None:
        """Print what waits."""
        with _printing():
            if self._stream is not None:
                self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(io.StringIO() if self._stream is None else self._stream, name)


@contextmanager
def _printing() -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as error:
        gone = isinstance(error, BrokenPipeError)
        why = "nobody reads it any more" if gone else reason(error)
        kind = ReaderGoneError if gone else OutputError
        raise kind(f"What was found could not be printed, or not to its end: {why}.") from error
