"""What a model is for and which genes it knows: its manifest and gene index, without its graph."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cellfill.bundle.files import GENES
from cellfill.bundle.gene_index import GeneIndex, parse_genes
from cellfill.bundle.safe_file import read_file
from cellfill.hub import cache
from cellfill.hub.check import read_manifest
from cellfill.hub.facts import ask
from cellfill.hub.fetch import fetch_genes, fetch_manifest
from cellfill.hub.locate import Place, place_of, place_of_folder, resolve
from cellfill.hub.reference import FolderReference, parse_reference

if TYPE_CHECKING:
    from pathlib import Path

    from cellfill.bundle.manifest import Manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class Indexed:
    """A model without its graph.

    Attributes
    ----------
    place
        Where it is, or would be.
    manifest
        What it is.
    genes
        Its gene index; None where it was not wanted.
    """

    place: Place
    manifest: Manifest
    genes: GeneIndex | None


def index(model: str | Path, *, offline: bool, wanted: Callable[[Manifest], bool]) -> Indexed:
    """Read a model's manifest, and where that says that it is worth it, its gene index, checked by its hash.

    Of a model that is not here only these two files are fetched.

    Parameters
    ----------
    model, offline
        See `cellfill.hub.show`.
    wanted
        Whether a model of that manifest is worth its gene index.

    Raises
    ------
    CellfillError
        As `cellfill.load`.
    """
    reference = parse_reference(model)
    facts = None
    if isinstance(reference, FolderReference):
        place = place_of_folder(reference)
        manifest = read_manifest(place.folder)
    else:
        resolved = resolve(reference, offline=cache.is_offline(offline=offline))
        place = place_of(reference, resolved)
        if cache.is_whole(place.folder):
            manifest = read_manifest(place.folder)
        else:
            facts = resolved.facts or ask(reference)
            manifest = fetch_manifest(place.repo, facts)
    if not wanted(manifest):
        return Indexed(place=place, manifest=manifest, genes=None)
    if facts is not None:
        fetch_genes(place.repo, facts, manifest)
    data = read_file(place.folder, GENES, record=manifest.files[GENES])
    return Indexed(place=place, manifest=manifest, genes=parse_genes(data))
