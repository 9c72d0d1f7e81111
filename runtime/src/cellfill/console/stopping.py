"""Being told to stop, as an orderly end."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cellfill.console.printing import say

_PATIENCE = 5.0  # seconds between two signals that are obeyed
_AGAIN = 0.02  # seconds until a signal is sent again that came to nothing
_STOPPING = (signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else []))


@contextmanager
def stoppable() -> Iterator[None]:
    """End the work at the first signal to stop, and say so; those that follow at once interrupt no cleaning up."""
    asked: list[tuple[int, float]] = []

    def stop(number: int, _frame: object) -> None:
        now = time.monotonic()
        if asked and now - asked[-1][1] < _PATIENCE:
            return
        asked.append((number, now))
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        sys.exit(128 + number)

    usual_hook = sys.unraisablehook

    def lost(unraisable: Any) -> None:
        """Send the signal again where its exception came up in a destructor, which ignores all exceptions."""
        if not asked or not issubclass(unraisable.exc_type, SystemExit | KeyboardInterrupt):
            usual_hook(unraisable)
            return
        number, _ = asked.pop()
        again = threading.Timer(_AGAIN, os.kill, (os.getpid(), number))
        again.daemon = True
        again.start()

    sys.unraisablehook = lost
    found = {number: signal.getsignal(number) for number in _STOPPING}
    before = {number: handler for number, handler in found.items() if handler != signal.SIG_IGN}  # nohup
    for number in before:
        signal.signal(number, stop)
    try:
        yield
    except BaseException:
        if not asked:
            raise
        warnings.simplefilter("ignore")  # of what the work that was cut leaves undone
        which = signal.Signals(asked[0][0])
        by = "Ctrl-C" if which == signal.SIGINT else which.name
        say(f"Stopped by {by}: what was not finished is not written.")
        raise SystemExit(128 + which) from None  # libraries may turn the interruption into errors of theirs
    finally:
        sys.unraisablehook = usual_hook
        if not asked:
            for number, handler in before.items():
                signal.signal(number, handler)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Let a signal to stop wait until a short work is done, that it be done whole or not at all."""
    if threading.current_thread() is not threading.main_thread():  # signals go to the main thread alone
        yield
        return
    came: list[int] = []
    before = {number: signal.getsignal(number) for number in _STOPPING}
    held = {number: handler for number, handler in before.items() if callable(handler) or handler == signal.SIG_DFL}
    try:
        for number in held:
            signal.signal(number, lambda number, _frame: came.append(number))
        yield
    finally:
        for number, handler in held.items():
            signal.signal(number, handler)
        if came:
            signal.raise_signal(came[0])
