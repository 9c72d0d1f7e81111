"""A Hub on loopback that huggingface_hub really talks to: the part of its protocol that publishing needs."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "hf_loopback"


@dataclass
class Repo:
    """Files, commits and tags of one repository."""

    private: bool = False
    files: dict[str, tuple[bytes, bool]] = field(default_factory=dict)  # content, and whether it is LFS
    commits: list[str] = field(default_factory=lambda: ["0" * 40])
    tags: dict[str, str] = field(default_factory=dict)


class Hub:
    """The server; ``requests`` lists what it was asked, ``refuse`` a status for every commit."""

    def __init__(self) -> None:
        self.repos: dict[str, Repo] = {}
        self.objects: dict[str, bytes] = {}
        self.requests: list[str] = []
        self.refuse: int | None = None
        hub = self

        class Handler(_Handler):
            pass

        Handler.hub = hub
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_arguments: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = self.path.split("?")[0]
        self.hub.requests.append(f"{self.command} {path}")
        for method, pattern, handle in _ROUTES:
            match = re.fullmatch(pattern, path)
            if method == self.command and match:
                if handle is not _put and self.headers.get("Authorization") != f"Bearer {TOKEN}":
                    return self._send(401, {"error": "Unauthorized"})
                return self._send(*handle(self.hub, body, *match.groups()))
        return self._send(404, {"error": f"no such route: {self.command} {path}"})

    def _send(self, status: int, content: Any) -> None:
        data = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def _create(hub: Hub, body: bytes) -> tuple[int, Any]:
    asked = json.loads(body)
    name = f"{asked.get('organization') or 'me'}/{asked['name']}"
    url = {"url": f"{hub.url}/{name}", "id": name}
    if name in hub.repos:
        return 409, url | {"error": "exists"}
    private = bool(asked.get("private")) or asked.get("visibility") == "private"
    hub.repos[name] = Repo(private=private)
    return 200, url


def _info(hub: Hub, _body: bytes, name: str) -> tuple[int, Any]:
    repo = hub.repos[name]
    siblings = []
    for path, (content, lfs) in repo.files.items():
        blob = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
        entry: dict[str, Any] = {"rfilename": path, "size": len(content), "blobId": blob}
        if lfs:
            entry["lfs"] = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 134}
        siblings.append(entry)
    return 200, {"id": name, "sha": repo.commits[-1], "siblings": siblings, "tags": [], "private": repo.private}


def _preupload(_hub: Hub, body: bytes, _name: str) -> tuple[int, Any]:
    def mode(file: dict[str, Any]) -> str:
        return "lfs" if file["path"].endswith(".onnx") else "regular"

    files = json.loads(body)["files"]
    return 200, {"files": [{"path": f["path"], "uploadMode": mode(f), "shouldIgnore": False} for f in files]}


def _batch(hub: Hub, body: bytes, _name: str) -> tuple[int, Any]:
    objects = []
    for thing in json.loads(body)["objects"]:
        entry = dict(thing)
        if thing["oid"] not in hub.objects:
            entry["actions"] = {"upload": {"href": f"{hub.url}/presigned/{thing['oid']}"}}
        objects.append(entry)
    return 200, {"transfer": "basic", "objects": objects}


def _put(hub: Hub, body: bytes, oid: str) -> tuple[int, Any]:
    if hashlib.sha256(body).hexdigest() != oid:
        return 400, {"error": "wrong content"}
    hub.objects[oid] = body
    return 200, {}


def _commit(hub: Hub, body: bytes, name: str) -> tuple[int, Any]:
    if hub.refuse:
        return hub.refuse, {"error": "refused"}
    repo = hub.repos[name]
    lines = [json.loads(line) for line in body.splitlines() if line.strip()]
    header = next(line["value"] for line in lines if line["key"] == "header")
    if header.get("parentCommit") not in (None, repo.commits[-1]):
        return 412, {"error": "stale parent"}
    files = dict(repo.files)
    for line in lines:
        value = line["value"]
        if line["key"] == "file":
            files[value["path"]] = (base64.b64decode(value["content"]), False)
        elif line["key"] == "lfsFile":
            files[value["path"]] = (hub.objects[value["oid"]], True)
    repo.files = files
    repo.commits.append(hashlib.sha1(body).hexdigest())
    url = f"{hub.url}/{name}/commit/{repo.commits[-1]}"
    return 200, {"commitOid": repo.commits[-1], "commitUrl": url, "success": True}


def _tag(hub: Hub, body: bytes, name: str, revision: str) -> tuple[int, Any]:
    repo, tag = hub.repos[name], json.loads(body)["tag"]
    if tag in repo.tags:
        return 409, {"error": "exists"}
    repo.tags[tag] = revision
    return 200, {}


def _refs(hub: Hub, _body: bytes, name: str) -> tuple[int, Any]:
    repo = hub.repos[name]
    tags = [{"name": t, "ref": f"refs/tags/{t}", "targetCommit": c} for t, c in repo.tags.items()]
    branch = {"name": "main", "ref": "refs/heads/main", "targetCommit": repo.commits[-1]}
    return 200, {"branches": [branch], "tags": tags, "converts": []}


_NAME = r"([\w.-]+/[\w.-]+)"
_ROUTES: list[tuple[str, str, Any]] = [
    ("GET", r"/api/whoami-v2", lambda _hub, _body: (200, {"name": "me", "type": "user", "orgs": [], "auth": {}})),
    ("POST", r"/api/repos/create", _create),
    ("POST", r"/api/validate-yaml", lambda _hub, _body: (200, {"errors": [], "warnings": []})),
    ("POST", rf"/api/models/{_NAME}/preupload/main", _preupload),
    ("POST", rf"/{_NAME}\.git/info/lfs/objects/batch", _batch),
    ("PUT", r"/presigned/(\w+)", _put),
    ("POST", rf"/api/models/{_NAME}/commit/main", _commit),
    ("POST", rf"/api/models/{_NAME}/tag/(\w+)", _tag),
    ("GET", rf"/api/models/{_NAME}/refs", _refs),
    ("GET", rf"/api/models/{_NAME}", _info),
]
