"""Publish a bundle to the Hugging Face Hub: checked as a stranger would, then one atomic commit and a tag."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cellfill.bundle import Bundle, read_bundle
from cellfill.errors import BundleError, HubError


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """What publishing did, or would do.

    Attributes
    ----------
    repo
        The repository, ``organisation/name``.
    commit
        Its commit that holds the bundle; empty for a dry run.
    changed
        The files that the commit changed; empty when the Hub had them all.
    """

    repo: str
    commit: str
    changed: tuple[str, ...]


def check_publishable(folder: str | Path) -> Bundle:
    """Read and verify a bundle, and refuse one that says too little for a stranger.

    Raises
    ------
    BundleError
        When it is damaged, was never judged on cells that it did not see, or does not name its data.
    """
    bundle = read_bundle(folder)
    manifest = bundle.manifest
    if not manifest.evaluations:
        raise BundleError(f"{folder} has no figures on held-out cells: train it with more cells or --hold-out.")
    for study in manifest.studies:
        if not study.source or not study.licence:
            raise BundleError(
                f"{folder} does not say where the study {study.name!r} is from and on what terms: name its source "
                "and licence in a recipe, and train by that."
            )
    if not bundle.card.startswith("---\n") or "\nlibrary_name: cellfill\n" not in bundle.card:
        raise BundleError(f"{folder}/README.md lacks the YAML head that the Hub reads: cellfill-train card.")
    return bundle


def publish(
    folder: str | Path, repo: str, *, tag: str | None = None, private: bool = False, dry_run: bool = False
) -> Publication:
    """Publish a bundle's folder. The token is found, and kept, by huggingface_hub alone.

    Publishing what the Hub already has makes no commit. A tag that is there is never moved.

    Parameters
    ----------
    folder
        The bundle.
    repo
        Repository on the Hub, ``organisation/name``; made if it does not exist.
    tag
        A name for this commit, such as ``v1.0.0``.
    private
        Make a new repository private.
    dry_run
        Check everything that needs no network, and stop.

    Raises
    ------
    BundleError
        When the bundle is not fit to be published.
    HubError
        When the Hub refuses or cannot be reached, or the tag names another commit.
    """
    bundle = check_publishable(folder)
    names = ("manifest.json", *sorted(bundle.manifest.files))
    if dry_run:
        return Publication(repo=repo, commit="", changed=names)
    with _hub_errors():
        from huggingface_hub import CommitOperationAdd, HfApi

        api = HfApi(library_name="cellfill")
        api.create_repo(repo, exist_ok=True, private=private)
        info = api.model_info(repo, files_metadata=True)
        content = {name: (Path(folder) / name).read_bytes() for name in names}
        there = {s.rfilename: s for s in info.siblings or ()}
        changed = tuple(n for n in names if not _same(there.get(n), content[n]))
        commit = str(info.sha)
        tags = {t.name: t.target_commit for t in api.list_repo_refs(repo).tags}
        if tag in tags and (changed or tags[tag] != commit):
            raise HubError(f"The tag {tag} of {repo} names another commit ({tags[tag][:12]}). Choose a new tag.")
        if changed:
            commit = api.create_commit(
                repo,
                [CommitOperationAdd(path_in_repo=n, path_or_fileobj=content[n]) for n in changed],
                commit_message=f"{bundle.manifest.name}{f' {tag}' if tag else ''}",
                parent_commit=info.sha,
            ).oid
        if tag is not None and tag not in tags:
            api.create_tag(repo, tag=tag, revision=commit)
    return Publication(repo=repo, commit=commit, changed=changed)


def _same(sibling: Any, content: bytes) -> bool:
    """Return whether the Hub's file is this one, by its LFS SHA-256 or its git blob id."""
    if sibling is None:
        return False
    if sibling.lfs is not None:
        return bool(sibling.lfs.sha256 == hashlib.sha256(content).hexdigest())
    blob = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False)
    return bool(sibling.blob_id == blob.hexdigest())


@contextmanager
def _hub_errors() -> Iterator[None]:
    """Turn what huggingface_hub raises into one line."""
    from huggingface_hub.errors import HFValidationError, LocalTokenNotFoundError

    try:
        yield
    except HubError:
        raise
    except LocalTokenNotFoundError as error:
        raise HubError("Publishing needs a token of the Hub: run  hf auth login  or set HF_TOKEN.") from error
    except HFValidationError as error:
        raise HubError(f"That is not a repository of the Hub: {error}") from error
    except OSError as error:  # HfHubHTTPError and every connection error
        status = getattr(getattr(error, "response", None), "status_code", None)
        if status in (401, 403):
            raise HubError(f"The Hub refused ({status}): the token is missing, or may not write there.") from error
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise HubError(f"The Hub refused, or could not be reached: {lines[0][:300]}") from error
