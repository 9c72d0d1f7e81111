"""What goes wrong in other libraries, as errors of cellfill, of one line."""

from __future__ import annotations

import errno
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from cellfill.errors import CellfillError

_MOST = 300  # characters of another library's message that are passed on
# The system's own words within HDF5's, of a disk or a quota that is full, or a file that may not be larger.
_FULL = re.compile(rf"errno = (?:{errno.ENOSPC}|{errno.EDQUOT}|{errno.EFBIG}), error message = '([^']*)'")
_NESTED = "something in it is nested too deep, or lies within itself"


def reason(error: BaseException) -> str:
    """Return what an error says, in one line."""
    if isinstance(error, RecursionError):
        return _NESTED
    if full := _FULL.search(str(error)):
        return full[1]
    return " ".join(str(error).split())[:_MOST].rstrip(".") or type(error).__name__


def is_without_threads(error: BaseException) -> bool:
    """Return whether the system refused a thread, which is nobody's file's fault."""
    return isinstance(error, RuntimeError) and "can't start new thread" in str(error)


@contextmanager
def failing_as(make: Callable[[str], CellfillError]) -> Iterator[None]:
    """Turn whatever a library raises into one kind of error.

    Parameters
    ----------
    make
        Makes the error of what the library says.

    Raises
    ------
    CellfillError
        For every failure but want of memory and of threads; errors of cellfill itself stay as they are.
    """
    try:
        yield
    except (CellfillError, MemoryError):
        raise
    except Exception as error:  # h5py, zarr, anndata, pandas and scipy raise many kinds
        if is_without_threads(error):
            raise
        raise make(reason(error)) from error
