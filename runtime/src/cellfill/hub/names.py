"""Which texts name a repository, a revision, a commit. Each becomes part of a path: nothing else is let through."""

from __future__ import annotations

import re

# https://huggingface.co/docs/huggingface_hub/package_reference/utilities#huggingface_hub.utils.validate_repo_id
_PART = r"[A-Za-z0-9](?:[\w.-]{0,94}[A-Za-z0-9_])?"
_REPO = re.compile(rf"{_PART}/{_PART}", re.ASCII)
_REVISION = re.compile(r"[A-Za-z0-9][\w.+/-]{0,199}", re.ASCII)
_COMMIT = re.compile(r"[0-9a-f]{40}")


def is_repo(text: str) -> bool:
    """Return whether a text is a repository's name, ``organisation/name``."""
    return _REPO.fullmatch(text) is not None and "--" not in text and ".." not in text


def is_revision(text: str) -> bool:
    """Return whether a text can name a tag, a branch or a commit."""
    safe = all(part not in ("", ".", "..") for part in text.split("/"))
    return _REVISION.fullmatch(text) is not None and safe


def is_commit(text: str) -> bool:
    """Return whether a text is a commit in full: 40 hexadecimal digits."""
    return _COMMIT.fullmatch(text) is not None
