"""Which models are here, and which have a short name."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from cellfill.bundle.files import ALWAYS, MANIFEST
from cellfill.errors import BundleError, BundleIntegrityError
from cellfill.hub import cache
from cellfill.hub.aliases import aliases_by_repo, is_unpublished, own_aliases
from cellfill.hub.check import read_manifest
from cellfill.hub.folders import named_models

if TYPE_CHECKING:
    from cellfill.bundle.manifest import Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogued:
    """One model that is here, or that has a short name.

    Attributes
    ----------
    aliases
        Its short names.
    repo
        Its repository, ``organisation/name``.
    commit
        The commit that is here; empty for a model that is not.
    revisions
        The tags and branches that named this commit when they were pulled.
    species, tissue
        What the model is for; empty for a model that is not here.
    size
        Of its files on disk, in bytes; 0 for a model that is not here.
    remark
        What is wrong with it; empty for nothing.
    folder
        Its folder, of a model that is found by its name in one; empty for a model of the Hub.
    tasks
        What it can do; none for a model that is not here.
    """

    aliases: tuple[str, ...]
    repo: str
    commit: str
    revisions: tuple[str, ...]
    species: str
    tissue: str
    size: int
    remark: str
    folder: str = ""
    tasks: tuple[Task, ...] = ()


def list_models() -> tuple[Catalogued, ...]:
    """List the models in the Hub's cache, those in folders and those with a short name; asks the Hub nothing.

    Files are not hashed, see `verify`. Raises nothing for what is wrong with a model: it says so.

    Raises
    ------
    UsageError
        When the file of aliases is malformed.
    """
    names = aliases_by_repo()
    found = [_look(repo, commit, names.get(repo, ())) for repo in cache.repos() for commit in cache.commits(repo)]
    own = own_aliases()
    folders = [_in_folder(name, path) for name, path in named_models().items() if name not in own]
    here = {listed.repo for listed in found}
    taken = {(name,) for listed in folders for name in listed.aliases}
    known = [_unknown(repo, short) for repo, short in names.items() if repo not in here and short not in taken]
    return tuple(sorted([*found, *folders, *known], key=lambda m: (not m.size, m.repo, m.commit, m.folder)))


def _look(repo: str, commit: str, names: tuple[str, ...]) -> Catalogued:
    found = _in_folder("", cache.snapshot(repo, commit))
    revisions = tuple(name for name, named in cache.refs(repo) if named == commit)
    return replace(found, aliases=names, repo=repo, commit=commit, revisions=revisions, folder="")


def _in_folder(name: str, folder: Path) -> Catalogued:
    species = tissue = remark = ""
    tasks: tuple[Task, ...] = ()
    files = set(ALWAYS)
    try:
        manifest = read_manifest(folder)
        species, tissue, tasks = manifest.species, manifest.tissue, manifest.tasks
        files |= set(manifest.files)
    except BundleIntegrityError as error:
        remark = f"{MANIFEST} {error.fault}"
    except BundleError as error:
        remark = str(error)
    return Catalogued(
        aliases=(name,),
        repo="",
        commit="",
        revisions=(),
        species=species,
        tissue=tissue,
        size=sum(_size(folder / name) for name in files),
        remark=remark,
        folder=str(folder),
        tasks=tasks,
    )


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _unknown(repo: str, names: tuple[str, ...]) -> Catalogued:
    remark = "not published yet" if is_unpublished(names[0], repo) else ""
    return Catalogued(
        aliases=names, repo=repo, commit="", revisions=(), species="", tissue="", size=0, remark=remark
    )
