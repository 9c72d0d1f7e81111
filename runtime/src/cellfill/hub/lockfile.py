"""A lock file: which models an analysis uses, to the byte."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from cellfill.bundle import Bundle
from cellfill.bundle.files import MANIFEST
from cellfill.bundle.manifest import FileRecord
from cellfill.bundle.safe_file import file_record, read_file, read_regular
from cellfill.bundle.strict import decode, encode
from cellfill.errors import BundleError, LockError, UsageError
from cellfill.hub.aliases import aliases
from cellfill.hub.check import check_files, hashes
from cellfill.hub.locate import Place, find, locate
from cellfill.hub.names import is_commit, is_repo
from cellfill.hub.reference import FolderReference, HubReference, parse_reference
from cellfill.writers.text_file import check_text_file, write_text_file

_MAX_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Locked:
    """One model, to the byte.

    Attributes
    ----------
    alias
        The short name that it was locked by; empty for none.
    repo, commit, revision
        Repository on the Hub, its commit, and the tag or branch that named it; empty for a folder.
    files
        Size and SHA-256 of every file, the manifest's included.
    """

    alias: str
    repo: str
    commit: str
    revision: str
    files: Mapping[str, FileRecord]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """The content of a lock file."""

    format: Literal["cellfill-lock"]
    format_version: Literal[1]
    models: tuple[Locked, ...]

    def __post_init__(self) -> None:
        """Check what the types cannot say."""
        for model in self.models:
            named = is_repo(model.repo) and is_commit(model.commit)
            if not named and (model.repo or model.commit):
                raise BundleError(f"it names {model.repo[:100]!r} at {model.commit[:100]!r}: no model of the Hub")


def lock(
    models: Sequence[str | Path] | str | Path,
    path: str | Path,
    *,
    offline: bool = False,
    overwrite: bool = False,
) -> Lock:
    """Write a lock file; models that are not here yet are pulled.

    Parameters
    ----------
    models
        Models by name, see `cellfill.load`.
    path
        The file to write: JSON.
    offline
        Ask the Hub nothing.
    overwrite
        Replace a file that exists.

    Raises
    ------
    UsageError
        When a model is named twice, or none is, or no file is named.
    OutputError
        When the file cannot be written, or exists.
    CellfillError
        When a model cannot be had, see `cellfill.load`.
    """
    check_text_file(path, overwrite=overwrite)
    names = [models] if isinstance(models, str | Path) else list(models)
    entries = tuple(_entry(locate(name, offline=offline)) for name in names)
    repos = [entry.repo for entry in entries if entry.repo]
    if not entries or len(set(repos)) != len(repos):
        raise UsageError("A lock file names at least one model, and a model of the Hub at one commit only.")
    made = Lock(format="cellfill-lock", format_version=1, models=entries)
    write_text_file(path, encode(made).decode(), overwrite=overwrite)
    return made


def read_lock(path: str | Path) -> Lock:
    """Read a lock file, strictly.

    Raises
    ------
    LockError
        When it cannot be read, or is malformed.
    """
    source = Path(path)
    try:
        return decode(Lock, read_regular(source, bound=_MAX_BYTES), file=source.name)
    except OSError as error:
        raise LockError(f"The lock file {source} cannot be read: {error.strerror}.") from error
    except BundleError as error:
        raise LockError(f"{source} is no lock file that this cellfill reads: {error}") from error


def find_locked(model: str | Path | None, path: str | Path, *, offline: bool = False) -> tuple[Place, Bundle]:
    """Find and read the model that a lock file names, at that commit; see `find`.

    Parameters
    ----------
    model
        The model by name; None where the lock file names only one.
    path
        The lock file.
    offline
        Ask the Hub nothing.

    Raises
    ------
    LockError
        When the lock file does not name the model, names it at another revision or commit than was asked for, or
        one of its files differs.
    """
    wanted = read_lock(path)
    if model is None:
        if len(wanted.models) != 1 or not wanted.models[0].repo:
            raise UsageError(f"{path} does not name exactly one model of the Hub: say which with --model.")
        only = wanted.models[0]
        reference: HubReference | FolderReference = HubReference(
            repo=only.repo, revision=only.revision, alias=only.alias
        )
    else:
        reference = _meant(wanted, parse_reference(model))
    entries = _entries(wanted, reference)
    if not entries:
        names = ", ".join(m.repo or m.alias or "a folder" for m in wanted.models)
        raise LockError(f"{path} does not lock {model}; it locks {names}. Add it with cellfill lock.")
    if isinstance(reference, FolderReference):
        place, bundle = find(reference)
    else:
        entry = entries[0]
        if "@" in str(model) and reference.revision not in (entry.revision, entry.commit):
            at = entry.commit if is_commit(entry.revision) else f"{entry.revision} (commit {entry.commit})"
            raise LockError(
                f"{path} locks {entry.repo} at {at}, not at {reference.revision}. Leave out @{reference.revision}, "
                f"or lock that one: cellfill lock {model}"
            )
        place, bundle = find(replace(reference, revision=entry.commit), offline=offline)
        place = replace(place, revision=entry.revision)
    _compare(place, bundle, entries, path)
    return place, bundle


def _entry(place: Place) -> Locked:
    checks = check_files(place.folder)
    faults = [f"{check.name}: {check.fault}" for check in checks if check.fault]
    if faults:
        raise LockError(f"{place} cannot be locked: it is damaged ({faults[0]}).")
    return Locked(
        alias=place.alias, repo=place.repo, commit=place.commit, revision=place.revision, files=hashes(checks)
    )


def _meant(wanted: Lock, reference: HubReference | FolderReference) -> HubReference | FolderReference:
    """Return the model of the Hub that the lock file means by a bare name, unless the folder of that name is it."""
    if not isinstance(reference, FolderReference) or not reference.name:
        return reference
    repo = aliases().get(reference.name, "").partition("@")[0]
    entries = [
        entry for entry in wanted.models if entry.repo and (entry.alias == reference.name or entry.repo == repo)
    ]
    with suppress(BundleError):
        found = file_record(read_file(reference.path, MANIFEST))
        if any(entry.files.get(MANIFEST) == found for entry in wanted.models):
            return reference
    if not entries:
        return reference
    return HubReference(repo=entries[0].repo, revision=entries[0].revision, alias=reference.name)


def _entries(wanted: Lock, reference: HubReference | FolderReference) -> tuple[Locked, ...]:
    """Return the entries that a model may be: of a folder any, since its files say which."""
    if isinstance(reference, FolderReference):
        return wanted.models
    return tuple(model for model in wanted.models if model.repo == reference.repo)


def _compare(place: Place, bundle: Bundle, entries: Sequence[Locked], path: str | Path) -> None:
    """Refuse a model, by the hashes of the bytes that were read, that is none of these entries."""
    found = {name: record.sha256 for name, record in bundle.manifest.files.items()}
    if bundle.origin is not None:
        found[MANIFEST] = bundle.origin.manifest_sha256
    wanted = [{name: record.sha256 for name, record in entry.files.items()} for entry in entries]
    if found not in wanted:
        differ = sorted(n for n in {*found, *wanted[0]} if found.get(n) != wanted[0].get(n))
        raise LockError(
            f"{place} is not the model that {path} locks: {', '.join(differ)} differ by SHA-256. It was changed "
            "since; get the locked one, or lock anew: cellfill lock."
        )
