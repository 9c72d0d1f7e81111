"""Ask the Hub which commit a revision names, and what is in it: one request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cellfill.errors import HubError
from cellfill.hub.names import is_commit
from cellfill.hub.reference import HubReference
from cellfill.hub.refusals import hub_errors

SECONDS = 10.0  # that an answer may take; huggingface_hub's own for downloads


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What the Hub says of one file: its size in bytes, and its SHA-256 or else its git blob id; empty: unknown."""

    size: int | None
    sha256: str
    blob: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the Hub says of one commit of a repository."""

    commit: str
    files: Mapping[str, Stated]


def ask(reference: HubReference) -> Facts:
    """Ask the Hub; a connection that is refused is not tried again.

    Raises
    ------
    ModelNotFoundError
        When it has no such repository or revision.
    HubError
        When it refuses or does not answer, see `hub_errors`.
    """
    with hub_errors(str(reference)):
        from huggingface_hub import HfApi

        api = HfApi(library_name="cellfill")
        info = api.model_info(reference.repo, revision=reference.revision, files_metadata=True, timeout=SECONDS)
        commit = str(info.sha)
        if not is_commit(commit) or (is_commit(reference.revision) and commit != reference.revision):
            raise HubError(f"The Hub answers with another commit than was asked for: {reference}, {commit[:80]!r}.")
        files = {
            sibling.rfilename: Stated(
                size=sibling.size,
                sha256=sibling.lfs.sha256 if sibling.lfs else "",
                blob="" if sibling.lfs else sibling.blob_id or "",
            )
            for sibling in info.siblings or ()
        }
    return Facts(commit=commit, files=files)
