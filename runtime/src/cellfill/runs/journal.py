"""Keep finished blocks beside a result that is being made, so that a run that was cut can go on.

A block is a file, ``NUMBER.HASH.npz``: the hash is of the run, the number and what is in the file, so that nothing
counts that another run, or a hand, put there. It is no proof against one who knows how it is made: whoever may
write in the folder may write the result, too.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill.errors import OutputError, UsageError
from cellfill.runs.block_file import pack, unpack
from cellfill.writers.locks import claim

if TYPE_CHECKING:
    from cellfill.results.named import Block

_RUN, _LOCK, _SCRATCH = "run.json", "in_use", "writing"
_BLOCK = re.compile(r"(\d{7})\.[0-9a-f]{40}\.npz")
_VALUE_BYTES, _OTHER_BYTES = 48, 1 << 16  # the most that a value takes in three layers of a block, and all else
# Not through links, and not waiting for what a pipe may say one day.
_FLAGS = sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY"))


class Journal:
    """Finished blocks in a folder, one file each, written whole or not at all.

    Parameters
    ----------
    output
        The result that is being made; the folder is ``<output>.unfinished``.
    run
        What makes two runs the same: the input, the model, the settings. Plain types.
    genes
        Of the result.

    Raises
    ------
    UsageError
        When the folder holds the work of another run.
    OutputError
        When it cannot be written to, or another process works in it.
    """

    def __init__(self, output: Path, run: Mapping[str, Any], *, genes: int) -> None:
        self.folder = output.with_name(output.name + ".unfinished")
        self._run = json.dumps(run, sort_keys=True, indent=1).encode()
        self._genes, self._lock = genes, None
        try:
            self._begin()
            self.kept = self._count()
        except OutputError:
            raise
        except OSError as error:
            raise OutputError(f"{self.folder} cannot be written to: {error.strerror or error}.") from error

    _lock: int | None

    def blocks(self, rows: Sequence[slice]) -> Iterator[Block]:
        """Yield the blocks that are kept, in order; none from a damaged one on, which are to be made again.

        Parameters
        ----------
        rows
            The cells of every block of the run.
        """
        for number in range(min(self.kept, len(rows))):
            try:
                block = self._read(number, cells=rows[number].stop - rows[number].start)
            except (OSError, EOFError, ValueError, TypeError, LookupError, zipfile.BadZipFile):
                self.kept = number
                break
            yield block
        self.kept = min(self.kept, len(rows))
        self._forget(self.kept)

    def keep(self, block: Block) -> None:
        """Keep one more block."""
        content = BytesIO()
        np.savez(content, **pack(block))  # type: ignore[arg-type]
        try:
            self._write(self._name(self.kept, content.getvalue()), content.getvalue())
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
        return [n for n in names if n in (_RUN, _LOCK, _SCRATCH) or _BLOCK.fullmatch(n)]

    def _begin(self) -> None:
        self._check()
        self.folder.mkdir(exist_ok=True)
        self._lock = _lock(self.folder / _LOCK)
        self._check()
        if not os.path.lexists(self.folder / _RUN):
            self._write(_RUN, self._run)

    def _check(self) -> None:
        """Refuse a folder that holds anything but the work of this run."""
        if not os.path.lexists(self.folder):
            return
        path = self.folder / _RUN
        if not stat.S_ISDIR(self.folder.lstat().st_mode):
            raise OSError("it is no folder")
        if os.path.lexists(path):
            if _read_file(path, most=len(self._run)) != self._run:
                raise UsageError(
                    f"{self.folder} holds the beginning of another run: its data, model or options differ. "
                    f"Give the options of that run, or remove it: rm -r {self.folder}"
                )
        elif any(p.name not in (_LOCK, _SCRATCH) for p in self.folder.iterdir()):
            raise UsageError(
                f"{self.folder} is in the way: it holds other things than the beginning of a run. Choose another "
                "name for the output, or remove it."
            )

    def _write(self, name: str, content: bytes) -> None:
        """Write a file whole or not at all."""
        scratch = self.folder / _SCRATCH
        scratch.unlink(missing_ok=True)  # whatever it is: a link may lead to a file of somebody else
        with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _FLAGS, 0o600), "wb") as file:
            file.write(content)
        scratch.replace(self.folder / name)

    def _read(self, number: int, *, cells: int) -> Block:
        """Return one block; ValueError, and others, where it is not one that this run made."""
        most = cells * (self._genes + 1) * _VALUE_BYTES + _OTHER_BYTES
        content = _read_file(self._blocks[number], most=most)
        if self._name(number, content) != self._blocks[number].name:
            raise ValueError("of another run, another number or damaged")
        with np.load(BytesIO(content), allow_pickle=False) as parts:
            return unpack(parts, cells=cells, genes=self._genes)

    def _name(self, number: int, content: bytes) -> str:
        run = hashlib.sha256(self._run).digest()
        digest = hashlib.blake2b(content, digest_size=20, key=run, salt=number.to_bytes(16, "big"))
        return f"{number:07d}.{digest.hexdigest()}.npz"

    def _count(self) -> int:
        """Find the blocks that seem to be there, one after the other."""
        found = (_BLOCK.fullmatch(path.name) for path in sorted(self.folder.iterdir()))
        self._blocks = {int(match[1]): self.folder / match[0] for match in found if match}
        number = 0
        while number in self._blocks:
            number += 1
        return number

    def _forget(self, number: int) -> None:
        """Remove the blocks from a number on: they are made again."""
        for path in self.folder.iterdir():
            match = _BLOCK.fullmatch(path.name)
            if match and int(match[1]) >= number:
                with suppress(OSError):
                    path.unlink()


def _read_file(path: Path, *, most: int) -> bytes:
    """Return what is in a regular file, but for what goes beyond a bound by more than a byte."""
    with os.fdopen(os.open(path, os.O_RDONLY | _FLAGS), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(f"{path.name} is no regular file")
        return file.read(most + 1)


def _lock(path: Path) -> int:
    """Return an open file that no other process has locked; the system unlocks it however this one ends."""
    number = os.open(path, os.O_RDWR | os.O_CREAT | _FLAGS, 0o600)
    try:
        if not stat.S_ISREG(os.fstat(number).st_mode):
            raise OSError(f"{path.name} is no regular file")
        claim(number)
    except (BlockingIOError, PermissionError):  # the first from fcntl, the second from msvcrt
        os.close(number)
        raise OutputError(f"{path.parent} is being worked in by another process: wait for it.") from None
    except OSError:
        regular = stat.S_ISREG(os.fstat(number).st_mode)
        if not regular:
            os.close(number)
            raise
    return number  # without a lock on a file system without locks
