"""A headless Chromium that looks at a page as a person does: its pictures, its colours, its keys."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


@contextmanager
def open_browser() -> Iterator[Any]:
    """Yield a browser; where there is none, skip the test and say so."""
    program = next((found for name in _NAMES if (found := shutil.which(name))), None)
    if program is None:
        pytest.skip(f"No Chromium is installed (looked for {', '.join(_NAMES)}): apt-get install chromium.")
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install playwright.")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(_ARGUMENTS))
        yield browser
        browser.close()


@dataclass
class Seen:
    """A page, and what happened while it was opened."""

    page: Any
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def ask(self, script: str, *arguments: Any) -> Any:
        """Run a function of `LOOKING` in the page, from outside: the page itself allows no script."""
        return self.page.evaluate(f"(given) => {{ {LOOKING}; return {script}; }}", arguments)

    def open_all(self) -> None:
        """Unfold what is folded."""
        self.page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")


@contextmanager
def seen(browser: Any, path: Path, *, width: int = 1100, scheme: str = "light") -> Iterator[Seen]:
    """Open a file of the disk and yield it with all that it asked for and complained of."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    found = Seen(page=context.new_page())
    found.page.on("console", lambda message: found.complaints.append(message.text))
    found.page.on("pageerror", lambda error: found.complaints.append(str(error)))
    found.page.on("dialog", lambda dialog: (found.complaints.append(dialog.message), dialog.dismiss()))
    found.page.on("request", lambda request: found.requests.append(request.url))
    found.page.goto(path.as_uri())
    yield found
    context.close()


LOOKING = r"""
const channels = (text) => {
  const found = text.match(/[\d.]+/g);
  return found === null ? null : [...found.slice(0, 3).map(Number), found.length > 3 ? Number(found[3]) : 1];
};
const luminance = (color) => {
  const [r, g, b] = color.slice(0, 3).map((value) => {
    const share = value / 255;
    return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const behind = (element) => {
  for (let at = element; at; at = at.parentElement) {
    const color = channels(getComputedStyle(at).backgroundColor);
    if (color && color[3] === 1) return color;
  }
  return matchMedia('(prefers-color-scheme: dark)').matches ? [18, 18, 18, 1] : [255, 255, 255, 1];
};
const contrasts = () => {
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim();
    const element = walker.currentNode.parentElement;
    if (!text || element.getClientRects().length === 0) continue;
    const style = getComputedStyle(element);
    const color = channels(element.closest('svg') ? style.fill : style.color);
    const pair = [luminance(color), luminance(behind(element))].sort((a, b) => b - a);
    found.push([text.slice(0, 40), (pair[0] + 0.05) / (pair[1] + 0.05)]);
  }
  return found;
};
const beyond = () => [...document.body.querySelectorAll('*')]
  .filter((e) => !e.closest('.scroll, svg *, .skip') && e.getBoundingClientRect().right > innerWidth + 0.5)
  .map((e) => `${e.tagName}.${e.className}`);
const clipped = () => [...document.querySelectorAll('figure svg text')].filter((text) => {
  const own = text.getBoundingClientRect();
  const picture = text.closest('svg').getBoundingClientRect();
  return own.left < picture.left - 1 || own.right > picture.right + 1 || own.bottom > picture.bottom + 1;
}).map((text) => text.textContent);
const focused = () => {
  const at = document.activeElement;
  const style = getComputedStyle(at);
  return [at.tagName, at.getAttribute('href') ?? at.textContent.trim().slice(0, 200), style.outlineStyle];
};
"""
