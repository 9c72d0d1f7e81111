"""What tells whether the files of a dataset are still those that were opened."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from cellfill.errors import DataError
from cellfill.readers.dataset import Format
from cellfill.readers.mtx_names import files_read


class Identity:
    """The files of a dataset as they are now.

    The place on the disk counts, and of every file name, size and time of the last change. The content is not
    read: a look takes microseconds a file. Of a matrix folder the files count that are read of it.

    Parameters
    ----------
    path
        The file or folder; it is there.
    form
        Its format, which says what belongs to it.
    """

    def __init__(self, path: Path, form: Format) -> None:
        self._path, self._form = path, form
        self._held = _hold(path)
        self._read = files_read(path) if form == "10x-mtx" else None
        self._place, self._files = _place(path), self._now()

    def check(self) -> None:
        """Refuse files that are no longer those that were opened.

        Raises
        ------
        DataError
            When one was replaced, changed or removed since.
        """
        try:
            now = self._path.stat()
            held = None if self._held is None else os.fstat(self._held)
            same = os.path.samestat(held, now) if held is not None else (now.st_dev, now.st_ino) == self._place
            same = same and self._now() == self._files
        except OSError:
            same = False
        if not same:
            raise DataError(
                f"{self._path} was changed, replaced or removed while it was read, so what was read may be of two "
                "datasets: there is no result. Run it again when nothing writes there any more."
            )

    def _now(self) -> str:
        files = _files(self._path, self._form) if self._read is None else ((f.name, f.stat()) for f in self._read)
        return _hashed(files, changed=False)

    def release(self) -> None:
        """Give the file back."""
        if self._held is not None:
            os.close(self._held)
            self._held = None


def fingerprint(path: Path, form: Format | None = None, *, changed: bool = False) -> str:
    """Return what changes with a file, or with any file of a folder: names, sizes and times, hashed.

    Parameters
    ----------
    path
        The file or folder.
    form
        Its format; of a folder of unknown format all files count.
    changed
        Count, too, when each file's content, owner or name last changed, which no program can set (``st_ctime``; on
        Windows it is when the file was made).
    """
    return _hashed(_files(path, form), changed=changed)


def _hashed(files: Iterable[tuple[str, os.stat_result]], *, changed: bool) -> str:
    digest = hashlib.sha256()
    for name, about in sorted(files):
        times = (about.st_mtime_ns, about.st_ctime_ns) if changed else (about.st_mtime_ns,)
        digest.update("\0".join((name, str(about.st_size), *map(str, times), "")).encode(errors="surrogateescape"))
    return digest.hexdigest()


def size_of(path: Path) -> int:
    """Return the bytes of a file, or of all files of a folder."""
    return sum(about.st_size for _, about in _files(path, None))


def _files(path: Path, form: Format | None) -> Iterator[tuple[str, os.stat_result]]:
    """Yield every file that belongs to a dataset, by its name below the path."""
    if form == "10x-mtx":
        yield from ((file.name, file.stat()) for file in files_read(path))
    elif path.is_dir():
        yield from _below(str(path), "")
    else:
        yield "", path.stat()


def _below(folder: str, above: str) -> Iterator[tuple[str, os.stat_result]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _below(entry.path, f"{above}{entry.name}/")
            else:
                yield f"{above}{entry.name}", _about(entry)


def _about(entry: os.DirEntry[str]) -> os.stat_result:
    try:
        return entry.stat()
    except OSError:  # a link to nothing, or to itself
        return entry.stat(follow_symlinks=False)


def _hold(path: Path) -> int | None:
    """Keep the file open, so that its number on the disk stays its own."""
    if os.name == "nt":
        return None  # what is open cannot be replaced there, not even by the result
    try:
        return os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    except OSError:
        return None


def _place(path: Path) -> tuple[int, int]:
    about = path.stat()
    return about.st_dev, about.st_ino
