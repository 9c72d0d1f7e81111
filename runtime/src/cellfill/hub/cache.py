"""The Hub's cache on this disk, of which huggingface_hub owns the layout.

``models--ORG--NAME/`` holds ``blobs/ETAG`` (the files), ``snapshots/COMMIT/NAME`` (links to them) and
``refs/REVISION`` (a commit). https://huggingface.co/docs/huggingface_hub/guides/manage-cache
"""

from __future__ import annotations

import os
import stat
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cellfill.bundle.files import ALWAYS, MANIFEST
from cellfill.bundle.folder import parse_head
from cellfill.bundle.safe_file import read_file, read_regular
from cellfill.errors import BundleError, UsageError
from cellfill.hub.names import is_commit

_REF_BYTES = 1 << 12  # a commit has 40


def hub_settings() -> Any:
    """Return huggingface_hub's settings, which it reads of the environment when it is imported.

    Raises
    ------
    UsageError
        When a variable has a value that it does not understand.
    """
    try:
        from huggingface_hub import constants

        _ = urlsplit(constants.ENDPOINT).port
    except ValueError as error:
        raise UsageError(
            f"huggingface_hub does not understand its settings ({error}): check HF_ENDPOINT, and what else begins "
            "with HF_ in the environment."
        ) from error
    return constants


def is_offline(*, offline: bool) -> bool:
    """Return whether the Hub may not be asked: the caller's wish, or ``HF_HUB_OFFLINE``."""
    return offline or bool(hub_settings().HF_HUB_OFFLINE)


def cache_folder() -> Path:
    """Return where huggingface_hub keeps what it downloads (``HF_HUB_CACHE``, ``HF_HOME``)."""
    return Path(hub_settings().HF_HUB_CACHE)


def repo_folder(repo: str) -> Path:
    """Return the folder of a repository; it need not exist."""
    return cache_folder() / "--".join(["models", *repo.split("/")])


def snapshot(repo: str, commit: str) -> Path:
    """Return the folder of a commit; it need not exist."""
    return repo_folder(repo) / "snapshots" / commit


def is_whole(folder: Path) -> bool:
    """Return whether a folder has every file of a bundle. What is in them is another question."""
    if not all((folder / name).is_file() for name in ALWAYS):
        return False
    try:
        manifest = parse_head(read_file(folder, MANIFEST))
    except BundleError:  # whoever reads it says why
        return True
    return all((folder / name).is_file() for name in manifest.files)


def read_ref(repo: str, revision: str) -> str:
    """Return the commit that a tag or branch named when it was pulled; empty where it was not."""
    try:
        commit = read_regular(repo_folder(repo) / "refs" / revision, bound=_REF_BYTES).decode("ascii").strip()
    except (OSError, ValueError):
        return ""
    return commit if is_commit(commit) else ""


def write_ref(repo: str, revision: str, commit: str) -> None:
    """Remember which commit a tag or branch names. A cache that is read-only stays as it is."""
    if revision == commit or read_ref(repo, revision) == commit:
        return
    path = repo_folder(repo) / "refs" / revision
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch = path.with_name(f"{path.name}.{uuid.uuid4().hex[:8]}.tmp")
        scratch.write_text(commit, encoding="ascii")
        scratch.replace(path)


def refs(repo: str) -> Iterator[tuple[str, str]]:
    """Yield every tag or branch that was pulled, and its commit."""
    root = repo_folder(repo) / "refs"
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if path.is_file() and (commit := read_ref(repo, name)):
            yield name, commit


def odd_ref() -> Path | None:
    """Return something among the refs of the cache that is no small file, which huggingface_hub would wait for."""
    for path in cache_folder().glob("*--*/refs/**/*"):
        try:
            found = path.stat()
        except OSError:
            if path.is_symlink():  # to nowhere, or to itself
                return path
            continue
        if not stat.S_ISDIR(found.st_mode) and (not stat.S_ISREG(found.st_mode) or found.st_size > _REF_BYTES):
            return path
    return None


def commits(repo: str) -> list[str]:
    """Return the commits of which a whole bundle is here."""
    found = (repo_folder(repo) / "snapshots").glob("*")
    return sorted(path.name for path in found if is_commit(path.name) and is_whole(path))


def repos() -> list[str]:
    """Return the repositories of models that are here, in whole or in part."""
    names = sorted(path.name for path in cache_folder().glob("models--*--*") if path.is_dir())
    return ["/".join(name.split("--")[1:]) for name in names if name.count("--") == 2]


def blob_name(path: Path) -> str:
    """Return the name under which the cache keeps a file, its ETag; empty where it is no link into the blobs."""
    if not path.is_symlink():
        return ""
    blob = Path(os.path.normpath(path.parent / path.readlink()))
    return blob.name if blob.parent == _blobs_of(path) else ""


def _blobs_of(path: Path) -> Path:
    return path.parent.parent.parent / "blobs"


def discard(path: Path) -> None:
    """Remove a damaged file from the cache, whatever commits it belongs to."""
    name = blob_name(path)
    if name:
        (_blobs_of(path) / name).unlink(missing_ok=True)
        for other in path.parent.parent.glob(f"*/{path.name}"):
            if blob_name(other) == name:
                other.unlink(missing_ok=True)
    else:
        path.unlink(missing_ok=True)
