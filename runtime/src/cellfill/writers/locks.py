"""Locks of the system, which it takes back however a process ends."""

from __future__ import annotations

import importlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

_PATIENCE, _PAUSE = 10.0, 0.01  # seconds


def claim(number: int) -> None:
    """Lock an open file, or fail at once.

    Raises
    ------
    BlockingIOError, PermissionError
        When another process has it locked; the first on POSIX, the second on Windows.
    OSError
        When the file system has no locks.
    """
    try:
        import fcntl
    except ImportError:  # Windows
        msvcrt: Any = importlib.import_module("msvcrt")
        msvcrt.locking(number, msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """Let one process at a time put results in a folder; for the moment that renaming takes.

    Whoever waits for longer than ten seconds, or has a system that locks no folders (Windows, NFS), goes on
    without. Renaming alone keeps every file and folder whole; the lock keeps a table and its files together.
    """
    number = None
    with suppress(OSError):
        number = os.open(folder, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
    try:
        if number is not None:
            _wait_for(number)
        yield
    finally:
        if number is not None:
            os.close(number)


def _wait_for(number: int) -> None:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        try:
            claim(number)
        except BlockingIOError:
            time.sleep(_PAUSE)
        except OSError:
            return
        else:
            return
