"""A bundle is a folder of four files. This reads one, verified, and writes one, whole or not at all."""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path

from cellfill.bundle.gene_index import GeneIndex, format_genes, parse_genes
from cellfill.bundle.manifest import (
    FileRecord,
    Manifest,
    format_manifest,
    is_model_name,
    parse_manifest,
)
from cellfill.bundle.origin import Origin
from cellfill.errors import (
    BundleError,
    BundleIntegrityError,
    BundleNotFoundError,
    OutputError,
    OutputExistsError,
)

MANIFEST = "manifest.json"
CARD = "README.md"
GENES = "genes.tsv"
GRAPH = "model.onnx"

# Far above any real model, far below what would hurt: checked before a byte is read.
MAX_BYTES = {MANIFEST: 4 << 20, CARD: 4 << 20, GENES: 64 << 20, GRAPH: 1 << 30}
FILES = (MANIFEST, CARD, GENES, GRAPH)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A verified bundle in memory.

    Attributes
    ----------
    manifest
        What the files are and what the numbers mean.
    genes
        The gene index.
    graph
        The bytes of ``model.onnx``, equal to the hash in the manifest.
    card
        The model card, Markdown with a YAML head.
    origin
        Where it was read from; None for one that was only ever in memory.
    """

    manifest: Manifest
    genes: GeneIndex
    graph: bytes
    card: str
    origin: Origin | None = field(default=None, compare=False)


def read_bundle(folder: str | Path) -> Bundle:
    """Read a bundle and verify every file against the manifest before it is parsed.

    Parameters
    ----------
    folder
        The folder that holds the four files.

    Raises
    ------
    BundleNotFoundError
        When there is no bundle there.
    BundleIntegrityError
        When a file is missing, too large, or not the one that the manifest names.
    BundleError
        When the manifest or the gene index is malformed.
    """
    root = Path(folder)
    try:
        lacks = "there is no such folder" if not root.is_dir() else f"it has no {MANIFEST}"
        found = (root / MANIFEST).is_file()
    except OSError as error:
        lacks, found = error.strerror or "it cannot be read", False
    if not found:
        raise BundleNotFoundError(f"No model at {str(root)[:200]}: {lacks}. Pass a bundle's folder.")
    head = _read(root, MANIFEST)
    manifest = parse_manifest(head)
    if set(manifest.files) != {CARD, GENES, GRAPH}:
        raise BundleError(f"{MANIFEST} names the files {sorted(manifest.files)}, not {[CARD, GENES, GRAPH]}.")
    content = {name: _read(root, name, record=record) for name, record in manifest.files.items()}
    genes = parse_genes(content[GENES])
    count = len(manifest.subnetworks)
    if any(max(g.subnetwork, *g.predicts, -1) >= count for g in genes):
        raise BundleError(f"{GENES} names a sub-network that {MANIFEST} does not have ({count} there).")
    try:
        card = content[CARD].decode("utf-8")
    except UnicodeDecodeError as error:
        raise BundleError(f"{CARD} is not UTF-8 text ({error}).") from error
    origin = Origin(manifest_sha256=hashlib.sha256(head).hexdigest())
    return Bundle(manifest=manifest, genes=genes, graph=content[GRAPH], card=card, origin=origin)


def write_bundle(bundle: Bundle, folder: str | Path, *, overwrite: bool = False) -> Bundle:
    """Write a bundle; its manifest's file records are computed from the files.

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
        When the bundle could not be read back: a text over its bound, say.
    """
    root = Path(folder)
    content = {CARD: bundle.card.encode("utf-8"), GENES: format_genes(bundle.genes), GRAPH: bundle.graph}
    records = {name: _record(data) for name, data in content.items()}
    written = replace(bundle, manifest=replace(bundle.manifest, files=records))
    content[MANIFEST] = format_manifest(written.manifest)
    parse_manifest(content[MANIFEST])  # what could not be read back is not written
    parse_genes(content[GENES])
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


def _record(data: bytes) -> FileRecord:
    return FileRecord(size=len(data), sha256=hashlib.sha256(data).hexdigest())


def _read(root: Path, name: str, *, record: FileRecord | None = None) -> bytes:
    """Read one file, bounded; with a record, refuse anything but that very file."""
    path = root / name
    try:
        size = path.stat().st_size
        if size > MAX_BYTES[name]:
            raise BundleIntegrityError(
                f"{path} has {size:,} bytes, over the bound of {MAX_BYTES[name]:,}: not a model."
            )
        data = path.read_bytes()
    except OSError as error:
        raise BundleIntegrityError(f"{path} cannot be read: {error.strerror}. Get the model again.") from error
    if record is not None and record != _record(data):
        raise BundleIntegrityError(
            f"{path} is not the file that the manifest names (its size or SHA-256 differs): it was damaged "
            "or changed. Get the model again."
        )
    return data
