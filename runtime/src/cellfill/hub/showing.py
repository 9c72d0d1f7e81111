"""What a model is and how good: its manifest, without the model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cellfill.bundle.folder import MANIFEST
from cellfill.bundle.manifest import Manifest
from cellfill.errors import BundleIntegrityError
from cellfill.hub import cache
from cellfill.hub.check import check_file, read_manifest
from cellfill.hub.locate import Place, place_of, place_of_folder, resolve
from cellfill.hub.reference import FolderReference, parse_reference


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A model's manifest, and where it is."""

    place: Place
    manifest: Manifest


def show(model: str | Path, *, offline: bool = False) -> Shown:
    """Read a model's manifest: what it is for, what it was trained on, how good it is.

    Of a model that is not here only the manifest is fetched.

    Parameters
    ----------
    model, offline
        See `cellfill.hub.pull`; a folder, too.

    Raises
    ------
    CellfillError
        As `cellfill.load`.
    """
    from cellfill.hub.facts import ask
    from cellfill.hub.fetch import fetch_manifest

    reference = parse_reference(model)
    if isinstance(reference, FolderReference):
        return Shown(place=place_of_folder(reference), manifest=sound_manifest(reference.path))
    resolved = resolve(reference, offline=cache.is_offline(offline=offline))
    place = place_of(reference, resolved)
    if cache.is_whole(place.folder):
        return Shown(place=place, manifest=sound_manifest(place.folder))
    return Shown(place=place, manifest=fetch_manifest(reference.repo, resolved.facts or ask(reference)))


def sound_manifest(folder: Path) -> Manifest:
    """Read the manifest of a folder, which in the Hub's cache must be the file that the Hub names."""
    check = check_file(folder / MANIFEST, None)
    if check.fault:
        raise BundleIntegrityError(f"{folder / MANIFEST}: {check.fault}. See cellfill verify.")
    return read_manifest(folder)
