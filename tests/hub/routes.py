"""What a Hub on loopback answers to each request that huggingface_hub makes of models."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode

import yaml

from hub.downloads import cdn, resolve
from hub.refusals import no_repo, no_revision, readable
from hub.state import File, Repo, card_of

if TYPE_CHECKING:
    from hub.loopback import Hub, Request

Reply = tuple[Any, ...]


def _whoami(_request: Request) -> Reply:
    auth = {"accessToken": {"displayName": "loopback", "role": "write"}}
    return 200, {"name": "me", "type": "user", "orgs": [{"name": "lab"}], "auth": auth}


def _create(request: Request) -> Reply:
    asked = request.json
    name = f"{asked.get('organization') or 'me'}/{asked['name']}"
    url = {"url": f"{request.hub.url}/{name}", "id": name}
    if name in request.hub.repos:
        return 409, url | {"error": "You already created this model repo"}
    private = bool(asked.get("private")) or asked.get("visibility") == "private"
    request.hub.repos[name] = Repo(private=private)
    return 200, url


def _delete(request: Request) -> Reply:
    name = f"{request.json.get('organization') or 'me'}/{request.json['name']}"
    return (200, {}) if request.hub.repos.pop(name, None) else no_repo()


def _validate(request: Request) -> Reply:
    try:
        card_of(request.json["content"])
    except yaml.YAMLError as error:
        return 400, {"errors": [{"message": str(error)}], "warnings": []}
    return 200, {"errors": [], "warnings": []}


def _preupload(request: Request, name: str, _revision: str) -> Reply:
    repo = request.hub.repos.get(name)
    if repo is None:
        return no_repo()

    def mode(path: str) -> str:
        return "lfs" if path.endswith(".onnx") or request.hub.all_lfs else "regular"

    files = [
        {"path": f["path"], "uploadMode": mode(f["path"]), "shouldIgnore": False} for f in request.json["files"]
    ]
    return 200, {"files": files}


def _batch(request: Request, _name: str) -> Reply:
    objects = []
    for thing in request.json["objects"]:
        entry = {"oid": thing["oid"], "size": thing["size"]}
        if thing["oid"] not in request.hub.objects:
            entry["actions"] = {"upload": {"href": f"{request.hub.storage}/presigned/{thing['oid']}"}}
            if request.hub.verify:
                entry["actions"]["verify"] = {"href": request.hub.verify}
        objects.append(entry)
    return 200, {"transfer": "basic", "objects": objects}


def _put(request: Request, oid: str) -> Reply:
    if request.headers.get("Authorization"):
        return 400, {"error": "a presigned address takes no token"}
    if hashlib.sha256(request.body).hexdigest() != oid:
        return 400, {"error": "wrong content"}
    request.hub.objects[oid] = request.body
    return 200, {}


def _commit(request: Request, name: str, revision: str) -> Reply:
    hub = request.hub
    if name not in hub.repos:
        return no_repo()
    lines = [json.loads(line) for line in request.body.splitlines() if line.strip()]
    header = next(line["value"] for line in lines if line["key"] == "header")
    with hub.lock:
        repo = hub.repos[name]
        if revision != "main":
            return no_revision()
        if header.get("parentCommit") not in (None, repo.head):
            return 412, {"error": "A commit has happened since. Please refresh and try again."}
        files = dict(repo.files)
        for line in lines:
            _apply(hub, files, line["key"], line["value"])
        oid = repo.add(files)
    return 200, {"commitOid": oid, "commitUrl": f"{hub.url}/{name}/commit/{oid}", "success": True}


def _apply(hub: Hub, files: dict[str, File], key: str, value: dict[str, Any]) -> None:
    if key == "file":
        files[value["path"]] = File(base64.b64decode(value["content"]))
    elif key == "lfsFile":
        files[value["path"]] = File(hub.objects[value["oid"]], lfs=True)
    elif key in ("deletedFile", "deletedFolder"):
        gone = [p for p in files if p == value["path"] or p.startswith(value["path"].rstrip("/") + "/")]
        for path in gone:
            del files[path]


def _tag(request: Request, name: str, revision: str) -> Reply:
    repo = request.hub.repos.get(name)
    if repo is None:
        return no_repo()
    commit, tag = repo.resolve(revision), request.json["tag"]
    if commit is None:
        return no_revision()
    if tag in repo.tags:
        return 409, {"error": "Tag reference exists already"}
    repo.tags[tag] = commit
    return 200, {}


@readable
def _refs(_request: Request, repo: Repo, _name: str) -> Reply:
    tags = [{"name": t, "ref": f"refs/tags/{t}", "targetCommit": c} for t, c in repo.tags.items()]
    branch = {"name": "main", "ref": "refs/heads/main", "targetCommit": repo.head}
    return 200, {"branches": [branch], "tags": tags, "converts": []}


@readable
def _info(request: Request, repo: Repo, name: str, revision: str | None = None) -> Reply:
    commit = repo.resolve(revision or "main")
    if commit is None:
        return no_revision()
    blobs = request.query.get("blobs", [""])[0].lower() in ("true", "1")
    siblings = [
        {"rfilename": path, **(_sizes(file) if blobs else {})} for path, file in repo.history[commit].items()
    ]
    return 200, {**_summary(name, repo), "sha": commit, "siblings": siblings, "cardData": repo.card}


def _sizes(file: File) -> dict[str, Any]:
    entry: dict[str, Any] = {"size": len(file.content), "blobId": file.blob}
    lfs = {"sha256": file.sha256, "size": len(file.content), "pointerSize": 134}
    return entry | ({"lfs": lfs} if file.lfs else {})


def _summary(name: str, repo: Repo) -> dict[str, Any]:
    return {
        "id": name,
        "modelId": name,
        "private": repo.private,
        "tags": repo.labels,
        "downloads": 3,
        "likes": 1,
        "createdAt": "2026-01-01T00:00:00.000Z",
    }


def _entry(path: str, file: File) -> dict[str, Any]:
    entry: dict[str, Any] = {"type": "file", "path": path, "size": len(file.content), "oid": file.blob}
    lfs = {"oid": file.sha256, "size": len(file.content), "pointerSize": 134}
    return entry | ({"lfs": lfs} if file.lfs else {})


@readable
def _tree(_request: Request, repo: Repo, _name: str, revision: str, folder: str | None = None) -> Reply:
    commit = repo.resolve(revision)
    if commit is None:
        return no_revision()
    inside = f"{folder.strip('/')}/" if folder else ""
    return 200, [_entry(p, f) for p, f in repo.history[commit].items() if p.startswith(inside)]


@readable
def _paths_info(request: Request, repo: Repo, _name: str, revision: str) -> Reply:
    commit = repo.resolve(revision)
    if commit is None:
        return no_revision()
    paths = parse_qs(request.body.decode()).get("paths", [])
    return 200, [_entry(p, repo.history[commit][p]) for p in paths if p in repo.history[commit]]


def _models(request: Request) -> Reply:
    """Answer a search: a page, and the address of the next one."""
    ask = request.query
    labels = [label for text in ask.get("filter", []) for label in text.split(",")]
    search, author = ask.get("search", [""])[0].lower(), ask.get("author", [""])[0]
    start, limit = int(ask.get("cursor", ["0"])[0]), int(ask.get("limit", ["1000"])[0])
    hits = [
        _summary(name, repo)
        for name, repo in sorted(request.hub.repos.items())
        if (not repo.private or request.has_token)
        and set(labels) <= set(repo.labels)
        and search in name.lower()
        and (not author or name.startswith(f"{author}/"))
    ]
    end = start + min(limit, request.hub.page_size)
    if end >= len(hits):
        return 200, hits[start:end]
    more = urlencode({**{k: v for k, v in ask.items() if k != "cursor"}, "cursor": end}, doseq=True)
    return 200, hits[start:end], {"Link": f'<{request.hub.url}/api/models?{more}>; rel="next"'}


_NAME = r"([\w.-]+/[\w.-]+)"
_REVISION = r"([\w./-]+)"
_MODEL = rf"/api/models/{_NAME}"
ROUTES: list[tuple[str, re.Pattern[str], bool, Any]] = [
    (method, re.compile(pattern), needs_token, handle)
    for method, pattern, needs_token, handle in (
        ("GET HEAD", "/", False, lambda _request: (200, {})),
        ("GET", r"/api/whoami-v2", True, _whoami),
        ("POST", r"/api/repos/create", True, _create),
        ("DELETE", r"/api/repos/delete", True, _delete),
        ("POST", r"/api/validate-yaml", False, _validate),
        ("POST", rf"{_MODEL}/preupload/{_REVISION}", True, _preupload),
        ("POST", rf"/{_NAME}\.git/info/lfs/objects/batch", True, _batch),
        ("PUT", r"/presigned/(\w+)", False, _put),
        ("POST", r"/verify", False, lambda _request: (200, {})),
        ("POST", rf"{_MODEL}/commit/{_REVISION}", True, _commit),
        ("POST", rf"{_MODEL}/tag/{_REVISION}", True, _tag),
        ("GET", rf"{_MODEL}/refs", False, _refs),
        ("GET", rf"{_MODEL}/tree/([^/]+)(/.+)?", False, _tree),
        ("POST", rf"{_MODEL}/paths-info/{_REVISION}", False, _paths_info),
        ("GET", rf"{_MODEL}/revision/{_REVISION}", False, _info),
        ("GET", _MODEL, False, _info),
        ("GET", r"/api/models", False, _models),
        ("GET HEAD", rf"/{_NAME}/resolve/([^/]+)/(.+)", False, resolve),
        ("GET HEAD", r"/cdn/[\w.-]+/[\w.-]+/(\w+)", False, cdn),
    )
]
