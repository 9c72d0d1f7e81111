"""Files at a URL, by fsspec: opened, read in part, and known again.

What fsspec and its packages say is passed on without the URL that they were given, which may hold a secret.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import io
from collections.abc import Iterator
from threading import Lock
from typing import Any

from cellfill.errors import DataError, DataNotFoundError, MissingDependencyError
from cellfill.readers.failures import reading
from cellfill.readers.remote import PACKAGES, Remote

# HDF5 jumps: pieces small enough for what describes a file, and enough of them for what is read again.
_CACHE = {"cache_type": "blockcache", "block_size": 1 << 20, "cache_options": {"maxblocks": 64}}
_CONNECT_SECONDS, _READ_SECONDS = 30, 60
_PIECE = 1 << 20
_ABSENT = (404, 410)
# What servers and stores say of a version of a file, as fsspec passes it on.
_VERSIONS = ("ETag", "etag", "md5Hash", "Content-MD5", "Digest", "generation", "VersionId", "crc32c")
_TIMES = ("Last-Modified", "LastModified", "last_modified", "mtime", "updated", "created")


class Place:
    """A URL that can be read: a file, or a folder of files.

    Parameters
    ----------
    remote
        The URL.

    Raises
    ------
    MissingDependencyError
        When fsspec, or the package of the protocol, is not installed.
    """

    def __init__(self, remote: Remote) -> None:
        self.remote = remote
        fsspec = _required(remote)
        self.options = _options(remote, fsspec)
        self._files = fsspec.filesystem(remote.protocol, skip_instance_cache=True, **self.options)
        self._path = self._files._strip_protocol(remote.url)

    def stamp(self, name: str = "") -> tuple[str, ...]:
        """Return what changes with a file: its size, and its version or time as far as the server says one.

        Raises
        ------
        DataNotFoundError
            When there is none.
        """
        self._files.invalidate_cache()
        with self._absence():
            about = self._files.info(self._below(name))
        known = [key for key in (*_VERSIONS, *_TIMES) if about.get(key) is not None]
        return (str(about.get("size")), *(f"{key}={about[key]}" for key in known))

    def read(self, name: str, *, most: int) -> bytes | None:
        """Return a file of a folder, or its first bytes where it has more than ``most``; None for none."""
        streamed = {"block_size": 0} if self.remote.protocol.startswith("http") else {}
        found = bytearray()
        try:
            with self._absence(), self._files.open(self._below(name), "rb", **streamed) as file:
                while len(found) <= most and (piece := file.read(min(_PIECE, most + 1 - len(found)))):
                    found += piece
        except DataNotFoundError:
            return None
        return bytes(found)

    def file(self) -> io.RawIOBase:
        """Open the file for HDF5, which reads it here and there.

        Raises
        ------
        DataNotFoundError
            When there is none.
        """
        with self._absence():
            opened = self._files.open(self._path, "rb", **_CACHE)
        return PartsOfFile(opened)

    @contextlib.contextmanager
    def _absence(self) -> Iterator[None]:
        """Let FileNotFoundError mean that: fsspec raises it, too, where a server does not answer."""
        cause: BaseException | None
        try:
            yield
            return
        except FileNotFoundError as error:
            cause = error.__cause__
        if cause is None or isinstance(cause, FileNotFoundError) or getattr(cause, "status", None) in _ABSENT:
            raise DataNotFoundError(f"No data at {self.remote}: the server knows no such file.")
        raise cause

    def close(self) -> None:
        """Give back what asks the server."""
        session = getattr(self._files, "_session", None)
        if session is not None and hasattr(session, "closed"):
            self._files.close_session(self._files.loop, session)

    def _below(self, name: str) -> str:
        return f"{self._path}/{name}" if name else str(self._path)


class PartsOfFile(io.RawIOBase):
    """A remote file as h5py takes one.

    While it is read the garbage collector waits: h5py holds its lock then, the bytes come on a thread of fsspec,
    and an object of h5py that were collected there would wait for that lock for ever (h5py's documentation, "Python
    file-like objects").
    """

    def __init__(self, file: Any) -> None:
        self._file = file

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to a place; return it."""
        return int(self._file.seek(offset, whence))

    def tell(self) -> int:
        """Return the place."""
        return int(self._file.tell())

    def readinto(self, buffer: Any, /) -> int:
        """Fill a buffer; return its length.

        Raises
        ------
        OSError
            When the file ends before: h5py would take what was in the buffer for what is in the file.
        """
        view, filled = memoryview(buffer).cast("B"), 0
        with _without_collection():
            while filled < len(view) and (piece := self._file.read(len(view) - filled)):
                if filled + len(piece) > len(view):
                    raise OSError("its server gives more bytes than requested")
                view[filled : filled + len(piece)] = piece
                filled += len(piece)
        if filled < len(view):
            raise OSError(f"it ends {len(view) - filled:,} bytes before what it should hold")
        return filled

    def close(self) -> None:
        """Give the file back."""
        if not self.closed:
            self._file.close()
        super().close()


class RemoteIdentity:
    """What is known of a remote file as it is now; of a store that of the file that describes it.

    Parameters
    ----------
    place
        Where it is.
    name
        Of the file, within a folder.
    """

    def __init__(self, place: Place, name: str = "") -> None:
        self._place, self._name = place, name
        self._stamp = place.stamp(name)

    def check(self) -> None:
        """Refuse what is no longer what was opened, as far as the server says.

        Raises
        ------
        DataError
            When it was replaced or removed since, or cannot be asked any more.
        """
        remote = self._place.remote
        with reading(remote, f".{remote.format}"):
            try:
                same = self._place.stamp(self._name) == self._stamp
            except DataNotFoundError:
                same = False
        if not same:
            raise DataError(
                f"{remote} was changed, replaced or removed while it was read, so what was read may be of two "
                "datasets: there is no result. Run it again when nothing writes there any more."
            )


_waiting, _gate = 0, Lock()
_was_enabled = False


@contextlib.contextmanager
def _without_collection() -> Iterator[None]:
    """Keep the garbage collector from starting, on any thread, until the last that asked for it is done."""
    global _waiting, _was_enabled  # noqa: PLW0603 -- so is the collector
    with _gate:
        if not _waiting:
            _was_enabled = gc.isenabled()
            gc.disable()
        _waiting += 1
    try:
        yield
    finally:
        with _gate:
            _waiting -= 1
            if not _waiting and _was_enabled:
                gc.enable()


def _required(remote: Remote) -> Any:
    """Import fsspec, and see that the protocol's package is there."""
    package = PACKAGES.get(remote.protocol)
    try:
        fsspec = importlib.import_module("fsspec")
        if package is not None:
            importlib.import_module(package)
    except ImportError as error:
        extra = "pip install 'cellfill[remote]'" + ("" if package in (None, "aiohttp") else f" {package}")
        raise MissingDependencyError(
            f"Reading {remote.protocol}:// needs {getattr(error, 'name', None) or package}: {extra}."
        ) from error
    return fsspec


def _options(remote: Remote, fsspec: Any) -> dict[str, Any]:
    """Return how a server is asked: one that says nothing for a minute is not waited for."""
    if not remote.protocol.startswith("http"):
        return {}
    aiohttp = importlib.import_module("aiohttp")
    limits = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS, sock_read=_READ_SECONDS)
    conf = fsspec.config.conf  # what a person set for all programs
    own = [conf.get(protocol, {}).get("client_kwargs", {}) for protocol in ("http", "https")]
    return {"client_kwargs": {"timeout": limits, **own[0], **own[1]}}
