"""Check a model that is here, file by file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cellfill.bundle import read_bundle
from cellfill.errors import BundleError
from cellfill.hub.check import FileCheck, check_files
from cellfill.hub.locate import Place, cached, place_of, place_of_folder
from cellfill.hub.reference import FolderReference, parse_reference


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What was found of a model's files.

    Attributes
    ----------
    place
        Where it is.
    files
        What was found of each file; where the manifest is damaged or malformed, of that one alone.
    fault
        Why it is refused, in the words of `cellfill.load`; or that its graph does not give what its golden values
        state. Empty for neither.
    golden
        What came of replaying its golden values; empty where none were.
    """

    place: Place
    files: tuple[FileCheck, ...]
    fault: str
    golden: str = ""

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong with it."""
        return not self.fault


def verify(model: str | Path) -> Verification:
    """Check a folder or a cached model as `cellfill.load` does. Nothing is run, fetched, changed or removed.

    `cellfill.loading.verify` replays its golden values, too.

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
    """
    reference = parse_reference(model)
    if isinstance(reference, FolderReference):
        place = place_of_folder(reference)
    else:
        place = place_of(reference, cached(reference))
    fault = ""
    try:
        read_bundle(place.folder)
    except BundleError as error:
        fault = str(error)
    return Verification(place=place, files=check_files(place.folder), fault=fault)
