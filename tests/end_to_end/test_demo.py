"""``make demo`` as a newcomer meets it: types, a verdict, imputed counts, a page, and lines for scanpy."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest
from anndata import read_h5ad

from conftest import ROOT

LINES = (ROOT / "examples" / "go_on.py").read_text()


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """A folder with what the demo reads."""
    clone = tmp_path_factory.mktemp("clone")
    shutil.copy(ROOT / "Makefile", clone)
    shutil.copytree(ROOT / "examples", clone / "examples")
    (clone / "model_cards").symlink_to(ROOT / "model_cards")
    return clone


@pytest.fixture(scope="module")
def said(clone):
    """What it prints; what it installs is here already."""
    installed = f"{sys.prefix}/.runtime"
    done = subprocess.run(
        ["make", "-o", installed, "demo", f"VENV={sys.prefix}"],
        cwd=clone,
        capture_output=True,
        text=True,
        check=False,
        env={k: v for k, v in os.environ.items() if k != "MAKEFLAGS"},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")
def test_it_ends_in_something_to_see(said, clone):
    adata = read_h5ad(clone / "demo-output" / "pbmc.h5ad")
    assert "cell_type" in adata.obs
    assert "imputed" in adata.layers
    page = (clone / "demo-output" / "report.html").read_text()
    assert all(gene in page for gene in ("CD14", "MS4A1", "CD8B", "NKG7"))
    assert page.count("<svg") > 5
    assert "open demo-output/report.html" in said


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")
def test_the_lines_that_it_prints_go_on_in_scanpy(said, clone):
    code = [line for line in LINES.splitlines()[2:] if line]
    printed = said.partition("Then go on in scanpy.")[2].partition("pip install")[0]
    assert [line.strip() for line in printed.splitlines() if line.strip() in code] == code
    done = subprocess.run(
        [sys.executable, "examples/go_on.py"],
        cwd=clone,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"MPLBACKEND": "agg"},
    )
    assert done.returncode == 0, done.stderr
    assert (clone / "demo-output" / "umap.png").stat().st_size > 10_000
