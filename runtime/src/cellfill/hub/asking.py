"""Call huggingface_hub within bounds: an answer, a file or a sending that takes too long is given up."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable
from typing import TypeVar

from cellfill.errors import CellfillError
from cellfill.hub import bounds, client
from cellfill.hub.bounds import Bounds
from cellfill.hub.token import check_token_file

T = TypeVar("T")
_LOOKS = 0.5  # seconds between two looks at a download


def answer(what: str, work: Callable[[], T], *, seconds: float | None = None) -> T:
    """Return what the Hub answers to a question: bounded in bytes, requests and time.

    Raises
    ------
    HubError
        When it goes on for too long, or has a name in it that is none.
    HubUnreachableError
        When it takes too long.
    """
    most = bounds.ANSWER_SECONDS if seconds is None else seconds
    return _watched(Bounds(what=what, seconds=most, most=bounds.ANSWER_BYTES), work)


def download(what: str, work: Callable[[], T], *, most: int, excess: Callable[[], CellfillError]) -> T:
    """Return what a download makes; it may take any time, as long as it goes on.

    Raises
    ------
    CellfillError
        What ``excess`` makes, when the file has over ``most`` bytes.
    HubUnreachableError
        When it does not go on.
    """
    return _watched(Bounds(what=what, seconds=None, most=most, excess=excess), work)


def send(what: str, work: Callable[[], T]) -> T:
    """Return what sending files to the Hub makes; errors as `answer`."""
    sent = Bounds(what=what, seconds=bounds.SEND_SECONDS, most=bounds.ANSWER_BYTES)
    client.sending.append(sent)
    try:
        return _watched(sent, work)
    finally:
        client.sending.remove(sent)


def _watched(call: Bounds, work: Callable[[], T]) -> T:
    """Do the work in a thread of its own: a status or a header that drips in is seen by nobody else."""
    check_token_file()
    client.guard_client()
    made: list[T] = []
    failed: list[BaseException] = []
    done = threading.Event()

    def run() -> None:
        client.current.set(call)
        try:
            made.append(work())
        except BaseException as error:
            failed.append(error)
        finally:
            done.set()

    threading.Thread(target=contextvars.copy_context().run, args=(run,), daemon=True).start()
    try:
        while not done.wait(_LOOKS):
            call.check_time()
    finally:
        call.ended = True
    if failed:
        raise failed[0]
    return made[0]
