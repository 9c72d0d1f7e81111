"""The place of a result: it is written beside it, then renamed into it, whole."""

from __future__ import annotations

import atexit
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from cellfill.console.stopping import undisturbed
from cellfill.errors import OutputError, OutputExistsError, UsageError
from cellfill.readers.remote import refuse_remote
from cellfill.text.reasons import failing_as
from cellfill.writers.leftovers import (
    BESIDE,
    COMMIT,
    LOCK,
    NEW,
    OLD,
    SEAL,
    clear,
    folder_for,
    make_folder,
    note_commit,
    remove,
    settle,
    sweep,
)
from cellfill.writers.locks import one_at_a_time
from cellfill.writers.renames import put_new, put_over

_STREAMS, _OF_STREAMS = ("/dev/stdin", "/dev/stdout", "/dev/stderr"), ("/dev/fd", "/proc/self/fd")


def check_name(path: Path, *, example: str) -> None:
    """Refuse a result without a name, or with the one that stands for standard output elsewhere, or at a URL.

    Raises
    ------
    UsageError
        When there is no name to write to.
    """
    refuse_remote(path)
    where = {"-": "to standard output", ".": "without a name"}.get(str(path))  # pathlib's name of no name is a dot
    if str(path) in _STREAMS or str(path.parent) in _OF_STREAMS:
        where = f"to a stream, as {path} is"
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
    """Where one file or folder goes, and the files beside it that belong to it.

    Parameters
    ----------
    output
        What to write. Where it is a link, what it names is replaced.
    beside
        What its name is to be followed by in the names of the files beside it.

    Attributes
    ----------
    target
        The place.
    scratch
        Where it is written until then, in a hidden folder beside the place, see `make`.
    beside
        Where the files beside it are written until then.
    """

    def __init__(self, output: Path, *, beside: Sequence[str] = ()) -> None:
        self.target = output.resolve()
        self._endings = beside
        self._folder, self._lock = None, None

    _folder: Path | None
    _lock: int | None
    scratch: Path
    beside: tuple[Path, ...]

    def make(self) -> None:
        """Make the hidden folder, and settle what killed runs left beside the place.

        Raises
        ------
        OSError
            When that fails.
        """
        sweep(self.target.parent)
        self._process = os.getpid()
        atexit.register(self._give_up)  # an interruption may come before anybody knows of the folder
        while self._lock is None:
            self._folder = folder = folder_for(self.target)
            self.scratch = folder / NEW / self.target.name
            self._lock = make_folder(folder, self.target.name)
        self.beside = tuple(folder / BESIDE / f"{self.target.name}{ending}" for ending in self._endings)
        for part in (NEW, BESIDE):
            (folder / part).mkdir()

    def commit(self, *, overwrite: bool) -> None:
        """Bring what was written to the disk, then into the place: all of it, or nothing.

        A file beside it that was not written is absent then. A signal to stop waits until that is done. Killed in
        between, it leaves the old result, or the new one; what belongs beside it may be absent until the next run
        to that folder, and is never of another result.

        Parameters
        ----------
        overwrite
            Replace what is there.

        Raises
        ------
        OutputExistsError
            When something is there that may not be replaced; of several processes one succeeds.
        OSError
            When that fails; the place is as it was then.
        """
        for path in (self.scratch, *filter(os.path.lexists, self.beside)):
            _sync(path)
        with one_at_a_time(self.target.parent), undisturbed():
            try:
                self._put(overwrite=overwrite)
            except FileExistsError as error:
                raise OutputExistsError(
                    f"{self.target} exists: another process was faster. Choose another name, or replace it with "
                    "--force."
                ) from error
        _sync_entry(self.target.parent)
        self.discard()

    def _put(self, *, overwrite: bool) -> None:
        assert self._folder is not None
        was_there = os.path.lexists(self.target)
        if was_there and not overwrite:
            raise FileExistsError(self.target)
        old, placed = self._folder / OLD, [self.target]
        note_commit(self._folder, self.target.name)
        for name in (LOCK, SEAL, COMMIT):
            _sync_entry(self._folder / name)
        for path in self.beside:
            final = self.target.with_name(path.name)
            if os.path.lexists(final):
                old.mkdir(exist_ok=True)
                final.rename(old / path.name)
        if overwrite:
            put_over(self.scratch, self.target, aside=old / self.target.name)
        else:
            put_new(self.scratch, self.target)
        try:
            for path in filter(os.path.lexists, self.beside):
                path.replace(self.target.with_name(path.name))
                placed.append(self.target.with_name(path.name))
        except BaseException:
            for path in () if was_there else placed:
                remove(path)
            raise

    def discard(self) -> None:
        """Remove the hidden folder, if any; what could not be put in place goes with it."""
        if self._folder is None:
            return
        with suppress(OSError):
            settle(self._folder, self.target.name)
        if self.scratch.is_dir():
            atexit.register(remove, self._folder)  # by then no thread of zarr writes there any more
        if os.name == "nt":
            self._unlock()  # Windows removes nothing that is open
        clear(self._folder)
        self._unlock()
        self._folder = None
        atexit.unregister(self._give_up)

    def _give_up(self) -> None:
        if os.getpid() == self._process:  # not where a copy of the process ends
            self.discard()

    def _unlock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


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
