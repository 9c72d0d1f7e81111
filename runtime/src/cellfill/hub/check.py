"""Check the files of a bundle's folder by their hashes; none is parsed but the manifest that names them."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cellfill.bundle.files import MANIFEST
from cellfill.bundle.folder import parse_head
from cellfill.bundle.manifest import FileRecord, Manifest
from cellfill.bundle.safe_file import file_record, read_file
from cellfill.errors import BundleError, BundleIntegrityError


@dataclass(frozen=True, slots=True, kw_only=True)
class FileCheck:
    """What was found of one file.

    Attributes
    ----------
    name
        Of the file.
    size
        Of the file, sound or not; 0 where there is none, or it cannot be looked at.
    sha256
        Of a sound file; empty for another.
    fault
        What is wrong; empty for a sound file.
    """

    name: str
    size: int
    sha256: str
    fault: str


def check_files(folder: Path) -> tuple[FileCheck, ...]:
    """Check every file of a bundle, as `read_bundle` reads it: the manifest first, then what it names.

    Of a manifest that is damaged or malformed nothing else is looked at.
    """
    try:
        text = read_file(folder, MANIFEST)
        manifest = parse_head(text)
    except BundleIntegrityError as error:
        return (_faulty(folder, MANIFEST, error.fault),)
    except BundleError as error:
        return (_faulty(folder, MANIFEST, f"is not one that this cellfill reads: {str(error).rstrip('.')}"),)
    return (_sound(MANIFEST, text), *(_check(folder, name, record) for name, record in manifest.files.items()))


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a folder; the other files are not looked at.

    Raises
    ------
    BundleError
        When it is damaged or malformed, or does not name exactly the files of a bundle.
    """
    return parse_head(read_file(folder, MANIFEST))


def hashes(checks: tuple[FileCheck, ...]) -> Mapping[str, FileRecord]:
    """Return the size and SHA-256 of every file."""
    return {check.name: FileRecord(size=check.size, sha256=check.sha256) for check in checks}


def _check(folder: Path, name: str, record: FileRecord) -> FileCheck:
    try:
        return _sound(name, read_file(folder, name, record=record))
    except BundleIntegrityError as error:
        return _faulty(folder, name, error.fault)


def _sound(name: str, data: bytes) -> FileCheck:
    found = file_record(data)
    return FileCheck(name=name, size=found.size, sha256=found.sha256, fault="")


def _faulty(folder: Path, name: str, fault: str) -> FileCheck:
    size = 0
    with suppress(OSError):
        found = (folder / name).stat()
        size = found.st_size if stat.S_ISREG(found.st_mode) else 0
    return FileCheck(name=name, size=size, sha256="", fault=fault)
