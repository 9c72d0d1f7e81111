"""What a prediction costs: seconds, and the most memory."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

Result = TypeVar("Result")

_MEMORY = Path("/proc/self/statm")
_INTERVAL = 0.02  # seconds between two looks


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Cost of one call.

    Attributes
    ----------
    seconds
        Wall-clock time.
    peak_mb
        Most resident memory of the whole process while it ran, in 10^6 bytes, looked at every 20 ms; NaN where the
        system does not tell. It holds what the process had before: to compare methods, run each in a process of
        its own.
    """

    seconds: float
    peak_mb: float


def measured(call: Callable[[], Result]) -> tuple[Result, Cost]:
    """Call a function and return its result, and what it cost."""
    watch = _Watch()
    started = time.perf_counter()
    try:
        result = call()
    finally:
        seconds = time.perf_counter() - started
        watch.stop()
    return result, Cost(seconds=seconds, peak_mb=watch.peak / 1e6 if watch.peak else float("nan"))


class _Watch:
    """Looks at the resident memory until it is stopped."""

    def __init__(self) -> None:
        self.peak = _resident()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._done.wait(_INTERVAL):
            self.peak = max(self.peak, _resident())

    def stop(self) -> None:
        """Look once more, and end."""
        self._done.set()
        self._thread.join()
        self.peak = max(self.peak, _resident())


def _resident() -> int:
    """Return the resident memory in bytes, 0 where the system does not tell."""
    import os

    try:
        return int(_MEMORY.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0
