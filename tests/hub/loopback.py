"""A Hub on loopback that huggingface_hub really talks to: the server, without what it answers."""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from hub.faults import Fault
from hub.routes import ROUTES
from hub.state import TOKEN, File, Repo

__all__ = ["TOKEN", "Fault", "File", "Hub", "Repo"]

_PIECE = 1 << 16
_ENDLESS = 1 << 27


@dataclass
class Answer:
    """What is sent back."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Request:
    """What was asked."""

    hub: Hub
    method: str
    path: str
    query: dict[str, list[str]]
    headers: Any
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def has_token(self) -> bool:
        return self.headers.get("Authorization") == f"Bearer {TOKEN}"

    @property
    def wrong_token(self) -> bool:
        return self.headers.get("Authorization") is not None and not self.has_token


class Hub:
    """The server.

    ``requests`` says what it was asked, ``ranges`` from where, ``tokens`` under which name and with which token;
    ``faults`` says what it does wrong.
    """

    def __init__(self) -> None:
        self.page_size = 2
        self.connections: set[socket.socket] = set()
        self.lock = threading.Lock()
        self.port = 0
        self._server: _Server | None = None
        self.reset()
        self.url = f"http://127.0.0.1:{self.port}"
        self.storage = f"http://localhost:{self.port}"  # another host to a client: it gets no token

    def reset(self) -> None:
        """Forget everything; answer again if it was closed."""
        self.verify, self.all_lfs = "", False  # where it sends who sent a file; whether all files are large ones
        self.repos: dict[str, Repo] = {}
        self.objects: dict[str, bytes] = {}
        self.requests: list[str] = []
        self.faults: list[Fault] = []
        self.ranges: list[tuple[str, int]] = []
        self.tokens: list[tuple[str, str | None]] = []
        if self._server is not None:
            return
        handler = type("Handler", (_Handler,), {"hub": self})
        self._server = _Server(("127.0.0.1", self.port), handler)
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def put(self, name: str, folder: Path, *, private: bool = False) -> str:
        """Commit a folder without a request, as a push by someone else would; return the commit."""
        repo = self.repos.setdefault(name, Repo(private=private))
        content = {p.name: File(p.read_bytes(), lfs=p.suffix == ".onnx") for p in folder.iterdir() if p.is_file()}
        self.objects |= {file.sha256: file.content for file in content.values() if file.lfs}
        return repo.add({**repo.files, **content})

    def asked(self, what: str = "") -> list[str]:
        """Return the requests that hold a text."""
        return [request for request in self.requests if what in request]

    def fault_of(self, request: str) -> Fault | None:
        with self.lock:
            return next((fault for fault in self.faults if fault.hits(request)), None)

    def close(self) -> None:
        """Answer nothing any more, on connections that are open neither."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
        for connection in list(self.connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that were killed."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        self.hub.connections.add(self.connection)

    def finish(self) -> None:
        self.hub.connections.discard(self.connection)
        with suppress(OSError):
            super().finish()

    def log_message(self, *_arguments: Any) -> None:
        """Say nothing."""

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        said = f"{self.command} {unquote(parts.path)}"
        self.hub.requests.append(said)
        self.hub.tokens.append((self.headers.get("Host", ""), self.headers.get("Authorization")))
        query = parse_qs(parts.query, keep_blank_values=True)
        request = Request(self.hub, self.command, unquote(parts.path), query, self.headers, body)
        fault = self.hub.fault_of(said)
        if fault is not None and fault.do is not None:
            fault.do()
        if fault is not None and fault.kind == "status":
            code = {"X-Error-Code": fault.code} if fault.code else {}
            return self._send(Answer(fault.status, b'{"error": "on purpose"}', code), None)
        return self._send(_dispatch(request), fault)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _answer  # noqa: N815

    def _send(self, answer: Answer, fault: Fault | None) -> None:
        body, kind = answer.body, fault.kind if fault else ""
        if fault is not None:
            answer.headers.update(fault.headers)
            answer.status = fault.instead or answer.status
            body = body if fault.body is None else fault.body
        if kind == "corrupt" and fault is not None and body:
            at = fault.at % len(body)
            body = body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
        if kind == "etag":
            answer.headers["ETag"] = answer.headers["X-Linked-Etag"] = f'"{"e" * 40}"'
        length = int(answer.headers.pop("Content-Length", len(body))) + (kind == "size")
        self.send_response(answer.status)
        for name, value in {"Content-Type": "application/json", **answer.headers}.items():
            self.send_header(name, value)
        if kind == "endless":
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(length))
        if kind == "drip" and fault is not None:
            return self._drip(b"" if self.command == "HEAD" else body, fault.seconds)
        if kind == "hangup" and fault is not None:
            return self._hang_up(b"" if self.command == "HEAD" else body, fault.at)
        self.end_headers()
        if self.command != "HEAD":
            self._send_body(body, fault)

    def _hang_up(self, body: bytes, at: int) -> None:
        head = b"".join([*self._headers_buffer, b"\r\n"])  # type: ignore[attr-defined]
        self._headers_buffer: list[bytes] = []
        self.wfile.write((head + body)[:at])
        self.close_connection = True

    def _drip(self, body: bytes, seconds: float) -> None:
        head = b"".join([*self._headers_buffer, b"\r\n"])  # type: ignore[has-type]
        self._headers_buffer: list[bytes] = []
        self.close_connection = True
        with suppress(OSError):
            for byte in head + body:
                self.wfile.write(bytes([byte]))
                time.sleep(seconds)

    def _send_body(self, body: bytes, fault: Fault | None) -> None:
        kind = fault.kind if fault else ""
        try:
            if kind == "endless":
                for piece in (body, *([bytes(_PIECE)] * (_ENDLESS // _PIECE))):
                    self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
                self.wfile.write(b"0\r\n\r\n")
                return
            cut = fault is not None and kind == "cut"
            for piece in _pieces(body[: fault.at] if cut else body):  # type: ignore[union-attr]
                if fault is not None and kind == "slow":
                    time.sleep(fault.seconds)
                self.wfile.write(piece)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
            return
        if cut or kind == "size":
            self.close_connection = True


def _pieces(body: bytes) -> Iterable[bytes]:
    return (body[start : start + _PIECE] for start in range(0, len(body), _PIECE))


def _dispatch(request: Request) -> Answer:
    for method, pattern, needs_token, handle in ROUTES:
        match = pattern.fullmatch(request.path)
        if match is None or request.method not in method.split():
            continue
        if request.wrong_token:
            message = {"X-Error-Message": "Invalid credentials in Authorization header"}
            return Answer(401, b'{"error": "Invalid credentials in Authorization header"}', message)
        if needs_token and not request.has_token:
            return Answer(401, b'{"error": "Unauthorized"}')
        status, content, *headers = handle(request, *match.groups())
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        return Answer(status, body, dict(*headers))
    return Answer(404, json.dumps({"error": f"no such route: {request.method} {request.path}"}).encode())
