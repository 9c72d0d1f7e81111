"""Check the files of a bundle's folder by their hashes; none is parsed but the manifest that names them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cellfill.bundle.folder import FILES, MANIFEST, MAX_BYTES
from cellfill.bundle.manifest import FileRecord, Manifest, parse_manifest
from cellfill.errors import BundleError, BundleIntegrityError
from cellfill.hub.cache import blob_name


@dataclass(frozen=True, slots=True, kw_only=True)
class FileCheck:
    """What was found of one file.

    Attributes
    ----------
    name
        Of the file.
    size, sha256
        As found; 0 and empty for a file that cannot be read.
    fault
        What is wrong; empty for a sound file.
    """

    name: str
    size: int
    sha256: str
    fault: str


def check_files(folder: Path) -> tuple[FileCheck, ...]:
    """Check every file of a bundle: the manifest first, then what it names.

    A file's size is compared before its content is read. In the Hub's cache the manifest itself is checked by
    the name that the Hub gave it, the hash of its content.

    Raises
    ------
    BundleError
        When the manifest is sound, but not one that this cellfill reads.
    """
    head = check_file(folder / MANIFEST, None)
    if head.fault:
        return (head,)
    manifest = read_manifest(folder)
    return (head, *(check_file(folder / name, record) for name, record in manifest.files.items()))


def check_file(path: Path, record: FileRecord | None) -> FileCheck:
    """Check one file against what the manifest says of it, and against its name in the cache."""
    name = path.name
    try:
        size = path.stat().st_size
        if size > MAX_BYTES[name]:
            fault = f"it has {size:,} bytes, over the bound of {MAX_BYTES[name]:,}"
            return FileCheck(name=name, size=size, sha256="", fault=fault)
        if record is not None and size != record.size:
            fault = f"it has {size:,} bytes, not {record.size:,}"
            return FileCheck(name=name, size=size, sha256="", fault=fault)
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        fault = f"it cannot be read ({error.strerror or type(error).__name__})"
        return FileCheck(name=name, size=0, sha256="", fault=fault)
    fault = ""
    if record is not None and digest != record.sha256:
        fault = "its SHA-256 is not the manifest's: it was damaged or changed"
    elif record is None and not _is_named(path, digest):
        fault = "it is not the file that the Hub names: it was damaged or changed"
    return FileCheck(name=name, size=size, sha256=digest, fault=fault)


def read_manifest(folder: Path) -> Manifest:
    """Read a manifest that was checked.

    Raises
    ------
    BundleError
        When it is malformed, or does not name exactly the files of a bundle.
    """
    try:
        manifest = parse_manifest((folder / MANIFEST).read_bytes())
    except OSError as error:
        raise BundleIntegrityError(f"{folder / MANIFEST} cannot be read: {error.strerror}.") from error
    if {MANIFEST, *manifest.files} != set(FILES):
        raise BundleError(f"{MANIFEST} names the files {sorted(manifest.files)}: not a bundle that cellfill reads.")
    return manifest


def git_blob(content: bytes) -> str:
    """Return the name that git gives a content."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def hashes(checks: tuple[FileCheck, ...]) -> Mapping[str, FileRecord]:
    """Return the size and SHA-256 of every file."""
    return {check.name: FileRecord(size=check.size, sha256=check.sha256) for check in checks}


def _is_named(path: Path, digest: str) -> bool:
    """Return whether a file is what its name in the cache says; a name that is no hash says nothing."""
    name = blob_name(path)
    if len(name) == 64:
        return name == digest
    return len(name) != 40 or name == git_blob(path.read_bytes())
