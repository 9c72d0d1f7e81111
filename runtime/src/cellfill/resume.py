"""Keep finished blocks beside a result that is being made, so that a run that was cut can go on."""

from __future__ import annotations

import importlib
import json
import os
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill.errors import OutputError, UsageError
from cellfill.plan import Filled

if TYPE_CHECKING:
    from numpy.typing import NDArray

_RUN, _LOCK, _SCRATCH = "run.json", "in_use", "writing"


def fingerprint(path: Path) -> str:
    """Return what changes with a file, or with any file of a folder: names, sizes and times, hashed.

    The content is not read: a run of hours may begin with a terabyte.
    """
    import hashlib

    found = sorted(file for file in path.rglob("*") if not file.is_dir()) if path.is_dir() else [path]
    digest = hashlib.sha256()
    for file in found:
        about = file.stat()
        digest.update(f"{file.relative_to(path).as_posix()}\0{about.st_size}\0{about.st_mtime_ns}\0".encode())
    return digest.hexdigest()


class Journal:
    """Finished blocks in a folder, one file each, written whole or not at all.

    Parameters
    ----------
    output
        The result that is being made; the folder is ``<output>.unfinished``.
    run
        What makes two runs the same: the input, the model, the settings. Plain types.

    Raises
    ------
    UsageError
        When the folder holds the work of another run.
    OutputError
        When it cannot be written to, or another process works in it.
    """

    def __init__(self, output: Path, run: Mapping[str, Any]) -> None:
        self.folder = output.with_name(output.name + ".unfinished")
        self._run = json.dumps(run, sort_keys=True, indent=1).encode()
        self._lock: int | None = None
        try:
            self._begin()
        except OutputError:
            raise
        except OSError as error:
            raise OutputError(f"{self.folder} cannot be written to: {error.strerror or error}.") from error
        self.kept = self._count()

    def blocks(self) -> Iterator[Filled]:
        """Yield the blocks that are kept, in order; none from a damaged one on, which are to be made again."""
        for number in range(self.kept):
            try:
                with np.load(self._path(number), allow_pickle=False) as parts:
                    block = _unpack(parts)
            except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile):
                self.kept = number
                return
            yield block

    def keep(self, block: Filled) -> None:
        """Keep one more block."""
        scratch = self.folder / _SCRATCH
        try:
            with scratch.open("wb") as file:
                np.savez(file, **_pack(block))  # type: ignore[arg-type]
            scratch.replace(self._path(self.kept))
        except OSError as error:
            raise OutputError(f"{self.folder} cannot be written to: {error.strerror or error}.") from error
        self.kept += 1

    def close(self) -> None:
        """Let other processes work in the folder; what is kept stays, and nothing else."""
        if self._lock is None:
            return
        if self.kept == 0:
            self.remove()
            return
        os.close(self._lock)
        self._lock = None

    def remove(self) -> None:
        """Remove the folder, the result being whole."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None
        for path in (self.folder / name for name in self._own()):
            path.unlink(missing_ok=True)
        with suppress(OSError):
            self.folder.rmdir()

    def _own(self) -> list[str]:
        """Return the files of the folder that are a journal's."""
        names = [path.name for path in self.folder.iterdir()]
        return [n for n in names if n in (_RUN, _LOCK, _SCRATCH) or (n.endswith(".npz") and n[:-4].isdigit())]

    def _begin(self) -> None:
        self._check()
        self.folder.mkdir(exist_ok=True)
        self._lock = _lock(self.folder / _LOCK)
        self._check()
        path, scratch = self.folder / _RUN, self.folder / _SCRATCH
        if not path.exists():
            scratch.write_bytes(self._run)
            scratch.replace(path)

    def _check(self) -> None:
        """Refuse a folder that holds anything but the work of this run."""
        path = self.folder / _RUN
        if path.exists():
            if path.read_bytes() != self._run:
                raise UsageError(
                    f"{self.folder} holds the beginning of another run: its data, model or options differ. "
                    f"Give the options of that run, or remove it: rm -r {self.folder}"
                )
        elif self.folder.is_dir() and any(p.name not in (_LOCK, _SCRATCH) for p in self.folder.iterdir()):
            raise UsageError(
                f"{self.folder} is in the way: it holds other things than the beginning of a run. Choose another "
                "name for the output, or remove it."
            )

    def _count(self) -> int:
        number = 0
        while self._path(number).exists():
            number += 1
        return number

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:07d}.npz"


def _lock(path: Path) -> int:
    """Return an open file that no other process has locked; the system unlocks it however this one ends."""
    number = os.open(path, os.O_RDWR | os.O_CREAT)
    try:
        _claim(number)
    except (BlockingIOError, PermissionError):  # the first from fcntl, the second from msvcrt
        os.close(number)
        raise OutputError(f"{path.parent} is being worked in by another process: wait for it.") from None
    except OSError:  # a file system without locks
        return number
    return number


def _claim(number: int) -> None:
    """Lock an open file, or fail at once."""
    try:
        import fcntl
    except ImportError:  # Windows
        msvcrt: Any = importlib.import_module("msvcrt")
        msvcrt.locking(number, msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _pack(block: Filled) -> dict[str, NDArray[Any]]:
    numbers = {"numbers": np.array([block.zeros, block.empty, block.shallow])}
    values = block.values
    if isinstance(values, np.ndarray):
        return {"values": values, **numbers}
    shape = np.array(values.shape)
    return {"data": values.data, "indices": values.indices, "indptr": values.indptr, "shape": shape, **numbers}


def _unpack(parts: Mapping[str, NDArray[Any]]) -> Filled:
    from scipy.sparse import csr_matrix

    zeros, empty, shallow = parts["numbers"].tolist()
    values: Any
    if "values" in parts:
        values = parts["values"]
    else:
        values = csr_matrix((parts["data"], parts["indices"], parts["indptr"]), shape=tuple(parts["shape"]))
    return Filled(values=values, zeros=zeros, empty=empty, shallow=shallow)
