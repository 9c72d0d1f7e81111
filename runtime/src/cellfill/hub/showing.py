"""What a model is and how good: its manifest, without the model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cellfill.bundle.files import CARD
from cellfill.bundle.manifest import Manifest
from cellfill.bundle.parts import read_card
from cellfill.bundle.safe_file import read_file
from cellfill.hub import cache
from cellfill.hub.check import read_manifest
from cellfill.hub.locate import Place, place_of, place_of_folder, resolve
from cellfill.hub.reference import FolderReference, parse_reference


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A model's manifest and card, and where it is."""

    place: Place
    manifest: Manifest
    card: str


def show(model: str | Path, *, offline: bool = False) -> Shown:
    """Read a model's manifest and card: what it is for, what it was trained on, how good it is, what harm it does.

    Of a model that is not here only these two are fetched.

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
    from cellfill.hub.fetch import fetch_card

    reference = parse_reference(model)
    if isinstance(reference, FolderReference):
        return _shown(place_of_folder(reference))
    resolved = resolve(reference, offline=cache.is_offline(offline=offline))
    place = place_of(reference, resolved)
    if not cache.is_whole(place.folder):
        fetch_card(reference.repo, resolved.facts or ask(reference))
    return _shown(place)


def _shown(place: Place) -> Shown:
    manifest = read_manifest(place.folder)
    card = read_card(read_file(place.folder, CARD, record=manifest.files[CARD]))
    return Shown(place=place, manifest=manifest, card=card)
