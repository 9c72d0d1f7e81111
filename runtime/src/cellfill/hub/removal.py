"""Remove a model from the Hub's cache."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from cellfill.errors import ModelNotFoundError, OfflineError, OutputError, UsageError
from cellfill.hub import cache
from cellfill.hub.folders import find_named
from cellfill.hub.locate import cached
from cellfill.hub.reference import FolderReference, HubReference, parse_reference


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """What was removed.

    Attributes
    ----------
    repo
        The repository.
    commits
        The commits that are gone.
    freed
        Bytes on disk.
    """

    repo: str
    commits: tuple[str, ...]
    freed: int


def remove(model: str) -> Removal:
    """Remove a model from the cache; the Hub is not asked, and a folder is never touched.

    Parameters
    ----------
    model
        An alias or ``organisation/name``: every commit of it. With ``@revision`` that one; files that another
        commit needs stay.

    Raises
    ------
    UsageError
        When the name is that of a folder.
    ModelNotFoundError
        When that is not in the cache.
    OutputError
        When it cannot be removed.
    """
    from huggingface_hub import scan_cache_dir

    reference = parse_reference(model, on_hub=True)
    if isinstance(reference, FolderReference):
        raise UsageError(f"{str(model)[:200]} means a folder here; only what is in the Hub's cache is removed.")
    root = cache.repo_folder(reference.repo)
    if "@" in model or not root.is_dir():
        commit = _commit(reference)
        if (odd := cache.odd_ref()) is not None:
            raise OutputError(f"{odd} is damaged: it is no small file. Remove it, then try again.")
        info = scan_cache_dir()
        if any(r.commit_hash == commit for repo in info.repos for r in repo.revisions if repo.repo_path == root):
            strategy = info.delete_revisions(commit)
            strategy.execute()
            return Removal(repo=reference.repo, commits=(commit,), freed=strategy.expected_freed_size)
        raise OutputError(f"{root} is damaged: remove the whole model with cellfill rm {reference.repo}")
    gone, freed = tuple(cache.commits(reference.repo)), _size(root)
    try:
        shutil.rmtree(root)
    except OSError as error:
        raise OutputError(f"{root} cannot be removed: {error.strerror}.") from error
    return Removal(repo=reference.repo, commits=gone, freed=freed)


def _commit(reference: HubReference) -> str:
    try:
        return cached(reference).commit
    except OfflineError as error:
        others = cache.commits(reference.repo)
        here = f" Here are {', '.join(f'{reference.repo}@{commit}' for commit in others[:3])}." if others else ""
        mine = find_named(reference.alias)
        folder = f" {mine} is a folder of yours, and is left alone." if mine is not None else ""
        raise ModelNotFoundError(
            f"{reference if others else reference.alias or reference.repo} is not in the Hub's cache: there is "
            f"nothing to remove.{here}{folder} See cellfill list."
        ) from error


def _size(root: Path) -> int:
    return sum(path.lstat().st_size for path in root.rglob("*") if path.is_file() and not path.is_symlink())
