"""What ``--model`` means: a folder, an alias or a model of the Hub, the last two with a revision or without."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from cellfill.errors import ModelNotFoundError, UsageError
from cellfill.hub.aliases import aliases, is_unpublished, own_aliases
from cellfill.hub.folders import HERE, VARIABLE, find_named, folders
from cellfill.hub.names import is_repo, is_revision

DEFAULT_REVISION = "main"


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderReference:
    """A bundle's folder.

    Attributes
    ----------
    path
        The folder.
    name
        The bare name by which it was found among `folders`; empty where it was named itself.
    """

    path: Path
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HubReference:
    """A model of the Hub.

    Attributes
    ----------
    repo
        Its repository, ``organisation/name``.
    revision
        A tag, a branch or a commit.
    alias
        The short name that it was given by; empty for none.
    """

    repo: str
    revision: str
    alias: str

    def __str__(self) -> str:
        """Name it as a person would."""
        return f"{self.repo}@{self.revision}"


Reference: TypeAlias = FolderReference | HubReference


def parse_reference(model: str | Path, *, on_hub: bool = False) -> Reference:
    """Say what names a model. What exists as a file or folder is that; nothing else is looked at.

    A bare name is one of the person's own aliases, else a model among the `folders`, else an alias of the index
    that ships; with a revision it is an alias, since a folder has none.

    Parameters
    ----------
    model
        A path, a name, ``organisation/name``, or one of the last two and ``@revision``.
    on_hub
        A bare name means a model of the Hub alone, here or there.

    Raises
    ------
    ModelNotFoundError
        When it is none of these.
    UsageError
        When there is no name, or the revision cannot be one, or is one of a folder.
    """
    if model == "":
        raise UsageError("The model's name is empty: give a folder, an alias or organisation/name.")
    if isinstance(model, Path) or _is_path(model):
        return FolderReference(path=Path(model))
    name, at, revision = model.rpartition("@") if "@" in model else (model, "", "")
    if not name:
        raise UsageError(
            f"There is no model's name before {model[:80]}: give an alias or organisation/name before the @."
        )
    if at and _exists(name):
        kind = "folder" if Path(name).is_dir() else "file"
        raise UsageError(
            f"{name[:200]} is a {kind} here, and a {kind} has no revisions: leave out @{revision[:80]}, or run it "
            "in another folder."
        )
    if at and not is_revision(revision):
        raise UsageError(f"{revision[:80]!r} cannot be a revision: after @ give a tag, a branch or a commit.")
    if not on_hub and not at and name not in own_aliases() and (folder := find_named(name)) is not None:
        return FolderReference(path=folder, name=name)
    if "/" not in name and name in (index := aliases()):
        repo, _, pinned = index[name].partition("@")
        return HubReference(repo=repo, revision=revision or pinned or DEFAULT_REVISION, alias=name)
    if is_repo(name):
        return HubReference(repo=name, revision=revision or DEFAULT_REVISION, alias="")
    raise ModelNotFoundError(
        f"No model {name[:200]!r}: it is neither a folder here, nor one in {_places()}, nor organisation/name on "
        f"the Hub, nor one of the aliases {', '.join(sorted(aliases())[:20])}. See cellfill list."
    )


def tell_folder(model: str | Path | None) -> str:
    """Return what to tell a person who named a model by its name and gets that of a folder; else empty."""
    reference = None if model is None else parse_reference(model)
    if isinstance(reference, FolderReference) and reference.name:
        return f"{reference.name} is the folder {reference.path}"
    return ""


# Where the models lie, of a package that was installed from a clone and runs from there.
_CLONE = Path(__file__).parents[4] / "model_cards"


def way_round(reference: HubReference) -> str:
    """Return what to say, after a space, where a model cannot be had that is not published yet, or is a folder."""
    alias = reference.alias
    if not is_unpublished(alias, reference.repo):
        return "" if alias else _folder_meant(reference.repo)
    folder = find_named(alias)
    if folder is not None:
        return f" {alias} is not published yet; you have {folder}: name that folder instead"
    if (_CLONE / alias).is_dir():
        return f" {alias} is not published yet, and lies in the clone: export {VARIABLE}={_CLONE}"
    return (
        f" {alias} is not published yet: name its folder instead (in a clone of cellfill, {HERE / alias}), or set "
        f"{VARIABLE} to the folder that holds it."
    )


def in_clone() -> str:
    """Return how models are had that lie in the clone; empty where none do."""
    return f"Models lie in the clone: export {VARIABLE}={_CLONE}" if _CLONE.is_dir() else ""


def _folder_meant(repo: str) -> str:
    """Return what to say where the first part of a name is a folder here: a path may be mistyped."""
    folder, _, name = repo.partition("/")
    try:
        there = sorted(path.name for path in Path(folder).iterdir() if path.is_dir())
    except OSError:
        return ""
    has = f"it has {', '.join(there[:5])}{' ...' if len(there) > 5 else ''}" if there else "it has no folders"
    return f" Did you mean a folder? {folder} is one here, without {name}: {has}."


def _places() -> str:
    return " or ".join(str(folder) for folder in folders())


def _is_path(text: str) -> bool:
    """Return whether a text can only mean a path, or is one that exists."""
    looks = text.startswith((".", "/", "~")) or "\\" in text or text.endswith("/") or text.count("/") > 1
    return (looks and "@" not in text) or text.startswith((".", "/", "~")) or _exists(text)


def _exists(text: str) -> bool:
    try:
        return Path(text).exists()
    except (OSError, ValueError):
        return False
