"""Which models are here, and which have a short name."""

from __future__ import annotations

from dataclasses import dataclass

from cellfill.bundle.files import FILES, MANIFEST
from cellfill.errors import BundleError, BundleIntegrityError
from cellfill.hub import cache
from cellfill.hub.aliases import aliases_by_repo
from cellfill.hub.check import read_manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
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
    """

    aliases: tuple[str, ...]
    repo: str
    commit: str
    revisions: tuple[str, ...]
    species: str
    tissue: str
    size: int
    remark: str


def list_models() -> tuple[Listed, ...]:
    """List the models in the Hub's cache and those with a short name; asks the Hub nothing.

    Files are not hashed, see `verify`. Raises nothing for what is wrong with a model: it says so.

    Raises
    ------
    UsageError
        When the file of aliases is malformed.
    """
    names = aliases_by_repo()
    found = [
        listed
        for repo in cache.repos()
        for commit in cache.commits(repo)
        if (listed := _look(repo, commit, names.get(repo, ()))) is not None
    ]
    here = {listed.repo for listed in found}
    known = [_unknown(repo, short) for repo, short in names.items() if repo not in here]
    return tuple(sorted([*found, *known], key=lambda m: (not m.commit, m.repo, m.commit)))


def _look(repo: str, commit: str, names: tuple[str, ...]) -> Listed | None:
    folder = cache.snapshot(repo, commit)
    species = tissue = remark = ""
    try:
        manifest = read_manifest(folder)
        species, tissue = manifest.species, manifest.tissue
    except BundleIntegrityError as error:
        remark = f"{MANIFEST} {error.fault}"
    except BundleError as error:
        remark = str(error)
    return Listed(
        aliases=names,
        repo=repo,
        commit=commit,
        revisions=tuple(name for name, named in cache.refs(repo) if named == commit),
        species=species,
        tissue=tissue,
        size=sum((folder / name).stat().st_size for name in FILES),
        remark=remark,
    )


def _unknown(repo: str, names: tuple[str, ...]) -> Listed:
    return Listed(aliases=names, repo=repo, commit="", revisions=(), species="", tissue="", size=0, remark="")
