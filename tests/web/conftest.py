"""The built page, served as `cellfill web` serves it, in a headless Chromium of which every request is known."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest

from cellfill.errors import MissingDependencyError
from cellfill.page.serve import make_server
from cellfill.page.site import make_site
from conftest import MODEL, ROOT
from report.browser import open_browser

MODELS = (MODEL, ROOT / "model_cards" / "human-pbmc-types")


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    with open_browser() as opened:
        yield opened


@contextmanager
def serving(models: Any) -> Iterator[str]:
    """Yield the address of the page with some models; where it is not built the test is skipped, and says so."""
    try:
        site = make_site(models)
    except MissingDependencyError as error:
        pytest.skip(str(error))
    with make_server(site, port=0) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    with serving(MODELS) as found:
        yield found


@dataclass
class Visit:
    """A page, and what happened while it was open."""

    page: Any
    address: str
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def elsewhere(self) -> list[str]:
        """Return what was asked of anybody but the page's own server."""
        own = urlsplit(self.address).netloc
        return [
            url for url in self.requests if not url.startswith(("blob:", "data:")) and urlsplit(url).netloc != own
        ]


@contextmanager
def visit(browser: Any, address: str, *, width: int = 1100, scheme: str = "light") -> Iterator[Visit]:
    """Open the page and yield it with all that it asked for and complained of."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, accept_downloads=True
    )
    found = Visit(page=context.new_page(), address=address)
    # Of the context: what workers ask for is among it.
    context.on("request", lambda request: found.requests.append(request.url))
    found.page.on("console", lambda message: found.complaints.append(message.text))
    found.page.on("pageerror", lambda error: found.complaints.append(str(error)))
    found.page.on("dialog", lambda dialog: (found.complaints.append(dialog.message), dialog.dismiss()))
    found.page.goto(address)
    try:
        yield found
    finally:
        context.close()
