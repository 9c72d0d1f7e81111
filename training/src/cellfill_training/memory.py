"""Keep the memory of a training small: what was freed goes back to the system.

glibc keeps what lies between pieces that are still in use, in a heap for nearly every thread. Other systems are
left alone.
"""

from __future__ import annotations

import ctypes
import sys
from typing import Any

_ARENA_MAX = -8  # M_ARENA_MAX of glibc's malloc.h


def one_heap() -> None:
    """Let all threads of the process share one heap; to be called before there are any."""
    if change := _libc("mallopt"):
        change(_ARENA_MAX, 1)


def give_back() -> None:
    """Return what was freed to the system."""
    if trim := _libc("malloc_trim"):
        trim(0)


def _libc(name: str) -> Any:
    return getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None
