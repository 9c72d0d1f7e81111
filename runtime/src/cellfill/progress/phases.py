"""Phases of work: those who do it say which they are in, and one who listens is told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol, TypeAlias, TypeVar

T = TypeVar("T")

# Called with how much of a phase is done; never for every gene, at most for every block of cells.
Move: TypeAlias = Callable[[float], None]


class Listener(Protocol):
    """Is told of phases, one thread at a time. They lie within one another: the one that began last ends first."""

    def begin(self, name: str, total: float | None, unit: str, worth: float, /) -> None:
        """A phase begins; see `phase`."""

    def move(self, done: float, /) -> None:
        """So much is done of the phase that began last, of its total."""

    def end(self) -> None:
        """The phase that began last is over, or was cut by an error."""

    def remark(self, text: str, /) -> None:
        """Something was found or done; see `remark`."""


# Threads that work for others have none: what they do is told by the thread that waits for them.
_listener: ContextVar[Listener | None] = ContextVar("cellfill_listener", default=None)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Have a listener told of all phases of the work within; one that listened before is told of none of them."""
    before = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(before)


def heard() -> bool:
    """Return whether anyone listens."""
    return _listener.get() is not None


@contextmanager
def phase(name: str, *, total: float | None = None, unit: str = "", worth: float = 0) -> Iterator[Move]:
    """Say that a phase of work begins, and when it is over; yields what says how much of it is done.

    Phases may lie within one another, wherever the code of the inner one is: a phase of 8 passes may hold one that
    is ``worth`` 3 of them, and goes on with it.

    Parameters
    ----------
    name
        What is done, in a person's words, such as ``calibrating``.
    total
        How much there is to do; None where that is not known before.
    unit
        What it is counted in, such as ``cells``, to be shown behind the numbers; empty for passes and the like,
        whose number means nothing to a person.
    worth
        How much of the phase around it the phase is, in that one's units: it is done there when this one ends.
    """
    listener = _listener.get()
    if listener is None:
        yield _nowhere
        return
    listener.begin(name, total, unit, worth)
    try:
        yield listener.move
    finally:
        listener.end()


def remark(text: str) -> None:
    """Tell what was found or done, to one who has no other summary of it: a caller from Python."""
    listener = _listener.get()
    if listener is not None:
        listener.remark(text)


def each(
    items: Iterable[T], name: str, *, total: int | None = None, unit: str = "", worth: float = 0
) -> Iterator[T]:
    """Yield items as a phase of as many parts: a part is done when the next item is asked for.

    Parameters
    ----------
    items
        What is worked on one by one.
    name, unit, worth
        See `phase`.
    total
        How many there are; that of a sequence is known.
    """
    number = len(items) if total is None and isinstance(items, Sized) else total
    with phase(name, total=number, unit=unit, worth=worth) as move:
        for done, item in enumerate(items, start=1):
            yield item
            move(done)


def _nowhere(_done: float) -> None:
    """Tell nobody."""
