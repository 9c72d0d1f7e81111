"""Text files as bytes and as lines, gzipped or not by what is in them; a small file cannot fill the memory."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING

from cellfill.errors import DataError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_GZIP = b"\x1f\x8b"
_PACKED = {b"BZh": "bzip2", b"\xfd7zXZ\x00": "xz", b"\x28\xb5\x2f\xfd": "zstd", b"PK\x03\x04": "zip"}
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
# Names of a million cells, in the first line of a table; no line of numbers is longer.
LONGEST_LINE = 128 << 20
_BUFFER = 1 << 18
# What names take on average is far less; their file is not read beyond it.
_BYTES_A_NAME, _BYTES_OF_NAMES, _LONGEST_NAME = 1024, 64 << 20, 1 << 20


class _Guarded(io.RawIOBase):
    """Bytes that are text: lines have an end, and no NUL is among them."""

    def __init__(self, raw: IO[bytes], *, longest: int, wide: bool) -> None:
        self._raw, self._longest, self._wide, self._length = raw, longest, wide, 0

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self._raw.close()
        super().close()

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        read = self._raw.read(len(view))
        view[: len(read)] = read
        if not self._wide and b"\0" in read:
            raise ValueError("it holds bytes that are 0, so it is no text")
        end = read.rfind(b"\n")
        self._length = self._length + len(read) if end < 0 else len(read) - end
        if self._length > self._longest:
            raise ValueError(f"a line of it is longer than {self._longest:,} bytes")
        return len(read)


def is_gzipped(path: Path) -> bool:
    """Return whether a file begins as gzip does."""
    with path.open("rb") as file:
        return file.read(2) == _GZIP


def open_bytes(path: Path, *, longest_line: int = LONGEST_LINE) -> io.BufferedReader:
    """Open a text file as bytes, unpacked where it is gzipped, whatever its name.

    Reading raises ValueError at a line that is longer, or a byte that is 0.

    Raises
    ------
    DataError
        When it is packed in another way.
    """
    raw = path.open("rb")
    try:
        start = raw.read(8)
        raw.seek(0)
        packed = next((name for magic, name in _PACKED.items() if start.startswith(magic)), None)
        if packed is not None:
            raise DataError(f"{path} is packed with {packed}, which is not read: unpack it first.")
        unpacked: IO[bytes] = gzip.GzipFile(fileobj=raw) if start.startswith(_GZIP) else raw  # type: ignore[assignment]
        first = unpacked.read(2)
        unpacked.seek(0)
        return io.BufferedReader(_Guarded(unpacked, longest=longest_line, wide=first in _UTF_16), _BUFFER)
    except BaseException:
        raw.close()
        raise


def open_text(path: Path, *, longest_line: int = LONGEST_LINE) -> io.TextIOWrapper:
    """Open a text file, of UTF-8 or, where it begins so, of UTF-16; ends of lines stay as they are."""
    stream = open_bytes(path, longest_line=longest_line)
    wide = stream.peek(2)[:2] in _UTF_16
    return io.TextIOWrapper(stream, encoding="utf-16" if wide else "utf-8-sig", newline="")


def read_lines(path: Path, *, most: int) -> list[str]:
    """Return the lines of a file of names; empty ones at its end do not count.

    Raises
    ------
    ValueError
        When there are more than ``most``, or they are far longer than names are.
    """
    return list(_until_blank(_bounded(path, most)))


def _bounded(path: Path, most: int) -> Iterator[str]:
    left = most * _BYTES_A_NAME + _BYTES_OF_NAMES
    with open_text(path, longest_line=_LONGEST_NAME) as file:
        for number, line in enumerate(file):
            left -= len(line) + 64
            if (number >= most and line.strip()) or left < 0:
                raise ValueError(f"{path.name} has more than {most:,} lines, or lines too long for names")
            yield line.rstrip("\r\n")


def _until_blank(lines: Iterator[str]) -> Iterator[str]:
    """Leave out empty lines at the end; at most as many are kept as there are."""
    blank = 0
    for line in lines:
        if not line.strip():
            blank += 1
            continue
        yield from [""] * blank
        blank = 0
        yield line
