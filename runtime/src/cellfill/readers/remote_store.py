"""A zarr store at a URL, as zarr reads it: what describes it from memory, chunks by zarr's own store for fsspec."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any
from urllib.parse import quote

from zarr.abc.store import OffsetByteRequest, RangeByteRequest, SuffixByteRequest
from zarr.core.buffer import default_buffer_prototype
from zarr.core.sync import sync
from zarr.storage import FsspecStore, WrapperStore

from cellfill.readers.remote_files import Place
from cellfill.readers.remote_metadata import sparse_arrays
from cellfill.readers.zarr_files import METADATA

_SESSIONS = ("_session", "_s3")  # of fsspec's HTTP and gcsfs, of s3fs


class RemoteStore(WrapperStore):  # type: ignore[misc, type-arg, unused-ignore]
    """A store that is read only, and of which the metadata are known.

    Of the arrays of a sparse matrix a chunk that is not there is damage, not zeros; nobody could count them first.

    Parameters
    ----------
    store
        Zarr's own.
    files
        The metadata, by the names of their files.
    quoted
        Whether names of files are parts of a URL.
    """

    refuses_gaps = True

    def __init__(self, store: Any, *, files: Mapping[str, bytes], quoted: bool) -> None:
        super().__init__(store)
        self._files, self._quoted = files, quoted
        self._whole = sparse_arrays(files)

    def _with_store(self, store: Any) -> RemoteStore:
        return type(self)(store, files=self._files, quoted=self._quoted)

    async def get(self, key: str, prototype: Any = None, byte_range: Any = None) -> Any:
        """Return a file, or a part of it; None for none.

        Raises
        ------
        ValueError
            When a chunk of a sparse matrix is absent, or the server gives another part than was asked for.
        """
        prototype = prototype or default_buffer_prototype()
        if key.rsplit("/", 1)[-1] in METADATA:
            content = self._files.get(key)
            return None if content is None else prototype.buffer.from_bytes(_part(content, byte_range))
        found = await self._store.get(quote(key) if self._quoted else key, prototype, byte_range)
        if found is None and any(key.startswith(start) for start in self._whole):
            raise ValueError(f"its chunk {key} is absent")
        if found is not None and byte_range is not None and len(found) > _length(byte_range, len(found)):
            raise ValueError("its server answers no range requests")
        return found

    async def get_partial_values(self, prototype: Any, key_ranges: Iterable[tuple[str, Any]]) -> list[Any]:
        """Return parts of files."""
        return [await self.get(key, prototype, asked) for key, asked in key_ranges]

    async def exists(self, key: str) -> bool:
        """Return whether there is such a file."""
        if key.rsplit("/", 1)[-1] in METADATA:
            return key in self._files
        return bool(await self._store.exists(quote(key) if self._quoted else key))

    async def list(self) -> AsyncIterator[str]:
        """Yield the files that are known: metadata."""
        for key in self._files:
            yield key

    async def list_prefix(self, prefix: str) -> AsyncIterator[str]:
        """Yield those whose names begin so."""
        for key in self._files:
            if key.startswith(prefix):
                yield key

    async def list_dir(self, prefix: str) -> AsyncIterator[str]:
        """Yield what lies in a folder."""
        folder = f"{prefix.rstrip('/')}/" if prefix.rstrip("/") else ""
        for name in dict.fromkeys(
            key.removeprefix(folder).split("/", 1)[0] for key in self._files if key.startswith(folder)
        ):
            yield name

    def close(self) -> None:
        """Give back what asks the server."""
        for name in _SESSIONS:  # fsspec leaves them open in a loop that is not its own, and aiohttp complains
            session = getattr(self._store.fs, name, None)
            if session is not None:
                sync(_closed(session))
        super().close()


def remote_store(place: Place, files: Mapping[str, bytes]) -> RemoteStore:
    """Return the store at a place, of which the metadata were read."""
    url = place.remote.url
    options = {"skip_instance_cache": True, **place.options}
    return RemoteStore(
        FsspecStore.from_url(url, storage_options=options, read_only=True),
        files=files,
        quoted=place.remote.protocol.startswith("http"),
    )


async def _closed(session: Any) -> None:
    await session.close()  # a coroutine of each


def _part(content: bytes, asked: Any) -> bytes:
    if isinstance(asked, RangeByteRequest):
        return content[asked.start : asked.end]
    if isinstance(asked, OffsetByteRequest):
        return content[asked.offset :]
    if isinstance(asked, SuffixByteRequest):
        return content[-asked.suffix :]
    return content


def _length(asked: Any, found: int) -> int:
    """Return how many bytes were asked for at the most; of what has no end it is not known."""
    if isinstance(asked, RangeByteRequest):
        return int(asked.end - asked.start)
    return int(asked.suffix) if isinstance(asked, SuffixByteRequest) else found
