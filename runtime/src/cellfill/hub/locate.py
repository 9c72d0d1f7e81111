"""Find a model: in a folder, in the cache, or on the Hub; in this order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from cellfill.bundle import Bundle, read_bundle
from cellfill.bundle.files import MANIFEST
from cellfill.bundle.folder import check_there
from cellfill.errors import (
    BundleError,
    BundleIntegrityError,
    BundleNotFoundError,
    HubUnreachableError,
    ModelNotFoundError,
    OfflineError,
    UsageError,
)
from cellfill.hub import cache
from cellfill.hub.check import check_files
from cellfill.hub.names import is_commit
from cellfill.hub.reference import FolderReference, HubReference, Reference, parse_reference, way_round

if TYPE_CHECKING:
    from cellfill.hub.facts import Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a model is on this disk.

    Attributes
    ----------
    folder
        The folder with its files.
    repo, commit
        Repository on the Hub, ``organisation/name``, and its commit; empty for a plain folder.
    revision
        The tag, branch or commit that was asked for; empty for a plain folder.
    alias
        The short name that was asked for, if it was one; of a folder the bare name by which it was found.
    remark
        What a person should know: that a tag has moved, that the Hub did not answer; or empty.
    """

    folder: Path
    repo: str = ""
    commit: str = ""
    revision: str = ""
    alias: str = ""
    remark: str = ""

    def __str__(self) -> str:
        """Name it in full."""
        if not self.repo:
            return str(self.folder)
        named = "" if is_commit(self.revision) else f"@{self.revision}"
        return f"{self.repo}{named} (commit {self.commit})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """A revision and the commit that it names; and what the Hub said of it, where it was asked."""

    commit: str
    facts: Facts | None = None
    remark: str = ""


def locate(model: str | Path | Reference, *, offline: bool = False) -> Place:
    """Find a model, and have all its files here and sound; see `find`."""
    return find(model, offline=offline)[0]


def find(model: str | Path | Reference, *, offline: bool = False) -> tuple[Place, Bundle]:
    """Find a model, have all its files here, and read it: each file once, checked by its hash.

    A commit that is in the cache makes no request, a tag or branch one; where the
    Hub does not answer, what the tag or branch named when it was last pulled is used.

    Parameters
    ----------
    model
        A folder, an alias, or ``organisation/name``; the last two with ``@revision`` or without.
    offline
        Ask the Hub nothing; so does the environment variable ``HF_HUB_OFFLINE``.

    Raises
    ------
    ModelNotFoundError
        When there is no such model or revision.
    OfflineError
        When it is not in the cache, and the Hub may not be asked.
    HubError
        When the Hub refuses or cannot be reached.
    BundleError
        When it is malformed or damaged.
    """
    if isinstance(model, FolderReference | HubReference):
        reference: Reference = model
    elif isinstance(model, str | Path):
        reference = parse_reference(model)
    else:
        raise UsageError(
            f"model is {model!r}; it must be a folder, an alias, organisation/name, or a loaded model."
        )
    if isinstance(reference, FolderReference):
        return Place(folder=reference.path, alias=reference.name), read_bundle(reference.path)
    quiet = cache.is_offline(offline=offline)
    resolved = resolve(reference, offline=quiet)
    bundle = _read(reference, resolved, offline=quiet)
    cache.write_ref(reference.repo, reference.revision, resolved.commit)  # last: it names what is whole
    return place_of(reference, resolved), bundle


def place_of(reference: HubReference, resolved: Resolved) -> Place:
    """Return where a commit is in the cache, or would be."""
    return Place(
        folder=cache.snapshot(reference.repo, resolved.commit),
        repo=reference.repo,
        commit=resolved.commit,
        revision=reference.revision,
        alias=reference.alias,
        remark=resolved.remark,
    )


def place_of_folder(reference: FolderReference) -> Place:
    """Return the place of a folder that has a manifest.

    Raises
    ------
    BundleNotFoundError
        When it has none.
    """
    check_there(reference.path)
    return Place(folder=reference.path, alias=reference.name)


def cached(reference: HubReference) -> Resolved:
    """Return the commit that a reference names here; the Hub is not asked.

    Raises
    ------
    OfflineError
        When it is not in the cache.
    """
    known, here = _known(reference)
    if not here:
        raise _not_here(reference, "")
    return Resolved(commit=known)


def resolve(reference: HubReference, *, offline: bool) -> Resolved:
    """Return the commit that a reference names.

    Raises
    ------
    OfflineError, HubError, ModelNotFoundError
        See `locate`.
    """
    from cellfill.hub.facts import ask

    repo, revision = reference.repo, reference.revision
    known, here = _known(reference)
    if here and (is_commit(revision) or offline):
        return Resolved(commit=known)
    if offline:
        raise _not_here(reference, ", and the Hub may not be asked (--offline or HF_HUB_OFFLINE)")
    try:
        facts = ask(reference)
    except HubUnreachableError as error:
        if not here:
            way = way_round(reference).strip()  # first, as it is what to do
            raise HubUnreachableError(f"{way} ({error})" if way else str(error)) from error
        return Resolved(commit=known, remark=f"{error} Used what {revision} named when it was last pulled.")
    except ModelNotFoundError as error:
        if not here:
            raise ModelNotFoundError(f"{error}{way_round(reference)}") from error
        raise ModelNotFoundError(f"{error} It is in the cache all the same: {repo}@{known}.") from error
    moved = known and known != facts.commit and revision != "main"
    remark = f"{revision} of {repo} has moved: it named {known[:12]} when it was pulled." if moved else ""
    return Resolved(commit=facts.commit, facts=facts, remark=remark)


def _read(reference: HubReference, resolved: Resolved, *, offline: bool) -> Bundle:
    """Read a commit; files that are not here or damaged are fetched, once."""
    from cellfill.hub.facts import ask
    from cellfill.hub.fetch import fetch

    folder = cache.snapshot(reference.repo, resolved.commit)
    if cache.is_whole(folder):
        try:
            return read_bundle(folder)
        except BundleError as error:
            faults = [check for check in check_files(folder) if check.fault]
            damaged = isinstance(error, BundleIntegrityError | BundleNotFoundError)
            # A manifest that is a link was checked by its blob's name; of a copy only the Hub knows what it was.
            linked = cache.blob_name(folder / MANIFEST) != ""
            if not damaged and (linked or offline or not faults):
                raise
        for check in faults:
            cache.discard(folder / check.name)
        if faults and offline:
            names = ", ".join(f"{check.name} {check.fault}" for check in faults)
            raise BundleIntegrityError(
                f"{reference} is damaged in the cache: {names}. That was removed: pull it again when the Hub can "
                f"be asked: cellfill pull {reference.repo}@{resolved.commit}"
            )
        if not faults:  # another process mended it meanwhile
            return read_bundle(folder)
    fetch(reference.repo, resolved.facts or ask(replace(reference, revision=resolved.commit)))
    return read_bundle(folder)


def _known(reference: HubReference) -> tuple[str, bool]:
    """Return the commit that a reference names as far as the cache knows, and whether it is here."""
    repo, revision = reference.repo, reference.revision
    known = revision if is_commit(revision) else cache.read_ref(repo, revision)
    return known, bool(known) and cache.is_whole(cache.snapshot(repo, known))


def _not_here(reference: HubReference, why: str) -> OfflineError:
    others = cache.commits(reference.repo)
    here = f" Here are {', '.join(f'{reference.repo}@{commit}' for commit in others[:3])}." if others else ""
    if way := way_round(reference):
        return OfflineError(f"{reference} is not in the cache{why}.{here}{way}")
    return OfflineError(
        f"{reference} is not in the cache{why}.{here} "
        f"Where there is a network: cellfill pull {reference.alias or reference.repo}@{reference.revision}"
    )
