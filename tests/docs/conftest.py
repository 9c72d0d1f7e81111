"""The site, built once, as strictly as it can be."""

from __future__ import annotations

import subprocess
import sys

import pytest

from conftest import ROOT
from docs.html_page import Page


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """Every page of the built site, by its name."""
    place = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html"]
    done = subprocess.run(
        [*command, "-d", str(place / "trees"), str(ROOT / "docs"), str(place / "html")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return {path.stem: Page(path) for path in (place / "html").glob("*.html")}
