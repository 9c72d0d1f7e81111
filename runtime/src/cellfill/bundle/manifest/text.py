"""The bytes of ``manifest.json``, in the format that it was written in."""

from __future__ import annotations

import json

from cellfill.bundle.manifest.kinds import FORMAT, Manifest
from cellfill.bundle.manifest.version1 import ManifestV1, lift, lower
from cellfill.bundle.strict import decode, encode
from cellfill.errors import BundleVersionError

VERSIONS = (1, 2)
_FILE = "manifest.json"


def parse_manifest(text: bytes) -> Manifest:
    """Parse and check the bytes of a ``manifest.json``.

    Raises
    ------
    BundleVersionError
        When the bundle was written in another version of the format.
    BundleError
        When the manifest is malformed.
    """
    form, version = _claims(text)
    if form == FORMAT and version is not None and version not in VERSIONS:
        hint = "upgrade cellfill" if version > VERSIONS[-1] else "export the model again"
        raise BundleVersionError(
            f"The bundle has format version {version}; this cellfill reads {VERSIONS[0]} and {VERSIONS[1]}: {hint}."
        )
    if version != 2:
        return lift(decode(ManifestV1, text, file=_FILE))
    return decode(Manifest, text, file=_FILE)


def format_manifest(manifest: Manifest) -> bytes:
    """Return the bytes of ``manifest.json``; the same manifest always gives the same bytes."""
    return encode(lower(manifest) if manifest.format_version == 1 else manifest)


def _claims(text: bytes) -> tuple[object, int | None]:
    """Return the format and the version of anything that looks like a manifest, None for a version that is none."""
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError):
        return None, None
    if not isinstance(raw, dict):
        return None, None
    version = raw.get("format_version")
    known = isinstance(version, int) and not isinstance(version, bool) and abs(version) < 1_000_000
    return raw.get("format"), version if known else None
