"""How a Hub on loopback says no: with the codes that huggingface_hub tells errors apart by."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hub.loopback import Request

Reply = tuple[Any, ...]


def no_repo() -> Reply:
    return 404, {"error": "Repository not found"}, {"X-Error-Code": "RepoNotFound"}


def no_revision() -> Reply:
    return 404, {"error": "Invalid rev id"}, {"X-Error-Code": "RevisionNotFound"}


def no_entry(commit: str) -> Reply:
    return 404, {"error": "Entry not found"}, {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": commit}


def readable(handle: Callable[..., Reply]) -> Callable[..., Reply]:
    """Give a handler the repository; refuse one that is not there, or private and asked for without a token."""

    @wraps(handle)
    def answer(request: Request, name: str, *rest: Any) -> Reply:
        repo = request.hub.repos.get(name)
        if repo is None and request.has_token:
            return no_repo()
        if repo is None or (repo.private and not request.has_token):
            return 401, {"error": "Invalid username or password."}, {"X-Error-Code": "RepoNotFound"}
        return handle(request, repo, name, *rest)

    return answer
