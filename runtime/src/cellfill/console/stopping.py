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

_PATIENCE = 5.0  # seconds between two signals that are obeyed
_AGAIN = 0.02  # seconds until a signal is sent again that came to nothing


@contextmanager
def stoppable() -> Iterator[None]:
    """End the work at the first signal to stop; those that follow at once do not interrupt the cleaning up."""
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
    stopping = (signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else []))
    found = {number: signal.getsignal(number) for number in stopping}
    before = {number: handler for number, handler in found.items() if handler != signal.SIG_IGN}  # nohup
    for number in before:
        signal.signal(number, stop)
    try:
        yield
    except BaseException:
        if not asked:
            raise
        warnings.simplefilter("ignore")  # of what the work that was cut leaves undone
        raise SystemExit(128 + asked[0][0]) from None  # libraries may turn the interruption into errors of theirs
    finally:
        sys.unraisablehook = usual_hook
        if not asked:
            for number, handler in before.items():
                signal.signal(number, handler)
