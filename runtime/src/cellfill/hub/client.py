"""What goes out to the Hub and what comes in: looked at on huggingface_hub's own client, before it believes it.

The token goes to the Hub's address alone; no header becomes part of a path that is not a plain name; no answer is
longer or slower than its bounds. Hooks do it (httpx and httpx2 call them the same), which do nothing for calls that
are not cellfill's.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

from cellfill.errors import HubError, HubUnreachableError, MissingDependencyError
from cellfill.hub.bounds import LONGEST_WAIT, Bounds
from cellfill.hub.names import is_commit

current: ContextVar[Bounds | None] = ContextVar("cellfill_bounds", default=None)
# Sending goes through threads of huggingface_hub's own, which know no context.
sending: list[Bounds] = []

_ETAG = re.compile(r'(?:W/)?"?[0-9A-Za-z_-]{1,128}"?')  # as bundle/safe_file.py follows it later
_XET = re.compile(r"[0-9a-fA-F]{64}")
_WAIT = re.compile(r";\s*t\s*=\s*(\d+)")


def guard_client() -> None:
    """Have huggingface_hub's client, and every one that it makes after it, looked at."""
    from huggingface_hub import set_client_factory
    from huggingface_hub.utils import _http

    make = getattr(_http, "_GLOBAL_CLIENT_FACTORY", None)  # of which it shows only how to set it
    if make is None:
        raise MissingDependencyError(
            "This huggingface-hub cannot be kept within bounds; use one that can: pip install 'huggingface-hub<3'"
        )
    if not getattr(make, "is_guarded", False):
        set_client_factory(_guarded(make))


def _guarded(make: Callable[[], Any]) -> Callable[[], Any]:
    def make_guarded() -> Any:
        client = make()
        hooks = client.event_hooks
        client.event_hooks = {
            "request": [*hooks["request"], _look_at_request],
            "response": [_look_at_response, *hooks["response"]],
        }
        return client

    make_guarded.is_guarded = True  # type: ignore[attr-defined]
    return make_guarded


def _bounds() -> Bounds | None:
    return current.get() or (sending[-1] if sending else None)


def _look_at_request(request: Any) -> None:
    bounds = _bounds()
    if bounds is None:
        return
    bounds.ask()
    request.headers["Accept-Encoding"] = "identity"  # what is compressed has no bound
    if "Authorization" in request.headers and not _is_hub(request.url):
        del request.headers["Authorization"]


def _is_hub(url: Any) -> bool:
    """Return whether an address is of the Hub that was chosen; that it went over to https is well."""
    from urllib.parse import urlsplit

    from huggingface_hub import constants

    hub = urlsplit(constants.ENDPOINT)
    ports = {"http": 80, "https": 443}
    there = (url.scheme, url.host.lower(), url.port or ports.get(url.scheme))
    here = (hub.scheme, (hub.hostname or "").lower(), hub.port or ports.get(hub.scheme))
    return there == here or (here == ("http", there[1], 80) and there[0] == "https" and there[2] == 443)


def _look_at_response(response: Any) -> None:
    bounds = _bounds()
    if bounds is None:
        return
    bounds.check_time()
    _check_wait(response, bounds)
    _check_names(response, bounds)
    coded = response.headers.get("Content-Encoding", "identity").lower() not in ("", "identity")
    if coded and not (bounds.is_file and response.is_success):
        raise HubError(f"The Hub's answer for {bounds.what} is compressed, which was not asked for: not read.")
    response.stream = _bounded(response, bounds)


def _check_wait(response: Any, bounds: Bounds) -> None:
    """Refuse to sleep for as long as the Hub likes."""
    if response.status_code < 400:
        return
    said = response.headers.get("Retry-After", "").strip()
    waits = [said] if said.isdecimal() else []
    waits += _WAIT.findall(response.headers.get("RateLimit", ""))
    longest = max((int(wait[:12]) for wait in waits), default=0)
    if longest > LONGEST_WAIT:
        raise HubUnreachableError(
            f"The Hub cannot be asked for {bounds.what}: it asks to wait {longest:,} s (status "
            f"{response.status_code}). Try again later."
        )


def _check_names(response: Any, bounds: Bounds) -> None:
    """Refuse what huggingface_hub would make part of a path: the commit, and the names of a file in the cache."""
    headers = response.headers
    named: dict[str, Callable[[str], object]] = {"X-Repo-Commit": is_commit, "X-Xet-Hash": _XET.fullmatch}
    if bounds.is_file and response.request.method == "HEAD" and "X-Repo-Commit" in headers:
        used = "X-Linked-ETag" if headers.get("X-Linked-ETag") else "ETag"  # as huggingface_hub chooses
        named[used] = _ETAG.fullmatch
    for name, is_right in named.items():
        value = headers.get(name)
        if value is not None and not is_right(value):
            raise HubError(
                f"The Hub's answer for {bounds.what} has the {name} {value[:80]!r}, which is no name of a file or "
                "a commit: it was not used. Check HF_ENDPOINT."
            )
    if bounds.is_file and response.request.method == "HEAD" and "X-Repo-Commit" not in headers:
        for name in ("X-Linked-ETag", "ETag"):  # of a redirect: of no use
            headers.pop(name, None)


def _bounded(response: Any, bounds: Bounds) -> Any:
    """Return the stream of an answer, its bytes counted as they come."""
    stream, is_content = response.stream, bool(response.is_success)
    http = sys.modules[type(response).__module__.partition(".")[0]]  # httpx, or httpx2

    class Counted(http.SyncByteStream):  # type: ignore[misc, name-defined]
        def __iter__(self) -> Iterator[bytes]:
            so_far = 0
            for piece in stream:
                so_far += len(piece)
                bounds.take(len(piece), so_far=so_far, is_content=is_content)
                yield piece
            bounds.busy = False

        def close(self) -> None:
            bounds.busy = False
            stream.close()

    return Counted()
