"""Put a file or folder in its place in one step, so that no moment has nothing there, or half of it."""

from __future__ import annotations

import ctypes
import errno
import os
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

_TRIES = 10
_NOREPLACE, _EXCHANGE = 1, 2  # renameat2(2), Linux
_HERE = -100  # AT_FDCWD
# What Linux says where the file system, or the system itself, does not know the flag.
_UNKNOWN = (errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.EPERM)


def put_new(source: Path, target: Path) -> None:
    """Rename a file or folder to where nothing is.

    Raises
    ------
    FileExistsError
        When something is there; of several processes that try at once one succeeds.
    OSError
        When it cannot be renamed.
    """
    if os.name == "nt" or _renamed(source, target, _NOREPLACE):
        if os.name == "nt":
            source.rename(target)  # Windows replaces nothing
        return
    if source.is_dir():
        try:
            source.rename(target)  # replaces an empty folder at most
        except OSError as error:
            if error.errno in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target)) from error
            raise
        return
    try:
        os.link(source, target)
    except FileExistsError:
        raise
    except OSError as error:  # a file system without hard links
        if os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target)) from error
        source.replace(target)
    else:
        source.unlink()


def put_over(source: Path, target: Path, *, aside: Path) -> None:
    """Rename a file or folder, whatever is there.

    Parameters
    ----------
    source, target
        From and to; both files, or both folders.
    aside
        Where an old folder may go, on systems that cannot exchange two; nothing is there. Elsewhere it goes to
        ``source``.

    Raises
    ------
    OSError
        When it cannot be renamed; what was there is in its place then.
    """
    if not source.is_dir():
        source.replace(target)
        return
    for _ in range(_TRIES):  # another process may put, or take away, what is there
        with suppress(FileExistsError):
            put_new(source, target)
            return
        if os.name != "nt" and _renamed(source, target, _EXCHANGE):
            return
        aside.parent.mkdir(exist_ok=True)
        with suppress(FileNotFoundError):
            target.rename(aside)
            try:
                source.rename(target)
            except BaseException:
                if not os.path.lexists(target):
                    aside.rename(target)
                raise
            return
    raise FileExistsError(errno.EEXIST, "other processes keep writing it", str(target))


def _renamed(source: Path, target: Path, flags: int) -> bool:
    """Return whether Linux renamed it so; not where it does not know how."""
    rename = _renameat2()
    if rename is None:
        return False
    if rename(_HERE, os.fsencode(source), _HERE, os.fsencode(target), flags) == 0:
        return True
    number = ctypes.get_errno()
    if number in _UNKNOWN or (flags == _EXCHANGE and number == errno.ENOENT):
        return False
    raise OSError(number, os.strerror(number), str(source), None, str(target))


@lru_cache
def _renameat2() -> Any:
    """Return the C library's function; None where it has none."""
    try:
        found = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, TypeError, AttributeError):
        return None
    found.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint)
    return found
