"""Publish a bundle to the Hugging Face Hub: checked as a stranger would, then one atomic commit and a tag."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cellfill.bundle import Bundle, read_bundle
from cellfill.bundle.card_check import card_faults, unsaid_words
from cellfill.bundle.files import MANIFEST
from cellfill.bundle.safe_file import exists, git_blob
from cellfill.errors import BundleError, BundleIntegrityError, HubError, UsageError
from cellfill.hub.asking import answer, send
from cellfill.hub.cache import hub_settings
from cellfill.hub.names import is_commit, is_repo, is_revision
from cellfill.hub.refusals import hub_errors
from cellfill.writers.leftovers import RECIPE_ENDING

if TYPE_CHECKING:
    from huggingface_hub import HfApi


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
        When it is damaged; or was never judged on cells that it did not see, does not name its data, or has a card
        that does not say what the manifest says, with all that is missing.
    """
    bundle = read_bundle(folder)
    if missing := missing_of(bundle):
        raise BundleError(
            f"{folder} is not fit to be published yet. Missing: {'; '.join(missing)}. Fill in what a person must "
            f"say and write the card again, nothing is trained: cellfill-train card {folder} --words "
            f"{_words(Path(folder))}"
        )
    return bundle


def _words(folder: Path) -> Path:
    """Return the recipe that a training wrote beside a model's folder; where there is none, what stands for one."""
    place = folder.parent / f"{folder.name}{RECIPE_ENDING}"
    return place if exists(place) else Path("FILE.toml")


def missing_of(bundle: Bundle) -> tuple[str, ...]:
    """Return all that stands between a bundle and the Hub: what is not said, or wrong."""
    figures = "figures on held-out cells: train it with more cells, or with --hold-out-study"
    faults = card_faults(bundle)
    return (
        *(() if bundle.manifest.evaluations else (figures,)),
        *unsaid_words(bundle),
        *([f"README.md is not the card of this model: {'; '.join(faults)}"] if faults else []),
    )


def publish(
    folder: str | Path, repo: str, *, tag: str | None = None, private: bool = False, dry_run: bool = False
) -> Publication:
    """Publish a bundle's folder. The token is found, and kept, by huggingface_hub alone.

    Publishing what the Hub already has makes no commit. A tag that is there is never moved. A repository that
    was made for a commit that then failed is removed again.

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
    UsageError
        When the repository or the tag cannot be named so, or ``private`` is asked for one that is public.
    BundleError
        When the bundle is not fit to be published.
    HubError
        When the Hub refuses or cannot be reached, or the tag names another commit.
    """
    if not is_repo(repo):
        raise UsageError(f"{repo[:200]!r} is not a repository's name: give organisation/name.")
    if tag is not None and (not is_revision(tag) or tag == "main"):
        raise UsageError(f"{tag[:80]!r} cannot be a tag: give a name such as v1.0.0.")
    bundle = check_publishable(folder)
    content = _content(Path(folder), bundle)
    if dry_run:
        return Publication(repo=repo, commit="", changed=tuple(content))
    hub_settings()
    with hub_errors(repo):
        from huggingface_hub import HfApi

        api = HfApi(library_name="cellfill")
        with _repository(api, repo, private=private) as info:
            return _push(api, repo, info, content, tag=tag, message=f"{bundle.manifest.name} {tag or ''}".strip())


def _content(folder: Path, bundle: Bundle) -> Mapping[str, bytes]:
    """Return the bytes of every file, the very ones that were checked."""
    content = {name: (folder / name).read_bytes() for name in (MANIFEST, *sorted(bundle.manifest.files))}
    hashes = {name: record.sha256 for name, record in bundle.manifest.files.items()}
    if bundle.origin is not None:
        hashes[MANIFEST] = bundle.origin.manifest_sha256
    for name, data in content.items():
        if hashlib.sha256(data).hexdigest() != hashes[name]:
            raise BundleIntegrityError(f"{folder / name} was changed while it was read: nothing was published.")
    return content


@contextmanager
def _repository(api: HfApi, repo: str, *, private: bool) -> Iterator[Any]:
    """Yield what the Hub knows of a repository, made if need be, and removed again if then nothing came of it."""
    from huggingface_hub.errors import RepositoryNotFoundError

    try:
        info = answer(repo, lambda: api.model_info(repo, files_metadata=True))
    except RepositoryNotFoundError:
        pass
    else:
        if private and not info.private:
            raise UsageError(f"{repo} is there and public: --private makes a new repository private, no old one.")
        yield info
        return
    answer(repo, lambda: api.create_repo(repo, private=private))
    made = answer(repo, lambda: api.model_info(repo, files_metadata=True))
    try:
        yield made
    except BaseException:
        with suppress(Exception):
            if answer(repo, lambda: api.model_info(repo)).sha == made.sha:  # still as empty as it was made
                answer(repo, lambda: api.delete_repo(repo))
        raise


def _push(
    api: HfApi, repo: str, info: Any, content: Mapping[str, bytes], *, tag: str | None, message: str
) -> Publication:
    """Make one commit of what changed, look whether it holds just that, and tag it."""
    from huggingface_hub import CommitOperationAdd

    changed = _differing(info, content)
    commit = str(info.sha)
    tags = {t.name: t.target_commit for t in answer(repo, lambda: api.list_repo_refs(repo)).tags}
    if tag in tags and (changed or tags[tag] != commit):
        raise HubError(f"The tag {tag} of {repo} names another commit ({tags[tag][:12]}). Choose a new tag.")
    if changed:
        added = [CommitOperationAdd(path_in_repo=n, path_or_fileobj=content[n]) for n in changed]
        commit = send(
            repo,
            lambda: api.create_commit(repo, added, commit_message=message, parent_commit=info.sha),
        ).oid
        if not is_commit(str(commit)):
            raise HubError(f"The Hub's answer for {repo} makes no sense: it made the commit {str(commit)[:80]!r}.")
        now = answer(repo, lambda: api.model_info(repo, revision=commit, files_metadata=True))
        wrong = _differing(now, content)
        if wrong:
            raise HubError(
                f"{repo} holds other bytes than were sent at commit {commit}: {', '.join(wrong)}. Run it again."
            )
    if tag is not None and tag not in tags:
        answer(repo, lambda: api.create_tag(repo, tag=tag, revision=commit))
    return Publication(repo=repo, commit=commit, changed=changed)


def _differing(info: Any, content: Mapping[str, bytes]) -> tuple[str, ...]:
    """Return the files that the Hub does not have just so."""
    there = {sibling.rfilename: sibling for sibling in info.siblings or ()}
    return tuple(name for name, data in content.items() if not _same(there.get(name), data))


def _same(sibling: Any, content: bytes) -> bool:
    """Return whether the Hub's file is this one, by its LFS SHA-256 or its git blob id."""
    if sibling is None:
        return False
    if sibling.lfs is not None:
        return bool(sibling.lfs.sha256 == hashlib.sha256(content).hexdigest())
    return bool(sibling.blob_id == git_blob(content))
