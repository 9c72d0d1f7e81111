"""A bundle is a folder of files. This reads one, verified, and writes one, whole or not at all."""

from __future__ import annotations

import os
import tempfile
from dataclasses import replace
from pathlib import Path

from cellfill.bundle.files import MANIFEST, MAX_BYTES
from cellfill.bundle.manifest import Manifest, format_manifest, is_model_name, parse_manifest
from cellfill.bundle.origin import Origin
from cellfill.bundle.parts import Bundle, format_parts, parse_parts
from cellfill.bundle.safe_file import file_record, read_file
from cellfill.errors import BundleError, BundleNotFoundError, OutputError, OutputExistsError


def read_bundle(folder: str | Path) -> Bundle:
    """Read a bundle, verify every file against the manifest before it is parsed, and look at its graph.

    Each file is read once, so that what was hashed is what is used. Other files in the folder are never opened.
    Nothing of the bundle is run.

    Parameters
    ----------
    folder
        The folder that holds the files: regular files, or the links of the Hub's cache to its blobs.

    Raises
    ------
    BundleNotFoundError
        When there is no bundle there.
    BundleIntegrityError
        When a file is missing, too large, no regular file, a link that leads out of the bundle, or not the one that
        the manifest names.
    GraphRefusedError
        When the graph is not what the other files state, or holds what no model needs.
    BundleError
        When the manifest or another file is malformed.
    """
    root = Path(folder)
    check_there(root)
    head = read_file(root, MANIFEST)
    manifest = parse_head(head)
    content = {name: read_file(root, name, record=manifest.files[name]) for name in _in_order(manifest)}
    return parse_parts(manifest, content, origin=Origin(manifest_sha256=file_record(head).sha256))


def check_there(root: Path) -> None:
    """Refuse a folder that has no manifest.

    Raises
    ------
    BundleNotFoundError
        With what is there instead.
    """
    try:
        lacks = "there is no such folder" if not root.is_dir() else f"it has no {MANIFEST}"
        found = (root / MANIFEST).is_file()
    except OSError as error:
        lacks, found = error.strerror or "it cannot be read", False
    except ValueError:  # a name with a zero byte, before Python 3.13
        lacks, found = "no file can have that name", False
    if not found:
        raise BundleNotFoundError(f"No model at {str(root)[:200]}: {lacks}. Pass a bundle's folder.")


def parse_head(text: bytes) -> Manifest:
    """Parse the bytes of a manifest, which must name the files that its tasks need and no others.

    Raises
    ------
    BundleError
        When it is malformed, or names other files.
    """
    manifest = parse_manifest(text)
    needed, allowed = manifest.parts
    if not set(needed) <= set(manifest.files) <= {*needed, *allowed}:
        names = ", ".join(repr(name[:40]) for name in sorted(manifest.files)[:9])
        raise BundleError(f"{MANIFEST} names the files {names or 'none'}, not {', '.join(needed)}.")
    return manifest


def _in_order(manifest: Manifest) -> list[str]:
    """Return the names of the other files: the small ones that every bundle has are looked at first."""
    needed, allowed = manifest.parts
    return [name for name in (*needed, *allowed) if name in manifest.files]


def write_bundle(bundle: Bundle, folder: str | Path, *, overwrite: bool = False) -> Bundle:
    """Write a bundle, in the format of its manifest; the records of its files are computed from the files.

    Parameters
    ----------
    bundle
        What to write. ``manifest.files`` is ignored.
    folder
        Where to. The folder appears whole or not at all.
    overwrite
        Replace an existing bundle.

    Returns
    -------
    The bundle as written, with its file records.

    Raises
    ------
    OutputExistsError
        When the folder exists and ``overwrite`` is false, or it holds anything but a bundle.
    OutputError
        When it cannot be written.
    BundleError
        When the bundle could not be read back: a text over its bound, say, or a graph that would be refused.
    """
    root = Path(folder)
    content = format_parts(bundle)
    records = {name: file_record(data) for name, data in content.items()}
    written = replace(bundle, manifest=replace(bundle.manifest, files=records))
    head = format_manifest(written.manifest)
    parse_parts(parse_head(head), content)  # what could not be read back is not written
    content[MANIFEST] = head
    large = [name for name, data in content.items() if len(data) > MAX_BYTES[name]]
    if large:
        raise BundleError(f"{large[0]} would have over {MAX_BYTES[large[0]]:,} bytes, which no cellfill reads.")
    check_writable(root, overwrite=overwrite)
    try:
        root.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=root.parent, prefix=f".{root.name}.") as scratch:
            new = Path(scratch) / "new"
            new.mkdir()
            for name, data in content.items():
                (new / name).write_bytes(data)
            _swap(new, root, aside=Path(scratch) / "old")
    except OSError as error:
        raise OutputError(f"The bundle could not be written to {root}: {error}.") from error
    return written


def check_writable(folder: str | Path, *, overwrite: bool) -> None:
    """Refuse a place where `write_bundle` would refuse, before hours of training.

    Raises
    ------
    OutputExistsError
        When something is there that may not be replaced.
    OutputError
        When the folder's name cannot be a model's, or nothing can be made there.
    """
    root = Path(folder)
    if not is_model_name(root.name):
        raise OutputError(f"{root.name!r} cannot be a model's name: use letters, digits and . _ - only.")
    above = next((p for p in root.absolute().parents if p.exists()), root)
    if not os.access(above, os.W_OK) or not above.is_dir():
        raise OutputError(f"{above} cannot be written to. Choose another folder.")
    if not root.exists():
        return
    strangers = {p.name for p in root.iterdir()} - set(MAX_BYTES) if root.is_dir() else {root.name}
    if strangers:
        raise OutputExistsError(
            f"{root} exists and is not a bundle (it holds {min(strangers)}). Choose another folder."
        )
    if not overwrite:
        raise OutputExistsError(f"{root} exists. Choose another folder, or replace it with --force.")


def _swap(new: Path, root: Path, *, aside: Path) -> None:
    """Put ``new`` in the place of ``root``; where that fails, put ``root`` back."""
    existed = root.exists()
    if existed:
        root.rename(aside)
    try:
        new.rename(root)
    except OSError:
        if existed:
            aside.rename(root)
        raise
