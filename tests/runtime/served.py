"""A server of files on loopback, with ranges, that does as it is told: without ranges, with a password, dying."""

from __future__ import annotations

import base64
import re
import socket
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

USER, PASSWORD = "curie", "po/lo nium"
QUOTED = "curie:po%2Flo%20nium"


class Served:
    """A folder that is served.

    Attributes
    ----------
    ranges
        ``yes``; ``ignored``, as by a server that knows none; ``denied``, by one that says so.
    asks_who
        Whether it wants `USER` and `PASSWORD`.
    left
        After so many requests it answers none any more, and cuts all connections; None for never.
    asked
        What it was asked: method, path, query, range.
    """

    def __init__(self, folder):
        self.folder, self.ranges, self.asks_who, self.left = folder, "yes", False, None
        self.asked, self.bytes = [], 0
        self.connections, self.lock = set(), threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"served": self}))
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None
        self.host = f"127.0.0.1:{self._server.server_port}"
        self.url = f"http://{self.host}"
        self.url_of_user = f"http://{QUOTED}@{self.host}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def is_alive(self):
        """Count a request."""
        with self.lock:
            if self.left is not None:
                self.left -= 1
            return self.left is None or self.left >= 0

    def cut(self):
        """Cut all connections."""
        for connection in list(self.connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self.cut()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self):
        super().setup()
        self.served.connections.add(self.connection)

    def finish(self):
        self.served.connections.discard(self.connection)
        with suppress(OSError):
            super().finish()

    def log_message(self, *_arguments):
        """Say nothing."""

    def do_HEAD(self):
        self._answer()

    def do_GET(self):
        self._answer()

    def _answer(self):
        served, parts = self.served, urlsplit(self.path)
        path, asked = unquote(parts.path), self.headers.get("Range")
        served.asked.append((self.command, path, parts.query, asked))
        if not served.is_alive():
            self.close_connection = True
            served.cut()
            return
        known = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        file = served.folder / path.lstrip("/")
        if served.asks_who and self.headers.get("Authorization") != f"Basic {known}":
            self._say(401, b"who?")
        elif not file.is_file():
            self._say(404, b"nothing")
        else:
            self._send(file, asked)

    def _send(self, file, asked):
        content, about = file.read_bytes(), file.stat()
        said = {"ETag": f'"{about.st_mtime_ns:x}-{about.st_size:x}"'}
        if self.served.ranges != "ignored":
            said["Accept-Ranges"] = "bytes" if self.served.ranges == "yes" else "none"
        place = re.fullmatch(r"bytes=(\d*)-(\d*)", asked or "")
        if place is None or self.served.ranges != "yes":
            self._say(200, content, **said)
            return
        start, end = int(place[1] or len(content) - int(place[2])), len(content) - 1
        end = min(int(place[2] or end), end) if place[1] else end
        said["Content-Range"] = f"bytes {start}-{end}/{len(content)}"
        self._say(206, content[start : end + 1], **said)

    def _say(self, status, body, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.served.bytes += len(body)
            self.wfile.write(body)
