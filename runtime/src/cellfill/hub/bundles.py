"""Read a model by its name: found, verified, and with what a result must say of where it came from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from cellfill.bundle import Bundle, read_bundle
from cellfill.errors import BundleIntegrityError, UsageError
from cellfill.hub.locate import Place, locate
from cellfill.hub.lockfile import locate_locked


def find_bundle(model: str | Path | None, *, offline: bool = False, lock: str | Path | None = None) -> Bundle:
    """Find a model and read it; the parameters and errors are those of `cellfill.load`."""
    place = _find(model, offline=offline, lock=lock)
    try:
        return _read(place)
    except BundleIntegrityError:
        if not place.repo:
            raise
    return _read(_find(model, offline=offline, lock=lock))  # another process mended the cache meanwhile


def _find(model: str | Path | None, *, offline: bool, lock: str | Path | None) -> Place:
    if lock is not None:
        return locate_locked(model, lock, offline=offline)
    if model is None:
        raise UsageError("No model was named: give --model, or --lock with a file that names one.")
    return locate(model, offline=offline)


def _read(place: Place) -> Bundle:
    bundle = read_bundle(place.folder)
    if not place.repo or bundle.origin is None:
        return bundle
    origin = replace(
        bundle.origin, repo=place.repo, commit=place.commit, revision=place.revision, remark=place.remark
    )
    return replace(bundle, origin=origin)
