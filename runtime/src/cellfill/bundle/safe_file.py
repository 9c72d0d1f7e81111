"""Read one file of a bundle from a stranger: a regular file, inside the bundle, bounded, once."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import stat
from pathlib import Path

from cellfill.bundle.files import MAX_BYTES
from cellfill.bundle.manifest import FileRecord
from cellfill.errors import BundleIntegrityError

# The Hub's cache: snapshots/COMMIT/FILE is a link to blobs/HASH, and that one, where the caches of several
# repositories share their files, a link to the shared one (huggingface_hub 2.4, file_download and _shared_blobs).
_BLOB = re.compile(r"\.\./\.\./blobs/[0-9A-Za-z_-]{1,128}")
_SHARED_BLOB = re.compile(r"\.\./\.\./blobs/[0-9a-f]{2}/[0-9a-f]{64}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_SHA1 = re.compile(r"[0-9a-f]{40}")

# Not through a link that was put there after we looked, and not waiting for what a pipe may say one day.
_FLAGS = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY"))


def read_file(root: Path, name: str, *, record: FileRecord | None = None) -> bytes:
    """Read one file, once: what is returned is what was hashed.

    Parameters
    ----------
    root
        The bundle's folder.
    name
        The file's name in it, one of `FILES`.
    record
        What the manifest says of the file; None for the manifest itself, which in the Hub's cache must have the
        hash by which the Hub named it.

    Raises
    ------
    BundleIntegrityError
        When it is absent, no regular file, a link that leads out of the bundle, over its bound, or not the file
        that the manifest, or the Hub, names.
    """
    path, bound = root / name, MAX_BYTES[name]
    if record is not None and record.size > bound:
        raise _refusal(path, f"has {record.size:,} bytes by the manifest, over the bound of {bound:,}: not a model")
    try:
        real, hub_name = _behind_links(root, path)
        data = _read(path, real, bound=bound, record=record)
    except OSError as error:
        raise _refusal(path, f"cannot be read: {error.strerror}") from error
    if record is not None and record != file_record(data):
        raise _other_file(path)
    if record is None and not _is_named(hub_name, data):
        raise _refusal(path, "is not the file that the Hub names: it was damaged or changed")
    return data


def read_regular(path: Path, *, bound: int) -> bytes:
    """Read a small file of this disk, bounded, and without waiting for what a pipe may say; links are followed.

    Raises
    ------
    OSError
        When it cannot be read, is no regular file, or has more bytes than its bound; ``strerror`` says which.
    """
    flags = _FLAGS & ~getattr(os, "O_NOFOLLOW", 0)
    with os.fdopen(os.open(path, flags), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "it is no regular file", str(path))
        data = file.read(bound + 1)
    if len(data) > bound:
        raise OSError(errno.EFBIG, f"it has over {bound:,} bytes", str(path))
    return data


def file_record(data: bytes) -> FileRecord:
    """Return the size and SHA-256 of a file's bytes."""
    return FileRecord(size=len(data), sha256=hashlib.sha256(data).hexdigest())


def git_blob(content: bytes) -> str:
    """Return the name that git gives a content."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def _is_named(name: str, data: bytes) -> bool:
    """Return whether bytes are what their name in the cache says; a name that is no hash says nothing."""
    if _SHA256.fullmatch(name):
        return name == hashlib.sha256(data).hexdigest()
    return not _SHA1.fullmatch(name) or name == git_blob(data)


def _read(path: Path, real: Path, *, bound: int, record: FileRecord | None) -> bytes:
    with os.fdopen(os.open(real, _FLAGS), "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise _refusal(path, "is no regular file: not a model")
        if found.st_size > bound:
            raise _refusal(path, f"has {found.st_size:,} bytes, over the bound of {bound:,}: not a model")
        if record is not None and found.st_size != record.size:
            raise _other_file(path)
        data = file.read(found.st_size + 1)
    if len(data) != found.st_size:
        raise _refusal(path, "changed while it was read")
    return data


def _behind_links(root: Path, path: Path) -> tuple[Path, str]:
    """Return where the bytes are, at the path itself or in the Hub's cache, and what the Hub named them."""
    if not path.is_symlink():
        return path, ""
    there = root.resolve()
    target = path.readlink()
    if there.parent.name != "snapshots" or not _BLOB.fullmatch(target.as_posix()):
        raise _refusal(
            path, "is a link that leads out of the model's folder, and not into the Hub's cache: put the file there"
        )
    blob = there.parent.parent / "blobs" / target.name
    if not blob.is_symlink():
        return blob, blob.name
    shared = blob.readlink()
    if not _SHARED_BLOB.fullmatch(shared.as_posix()):
        raise _refusal(path, "is a link that leads out of the Hub's cache")
    return there.parent.parent.parent.joinpath(*shared.parts[2:]), blob.name


def _refusal(path: Path, fault: str) -> BundleIntegrityError:
    error = BundleIntegrityError(f"{path} {fault}. Get the model again.")
    error.fault = fault
    return error


def _other_file(path: Path) -> BundleIntegrityError:
    return _refusal(
        path, "is not the file that the manifest names (its size or SHA-256 differs): it was damaged or changed"
    )


def exists(path: Path) -> bool:
    """Return whether something is there; a name that the system does not take names nothing."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False
