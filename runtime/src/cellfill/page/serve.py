"""Serve the page to this machine alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

from cellfill.errors import BundleError, UsageError
from cellfill.page.site import Site, make_site

_LOOPBACK = "127.0.0.1"
_USUAL = 80  # the port that browsers leave out
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".md": "text/plain; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".tsv": "text/plain; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
}
# The first two isolate the page, without which a browser gives it one thread. The policy is the page's own,
# which does not hold for its workers: they may load their own files and models of the Hub, and nothing else.
_HEADERS = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-cache",
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'none'",
            "script-src 'self' 'wasm-unsafe-eval'",
            "style-src 'self'",
            "img-src 'self' blob: data:",
            "worker-src 'self'",
            "connect-src 'self' https://huggingface.co https://*.huggingface.co https://*.hf.co",
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    ),
}


def serve_page(
    models: Sequence[str | Path] = (),
    *,
    port: int = 8765,
    offline: bool = False,
    ready: Callable[[str, tuple[str, ...]], None] = lambda _url, _models: None,
) -> None:
    """Serve the page on loopback until it is stopped.

    Nothing is sent to this server but requests for the files of the page and of the models: cells stay in the
    browser. It answers to its own names alone, so that no page of another site can read from it.

    Parameters
    ----------
    models
        Models beside the page, as `cellfill.load` takes them; by default all that are here by name.
    port
        Of loopback; 0 for any that is free.
    offline
        Ask the Hub nothing.
    ready
        Called once, with the page's address and the names of the models.

    Raises
    ------
    MissingDependencyError
        When the page is not installed.
    UsageError
        When the port is taken.
    CellfillError
        As `cellfill.load`, of a model.
    """
    site = make_site(models, offline=offline)
    with make_server(site, port=port) as server:
        ready(f"http://{_LOOPBACK}:{server.server_port}/", site.models)
        server.serve_forever(poll_interval=0.2)


def make_server(site: Site, *, port: int) -> ThreadingHTTPServer:
    """Return a server of a site, bound to loopback.

    Raises
    ------
    UsageError
        When the port is taken, or may not be used.
    """

    class Handler(_Handler):
        served = site

    try:
        server = _Server((_LOOPBACK, port), Handler)
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or error
        raise UsageError(f"Port {port} cannot be used: {why}. Choose another with --port, or 0 for any.") from error
    return server


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: who asked went away, as browsers do."""


class _Handler(BaseHTTPRequestHandler):
    served: Site
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "cellfill", ""
    timeout = 30

    def do_GET(self) -> None:
        self._answer(body=True)

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def _answer(self, *, body: bool) -> None:
        if self.headers.get("Host", "") not in self._own_names():
            self._refuse(HTTPStatus.MISDIRECTED_REQUEST, body=body)
            return
        if self._is_of_another_site():
            self._refuse(HTTPStatus.FORBIDDEN, body=body)
            return
        try:
            path = unquote(urlsplit(self.path).path).removeprefix("/") or "index.html"
        except ValueError:
            self._refuse(HTTPStatus.BAD_REQUEST, body=body)
            return
        read = self.served.files.get(path)
        if read is None:
            self._refuse(HTTPStatus.NOT_FOUND, body=body)
            return
        try:
            content = read()
        except (OSError, BundleError):  # it was changed or removed since it was checked
            self._refuse(HTTPStatus.GONE, body=body)
            return
        self._send(HTTPStatus.OK, content, _TYPES.get(Path(path).suffix, "application/octet-stream"), body=body)

    def _own_names(self) -> set[str]:
        assert isinstance(self.server, ThreadingHTTPServer)
        port = self.server.server_port
        names = {_LOOPBACK, "localhost"}
        return {f"{name}:{port}" for name in names} | (names if port == _USUAL else set())

    def _is_of_another_site(self) -> bool:
        """Return whether a page of another site asks, and not a person who follows its link."""
        site, mode = (self.headers.get(f"Sec-Fetch-{name}", "") for name in ("Site", "Mode"))
        return site in ("cross-site", "same-site") and mode != "navigate"

    def _refuse(self, status: HTTPStatus, *, body: bool) -> None:
        self._send(status, f"{status.phrase}\n".encode(), _TYPES[".txt"], body=body)

    def _send(self, status: HTTPStatus, content: bytes, kind: str, *, body: bool) -> None:
        self.send_response(status)
        for name, value in {**_HEADERS, "Content-Type": kind, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        if body:
            self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""
