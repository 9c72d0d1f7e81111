"""Where a bundle came from: what a result must name to be made again."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a bundle was read from.

    Attributes
    ----------
    manifest_sha256
        SHA-256 of ``manifest.json``, which names every other file by its own.
    repo, commit
        Repository on the Hub, ``organisation/name``, and its commit; empty for a folder.
    revision
        The tag, branch or commit that was asked for.
    remark
        What a person should know of how it was found, or empty.
    """

    manifest_sha256: str
    repo: str = ""
    commit: str = ""
    revision: str = ""
    remark: str = ""

    def record(self) -> dict[str, str]:
        """Return what a result's provenance says of it, in plain types."""
        hub = {"repo": self.repo, "commit": self.commit, "revision": self.revision, "hub_remark": self.remark}
        return {"manifest_sha256": self.manifest_sha256} | (hub if self.repo else {})
