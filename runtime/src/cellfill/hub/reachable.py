"""Which models can be had: in a folder, in the cache, by a short name, on the Hub; as far as these can be asked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cellfill.bundle.files import MANIFEST
from cellfill.errors import BundleNotFoundError, HubError, UsageError
from cellfill.hub import cache
from cellfill.hub.aliases import aliases, own_aliases
from cellfill.hub.catalogue import Catalogued, list_models
from cellfill.hub.folders import named_models
from cellfill.hub.reference import DEFAULT_REVISION, in_clone
from cellfill.hub.searching import MOST, search

_ORGANISATION = re.compile(r"[A-Za-z0-9][\w-]{0,94}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reachable:
    """Models that can be had.

    Attributes
    ----------
    models
        Each as ``--model`` takes it: a folder, an alias, or ``organisation/name``, with or without ``@revision``.
    notes
        What a person should know: that the Hub did not answer, or was not asked; a sentence each.
    offline
        Whether only what is here can be had.
    """

    models: tuple[str, ...]
    notes: tuple[str, ...]
    offline: bool


def reachable(hub: str | Path | None = None, *, offline: bool = False) -> Reachable:
    """List the models that can be had. A Hub that does not answer is a note, not an error.

    Parameters
    ----------
    hub
        A folder of bundles, or one bundle; an organisation of the Hub. By default what is in the cache, what has an
        alias, and what the Hub files under ``cellfill``.
    offline
        Ask the Hub nothing; so does the environment variable ``HF_HUB_OFFLINE``.

    Raises
    ------
    UsageError
        When ``hub`` can be neither a folder nor an organisation, or the file of aliases is malformed.
    BundleNotFoundError
        When there is no bundle in the folder.
    """
    if isinstance(hub, Path) or (hub is not None and Path(hub).is_dir()):
        return Reachable(models=_in_folder(Path(hub)), notes=(), offline=True)
    if hub is not None and not _ORGANISATION.fullmatch(hub):
        raise UsageError(
            f"{hub[:200]!r} is neither a folder here nor the name of an organisation on the Hub: give a folder "
            "that holds bundles, or a name such as cellfill."
        )
    found, notes, quiet = _on_hub(hub, offline=cache.is_offline(offline=offline))
    if hub is not None and quiet:
        notes = (f"There is no folder {hub!r} here, so it was taken for an organisation of the Hub.", *notes)
    short = {alias: target for alias, target in aliases().items() if hub is None or _owner(target) == hub}
    here = [model for model in list_models() if model.commit and hub in (None, _owner(model.repo))]
    named = {target.partition("@")[0]: alias for alias, target in sorted(short.items(), reverse=True)}
    repos = sorted({*named, *found, *(model.repo for model in here)})
    names = _cached(here, named, short) if quiet else (named.get(repo, repo) for repo in repos)
    models = _with_folders(names, hub)
    if not models and hub is None and (clone := in_clone()):
        notes = (clone, *notes)
    return Reachable(models=models, notes=notes, offline=quiet)


def _with_folders(names: Iterable[str], hub: str | None) -> tuple[str, ...]:
    """Return names, with the folders that are found by name in the place of theirs, or after them."""
    own = own_aliases()
    folders = {} if hub is not None else {n: _as_path(p) for n, p in named_models().items() if n not in own}
    found = [folders.pop(name, name) for name in names]
    return (*found, *folders.values())


def _in_folder(folder: Path) -> tuple[str, ...]:
    if (folder / MANIFEST).is_file():
        return (str(folder),)
    try:
        found = sorted(path.parent for path in folder.glob(f"*/{MANIFEST}") if path.is_file())
    except OSError as error:
        raise BundleNotFoundError(f"{folder} cannot be read: {error.strerror}.") from error
    if not found:
        raise BundleNotFoundError(
            f"No model in {str(folder)[:200]}: neither it nor a folder in it has a {MANIFEST}. Give a folder that "
            "holds bundles, such as model_cards."
        )
    return tuple(_as_path(path) for path in found)


def _as_path(path: Path) -> str:
    """Return a path that can be taken for nothing else, such as an alias."""
    return str(path) if path.is_absolute() or len(path.parts) > 1 else f"./{path}"


def _on_hub(organisation: str | None, *, offline: bool) -> tuple[list[str], tuple[str, ...], bool]:
    """Return repositories, what is to be said of it, and whether the Hub is not to be asked any more."""
    if offline:
        return [], ("The Hub was not asked (--offline or HF_HUB_OFFLINE): models that are here only.",), True
    try:
        found = search(organisation=organisation, limit=MOST)
    except HubError as error:
        return [], (f"{error} Models that are here only.",), True
    notes = []
    if len(found) == MOST:
        notes.append(f"The Hub has {MOST} models or more: the first {MOST} only.")
    if organisation and not found:
        notes.append(
            f"There is no folder {organisation!r} here, and the Hub has no model of cellfill by that name."
        )
    return [model.repo for model in found], tuple(notes), False


def _cached(here: list[Catalogued], named: dict[str, str], short: dict[str, str]) -> Iterator[str]:
    """Yield each repository once: what its alias or its main branch named, else the commit that is here."""
    for repo in sorted({model.repo for model in here}):
        commits = {model.commit: model for model in here if model.repo == repo}
        alias = named.get(repo, "")
        revision = short.get(alias, "").partition("@")[2] or DEFAULT_REVISION
        if revision in commits or any(revision in model.revisions for model in commits.values()):
            yield alias or repo
        else:
            commit, model = next(reversed(commits.items()))
            yield f"{repo}@{next(iter(model.revisions), commit)}"


def _owner(target: str) -> str:
    return target.partition("/")[0]
