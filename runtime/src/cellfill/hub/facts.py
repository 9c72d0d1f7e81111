"""Ask the Hub which commit a revision names, and what is in it: one request."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cellfill.errors import HubError
from cellfill.hub.asking import answer
from cellfill.hub.names import is_commit
from cellfill.hub.reference import HubReference
from cellfill.hub.refusals import hub_errors

SECONDS = 10.0  # that an answer may keep silent; huggingface_hub's own for downloads
_SHA256 = re.compile(r"[0-9a-f]{64}")


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
        info = answer(
            str(reference),
            lambda: api.model_info(
                reference.repo, revision=reference.revision, files_metadata=True, timeout=SECONDS
            ),
        )
        commit = str(info.sha)
        if not is_commit(commit) or (is_commit(reference.revision) and commit != reference.revision):
            raise HubError(f"The Hub answers with another commit than was asked for: {reference}, {commit[:80]!r}.")
        files = {str(sibling.rfilename): _stated(sibling, str(reference)) for sibling in info.siblings or ()}
    return Facts(commit=commit, files=files)


def _stated(sibling: Any, what: str) -> Stated:
    """Take what the Hub says of a file for what it must be; its JSON may hold anything."""
    lfs = sibling.lfs
    size, sha256, blob = sibling.size, lfs.sha256 if lfs else "", "" if lfs else sibling.blob_id or ""
    right = (
        (size is None or (type(size) is int and size >= 0))
        and isinstance(sha256, str)
        and (not lfs or _SHA256.fullmatch(sha256))
        and (blob == "" or is_commit(str(blob)))
    )
    if not right:
        raise HubError(
            f"The Hub's answer for {what} makes no sense: {str(sibling.rfilename)[:80]!r} has the size "
            f"{str(size)[:40]!r} and the hash {str(sha256 or blob)[:80]!r}. Check HF_ENDPOINT."
        )
    return Stated(size=size, sha256=sha256, blob=blob)
