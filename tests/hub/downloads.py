"""How a Hub on loopback gives files away: small ones itself, LFS ones from another address, ranges of both."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from hub.refusals import no_entry, no_revision, readable

if TYPE_CHECKING:
    from hub.loopback import Request
    from hub.state import Repo

Reply = tuple[Any, ...]


@readable
def resolve(request: Request, repo: Repo, name: str, revision: str, path: str) -> Reply:
    commit = repo.resolve(revision)
    if commit is None:
        return no_revision()
    file = repo.history[commit].get(path)
    if file is None:
        return no_entry(commit)
    headers = {"X-Repo-Commit": commit, "ETag": f'"{file.etag}"', "Accept-Ranges": "bytes"}
    if not file.lfs:
        return _range(request, file.content, headers)
    linked = {"X-Linked-Etag": f'"{file.sha256}"', "X-Linked-Size": str(len(file.content))}
    return 302, b"", headers | linked | {"Location": f"{request.hub.storage}/cdn/{name}/{file.sha256}"}


def cdn(request: Request, oid: str) -> Reply:
    if request.headers.get("Authorization"):
        return 400, {"error": "a signed address takes no token"}
    return _range(request, request.hub.objects[oid], {"ETag": f'"{oid}"', "Accept-Ranges": "bytes"})


def _range(request: Request, content: bytes, headers: dict[str, str]) -> Reply:
    headers |= {"Content-Type": "application/octet-stream"}
    asked = re.fullmatch(r"bytes=(\d+)-(\d*)", request.headers.get("Range") or "")
    if asked is None:
        return 200, content, headers
    request.hub.ranges.append((request.path, int(asked[1])))
    start, end = int(asked[1]), int(asked[2] or len(content) - 1)
    if start >= len(content):
        return 416, b"", headers | {"Content-Range": f"bytes */{len(content)}"}
    part = content[start : end + 1]
    return 206, part, headers | {"Content-Range": f"bytes {start}-{start + len(part) - 1}/{len(content)}"}
