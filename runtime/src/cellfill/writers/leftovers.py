"""The hidden folder in which a result is written, and what to do with that of a run that was killed.

``.cellfill-0123456789abcdef/`` lies beside the result, and is locked while its process lives::

    lock        host, and name of the result
    seal        where the lock lies on the disk, and when it last changed
    commit      which result was in the place and which is to be, from the moment that anything is moved
    new/        the result, until it is in its place
    beside/     files that go beside it, until they are
    old/        what had to go out of their way

No program sets what the seal says, so that a folder that was copied, or came with an archive, is none of a killed
run: it is let alone, whatever it holds.
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
from cellfill.writers.renames import put_new

LOCK, SEAL, COMMIT, NEW, BESIDE, OLD = "lock", "seal", "commit", "new", "beside", "old"
# Of the files beside a table: its provenance, and what is known of its genes.
SIDE_ENDINGS = (".cellfill.json", ".cellfill.tsv")
# Of the files beside a model that was trained: its learning curve, its history, its recipe.
RECIPE_ENDING = ".recipe.toml"
MODEL_ENDINGS = (".history.svg", ".history.tsv", RECIPE_ENDING)
_NAME = re.compile(r"\.cellfill-[0-9a-f]{16}")
_TRIES, _PAUSE = 50, 0.02  # seconds
_MOST = 4096  # bytes of the small files
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
        about = os.fstat(number)
        if os.path.samestat(about, (folder / LOCK).stat()):
            (folder / SEAL).write_text(seal_of(about), encoding="ascii")
            return number
    except (BlockingIOError, PermissionError, FileNotFoundError):
        pass
    os.close(number)
    return None


def seal_of(lock: os.stat_result) -> str:
    """Return what is true of one lock alone, and of no copy of it."""
    return f"{lock.st_ino} {lock.st_ctime_ns}"


def note_commit(folder: Path, name: str) -> None:
    """Write down which result is in the place, and which is to be; before anything is moved.

    Raises
    ------
    OSError
        When it cannot be written.
    """
    lines = [_which(folder.parent / name), _which(folder / NEW / name)]
    (folder / COMMIT).write_text("\n".join(lines), encoding="ascii")


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
    """Bring what lies in a hidden folder to one state: the new result with all its files, or the old one.

    Only these files are moved, only to where nothing is, and those beside a result only to that very one.
    """
    final = folder.parent / name
    was, _, new = _text(folder / COMMIT).partition("\n")
    if not new:
        return  # nothing was moved
    _put_back(folder / OLD / name, final)
    now = _which(final)
    part = BESIDE if now == new else OLD
    for ending in (*SIDE_ENDINGS, *MODEL_ENDINGS) if now in (was, new) else ():
        _put_back(folder / part / f"{name}{ending}", final.with_name(f"{name}{ending}"))


def clear(folder: Path) -> None:
    """Remove a hidden folder, the lock last: without it nobody would dare to."""
    for part in (NEW, BESIDE, OLD):
        shutil.rmtree(folder / part, ignore_errors=True)
    for part in (COMMIT, SEAL):
        with suppress(OSError):
            (folder / part).unlink(missing_ok=True)
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
        if name and _text(folder / SEAL) == seal_of(os.fstat(number)):
            with one_at_a_time(folder.parent):
                settle(folder, name)
            clear(folder)
        elif {path.name for path in folder.iterdir()} <= {LOCK, SEAL}:  # killed as it began
            (folder / SEAL).unlink(missing_ok=True)
            (folder / LOCK).unlink()
            folder.rmdir()
    finally:
        os.close(number)


def _which(path: Path) -> str:
    """Return what tells a file or folder from every other that is or will be in its place; empty for none."""
    try:
        about = path.lstat()
    except FileNotFoundError:
        return ""
    if stat.S_ISDIR(about.st_mode):
        return str(about.st_ino)
    return f"{about.st_ino} {about.st_size} {about.st_mtime_ns}"


def _put_back(source: Path, final: Path) -> None:
    """Move what is there to where nothing is."""
    if os.path.lexists(source):
        with suppress(FileExistsError):
            put_new(source, final)


def _text(path: Path) -> str:
    """Return what a small file says; nothing of what is no file."""
    try:
        number = os.open(path, os.O_RDONLY | _FLAGS)
    except OSError:
        return ""
    try:
        is_file = stat.S_ISREG(os.fstat(number).st_mode)
        return os.read(number, _MOST).decode("ascii", errors="replace") if is_file else ""
    finally:
        os.close(number)


def _claim_if_possible(number: int) -> None:
    try:
        claim(number)
    except (BlockingIOError, PermissionError):
        raise
    except OSError:  # a file system without locks, on which nothing is swept either
        return


def _own(entry: os.DirEntry[str]) -> bool:
    return not hasattr(os, "getuid") or entry.stat(follow_symlinks=False).st_uid == os.getuid()
