"""Check a model that is here, file by file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cellfill.hub.check import FileCheck, check_files
from cellfill.hub.locate import Place, place_of, place_of_folder, resolve
from cellfill.hub.reference import FolderReference, parse_reference


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What was found of a model's files.

    Attributes
    ----------
    place
        Where it is.
    files
        What was found of each file; where the manifest is damaged, of that one alone.
    """

    place: Place
    files: tuple[FileCheck, ...]

    @property
    def sound(self) -> bool:
        """Whether every file is the one that the manifest names."""
        return not any(file.fault for file in self.files)


def verify(model: str | Path) -> Verification:
    """Check the hashes of a folder's or a cached model's files. Nothing is fetched, changed or removed.

    Parameters
    ----------
    model
        A folder, an alias, or ``organisation/name``; the last two with ``@revision`` or without.

    Raises
    ------
    BundleNotFoundError
        When there is no bundle in the folder.
    OfflineError
        When the model is not in the cache.
    BundleError
        When the manifest is malformed.
    """
    reference = parse_reference(model)
    if isinstance(reference, FolderReference):
        place = place_of_folder(reference)
    else:
        place = place_of(reference, resolve(reference, offline=True))
    return Verification(place=place, files=check_files(place.folder))
