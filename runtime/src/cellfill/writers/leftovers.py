"""The hidden folder in which a result is written, and what to do with that of a run that was killed.

``.cellfill-0123456789abcdef/`` lies beside the result, and is locked while its process lives::

    lock        host, and name of the result
    new/        the result, until it is in its place
    beside/     files that go beside it, until they are
    old/        what had to go out of their way
"""

from __future__ import annotations

import os
import platform
import re
import secrets
import shutil
import stat
import time
from contextlib import suppress
from pathlib import Path

from cellfill.writers.locks import claim, one_at_a_time

LOCK, NEW, BESIDE, OLD = "lock", "new", "beside", "old"
_NAME = re.compile(r"\.cellfill-[0-9a-f]{16}")
_TRIES, _PAUSE = 50, 0.02  # seconds
_MOST = 4096  # bytes of a lock file
_FLAGS = sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC"))


def folder_for(target: Path) -> Path:
    """Return where the hidden folder of a result may be made."""
    return target.with_name(f".cellfill-{secrets.token_hex(8)}")


def make_folder(folder: Path, name: str) -> int | None:
    """Make the hidden folder of a result of that name.

    Returns
    -------
    Its lock, which closing gives back; None where another process took it for one that was left behind, before it
    was locked, and removes it: then another one is to be made.

    Raises
    ------
    OSError
        When it cannot be made.
    """
    folder.mkdir(0o700)
    try:
        number = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_EXCL | _FLAGS, 0o600)
    except FileNotFoundError:
        return None
    try:
        _claim_if_possible(number)
        os.write(number, f"{platform.node()}\n{name}".encode(errors="surrogateescape"))
        if os.path.samestat(os.fstat(number), (folder / LOCK).stat()):
            return number
    except (BlockingIOError, PermissionError, FileNotFoundError):
        pass
    os.close(number)
    return None


def sweep(parent: Path) -> None:
    """Settle and remove what killed runs of this machine left in a folder; living ones are let alone.

    What they put in place by halves is put in place, or the old result is put back. Raises nothing: what cannot be
    removed stays.
    """
    with suppress(OSError):
        with os.scandir(parent) as entries:
            found = [e for e in entries if _NAME.fullmatch(e.name) and e.is_dir(follow_symlinks=False) and _own(e)]
        for entry in found:
            with suppress(OSError):
                _sweep_one(Path(entry.path))


def settle(folder: Path, name: str) -> None:
    """Bring what lies in a hidden folder to one state: the new result with all its files, or the old one."""
    parent, old, beside = folder.parent, folder / OLD, folder / BESIDE
    if not _in_place(folder / NEW / name, parent / name):
        for path in _inside(old):
            if not os.path.lexists(parent / path.name):
                path.rename(parent / path.name)
    elif os.path.lexists(parent / name):
        for path in _inside(beside):
            path.replace(parent / path.name)


def clear(folder: Path) -> None:
    """Remove a hidden folder, the lock last: without it nobody would dare to."""
    for part in (NEW, BESIDE, OLD):
        shutil.rmtree(folder / part, ignore_errors=True)
    remove(folder)


def remove(path: Path) -> None:
    """Remove a file or folder, if it is there."""
    if path.is_dir() and not path.is_symlink():
        for _ in range(_TRIES):  # threads of zarr may still write where the work was interrupted
            shutil.rmtree(path, ignore_errors=True)
            time.sleep(_PAUSE)
            if not path.exists():
                return
    else:
        with suppress(OSError):
            path.unlink(missing_ok=True)


def _sweep_one(folder: Path) -> None:
    try:
        number = os.open(folder / LOCK, os.O_RDWR | _FLAGS)
    except FileNotFoundError:
        folder.rmdir()  # if it is empty; whoever makes it just now makes another
        return
    try:
        if not stat.S_ISREG(os.fstat(number).st_mode):
            return
        host, _, name = os.read(number, _MOST).decode(errors="surrogateescape").partition("\n")
        if name and (host != platform.node() or Path(name).name != name):
            return  # locks of some file systems hold on one machine only
        claim(number)
        if not name and [path.name for path in folder.iterdir()] != [LOCK]:  # killed as it began
            return
        with one_at_a_time(folder.parent):
            settle(folder, name)
        clear(folder)
    finally:
        os.close(number)


def _in_place(new: Path, final: Path) -> bool:
    """Return whether the new result has left for its place; where the old one came in exchange, it has not."""
    if not os.path.lexists(new):
        return True
    return os.path.lexists(final) and new.samefile(final)  # linked, and not removed yet


def _claim_if_possible(number: int) -> None:
    try:
        claim(number)
    except (BlockingIOError, PermissionError):
        raise
    except OSError:  # a file system without locks, on which nothing is swept either
        return


def _own(entry: os.DirEntry[str]) -> bool:
    return not hasattr(os, "getuid") or entry.stat(follow_symlinks=False).st_uid == os.getuid()


def _inside(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []
