"""Read one file of a bundle from a stranger: a regular file, inside the bundle, bounded, once."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from pathlib import Path

from cellfill.bundle.manifest import FileRecord
from cellfill.errors import BundleIntegrityError

# The Hub's cache: snapshots/COMMIT/FILE is a link to blobs/HASH, and that one, where the caches of several
# repositories share their files, a link to the shared one (huggingface_hub 2.4, file_download and _shared_blobs).
_BLOB = re.compile(r"\.\./\.\./blobs/[0-9A-Za-z_-]{1,128}")
_SHARED_BLOB = re.compile(r"\.\./\.\./blobs/[0-9a-f]{2}/[0-9a-f]{64}")

_AGAIN = "Get the model again."
# Not through a link that was put there after we looked, and not waiting for what a pipe may say one day.
_FLAGS = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY"))


def read_file(root: Path, name: str, *, bound: int, record: FileRecord | None = None) -> bytes:
    """Read one file, once: what is returned is what was hashed.

    Parameters
    ----------
    root
        The bundle's folder.
    name
        The file's name in it.
    bound
        The most bytes that are read.
    record
        What the manifest says of the file; None for the manifest itself.

    Raises
    ------
    BundleIntegrityError
        When it is absent, no regular file, a link that leads out of the bundle, over the bound, or not the file
        that the manifest names.
    """
    path = root / name
    if record is not None and record.size > bound:
        raise BundleIntegrityError(
            f"{path} has {record.size:,} bytes by the manifest, over the bound of {bound:,}: not a model."
        )
    try:
        data = _read(path, _behind_links(root, path), bound=bound, record=record)
    except OSError as error:
        raise BundleIntegrityError(f"{path} cannot be read: {error.strerror}. {_AGAIN}") from error
    if record is not None and record != file_record(data):
        raise _other_file(path)
    return data


def file_record(data: bytes) -> FileRecord:
    """Return the size and SHA-256 of a file's bytes."""
    return FileRecord(size=len(data), sha256=hashlib.sha256(data).hexdigest())


def _read(path: Path, real: Path, *, bound: int, record: FileRecord | None) -> bytes:
    with os.fdopen(os.open(real, _FLAGS), "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise BundleIntegrityError(f"{path} is no regular file: not a model. {_AGAIN}")
        if found.st_size > bound:
            raise BundleIntegrityError(
                f"{path} has {found.st_size:,} bytes, over the bound of {bound:,}: not a model."
            )
        if record is not None and found.st_size != record.size:
            raise _other_file(path)
        data = file.read(found.st_size + 1)
    if len(data) != found.st_size:
        raise BundleIntegrityError(f"{path} changed while it was read. Try again, or get the model again.")
    return data


def _behind_links(root: Path, path: Path) -> Path:
    """Return the place of the bytes: the path itself, or a blob of the Hub's cache that it is a link to."""
    if not path.is_symlink():
        return path
    there = root.resolve()
    target = path.readlink()
    if there.parent.name != "snapshots" or not _BLOB.fullmatch(target.as_posix()):
        raise BundleIntegrityError(
            f"{path} is a link that leads out of the model's folder, and not into the Hub's cache. Put the file "
            "itself there, or get the model again."
        )
    blob = there.parent.parent / "blobs" / target.name
    if not blob.is_symlink():
        return blob
    target = blob.readlink()
    if not _SHARED_BLOB.fullmatch(target.as_posix()):
        raise BundleIntegrityError(f"{path} is a link that leads out of the Hub's cache. {_AGAIN}")
    return there.parent.parent.parent.joinpath(*target.parts[2:])


def _other_file(path: Path) -> BundleIntegrityError:
    return BundleIntegrityError(
        f"{path} is not the file that the manifest names (its size or SHA-256 differs): it was damaged or changed. "
        + _AGAIN
    )
