"""The place of a result: it is written beside it, then renamed into it, whole."""

from __future__ import annotations

import atexit
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cellfill.errors import OutputError, UsageError
from cellfill.failures import failing_as

_TRIES, _PAUSE = 50, 0.02  # seconds


def check_name(path: Path, *, example: str) -> None:
    """Refuse a result without a name, or with the one that stands for standard output elsewhere.

    Raises
    ------
    UsageError
        When there is no name to write to.
    """
    where = {"-": "to standard output", ".": "without a name"}.get(str(path))  # pathlib's name of no name is a dot
    if where is not None:
        raise UsageError(f"Results cannot be written {where}: give a file, such as {example}.")


@contextmanager
def writing(target: Path) -> Iterator[None]:
    """Turn whatever a writer raises into one kind of error.

    Raises
    ------
    OutputError
        For every failure but want of memory and the errors of cellfill itself.
    """
    with failing_as(lambda why: OutputError(f"{target} could not be written: {why}.")):
        yield


class Place:
    """Where one file or folder goes.

    Parameters
    ----------
    output
        What to write. Where it is a link, what it names is replaced.

    Attributes
    ----------
    target
        The place.
    scratch
        Beside it: what is written until then. Nothing is made here.
    """

    def __init__(self, output: Path) -> None:
        self.target = output.resolve()
        stem = f".cellfill-{os.getpid()}-{secrets.token_hex(4)}"
        self.scratch = self.target.with_name(stem + self.target.suffix)
        self._aside = self.target.with_name(f"{stem}-old{self.target.suffix}")

    def commit(self) -> None:
        """Bring what was written to the disk, then into the place, whatever is there.

        Raises
        ------
        OSError
            When that fails; the place is as it was then.
        """
        _sync(self.scratch)
        if self.scratch.is_dir() and self.target.exists():
            self.target.rename(self._aside)
            try:
                self.scratch.rename(self.target)
            except BaseException:
                self._aside.rename(self.target)
                raise
            remove(self._aside)
        else:
            self.scratch.replace(self.target)
        _sync_entry(self.target.parent)

    def discard(self) -> None:
        """Remove what was written beside the place, if anything."""
        if self.scratch.is_dir():
            atexit.register(remove, self.scratch)  # by then no thread of zarr writes there any more
        remove(self.scratch)


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


def _sync(path: Path) -> None:
    if not path.is_dir():
        _sync_entry(path)
        return
    for folder, _, names in os.walk(path):
        for name in names:
            _sync_entry(Path(folder) / name)
        _sync_entry(Path(folder))


def _sync_entry(path: Path) -> None:
    if os.name == "nt" and path.is_dir():
        return  # Windows opens no folders
    number = os.open(path, os.O_RDWR if not path.is_dir() else os.O_RDONLY)
    try:
        os.fsync(number)
    except OSError:
        if not path.is_dir():  # some file systems do not sync folders
            raise
    finally:
        os.close(number)
