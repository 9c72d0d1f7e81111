"""Read a model by its name: found, verified, and with what a result must say of where it came from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from cellfill.bundle import Bundle
from cellfill.errors import UsageError
from cellfill.hub.locate import find
from cellfill.hub.lockfile import find_locked


def find_bundle(model: str | Path | None, *, offline: bool = False, lock: str | Path | None = None) -> Bundle:
    """Find a model and read it; the parameters and errors are those of `cellfill.load`."""
    if lock is not None:
        place, bundle = find_locked(model, lock, offline=offline)
    elif model is None:
        raise UsageError("No model was named: give --model, or --lock with a file that names one.")
    else:
        place, bundle = find(model, offline=offline)
    if not place.repo or bundle.origin is None:
        return bundle
    origin = replace(
        bundle.origin, repo=place.repo, commit=place.commit, revision=place.revision, remark=place.remark
    )
    return replace(bundle, origin=origin)
