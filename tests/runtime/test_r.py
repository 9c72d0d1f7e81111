"""The R blocks of docs/r.md, in R: a section at a time, as someone would who types them.

They need Rscript, and each the packages that it loads; what is not here is skipped. Arrays pass between R and
Python only where reticulate knows this numpy: Debian's does with the lowest versions (`tests/versions.py`).
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from anndata import read_h5ad
from scipy.io import mmwrite

from conftest import EXAMPLE, MODEL, ROOT

PAGE = (ROOT / "docs" / "r.md").read_text()
SECTIONS = dict(re.findall(r"^## (.+)\n((?:(?!^## ).*\n)*)", PAGE, flags=re.M))
BLOCK = re.compile(r"(<!-- not run: .+ -->\n)?^```(r|bash)\n(.*?)^```$", flags=re.M | re.S)
ARRAYS = "In memory"
LACKS = "lacks <- function(what) { cat(what); quit(status = 77) }"
# What a reader has: `counts`, genes x cells.
COUNTS = """
counts <- as(Matrix::readMM("own.mtx"), "CsparseMatrix")
dimnames(counts) <- list(readLines("genes.txt"), readLines("cells.txt"))
"""


def blocks(section):
    """Return language and text of what is run."""
    return [(language, text) for skipped, language, text in BLOCK.findall(SECTIONS[section]) if not skipped]


def script(section):
    """Return a section as one script, which ends with 77 where something that it needs is not here."""
    typed = [text if of == "r" else f"stopifnot(system({text.strip()!r}) == 0)\n" for of, text in blocks(section)]
    needed = ["Matrix", *re.findall(r"^library\((\w+)\)", "".join(typed), flags=re.M)]
    asked = [f'if (!nzchar(system.file(package = "{name}"))) lacks("R\'s package {name}")' for name in needed]
    if section == ARRAYS:
        asked.append('if (!reticulate::py_numpy_available(TRUE)) lacks("a reticulate that knows this numpy")')
    return "\n".join([LACKS, *asked, COUNTS, *typed])


def r(code, folder):
    environment = os.environ | {
        "CELLFILL_MODELS": str(MODEL.parent),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "RETICULATE_PYTHON": sys.executable,
    }
    command = ["Rscript", "--vanilla", "-e", code]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=300
    )


@pytest.fixture
def folder(tmp_path):
    """What a reader has: their cells in a file, and as a matrix of R."""
    if shutil.which("Rscript") is None:
        pytest.skip("Rscript is not here: apt install r-base-core r-cran-reticulate")
    cells = read_h5ad(EXAMPLE)[:100].copy()
    cells.write_h5ad(tmp_path / "cells.h5ad")
    mmwrite(tmp_path / "own.mtx", cells.X.T.tocsc().astype(int))
    (tmp_path / "genes.txt").write_text("\n".join(cells.var_names) + "\n")
    (tmp_path / "cells.txt").write_text("\n".join(cells.obs_names) + "\n")
    return tmp_path


@pytest.mark.parametrize("section", list(SECTIONS))
def test_what_the_page_on_r_says_runs_in_r(section, folder):
    assert blocks(section)
    done = r(script(section), folder)
    if done.returncode == 77:
        pytest.skip(f"{done.stdout.splitlines()[-1]} is not here")
    assert done.returncode == 0, done.stderr


def test_a_block_that_fails_in_r_is_seen(folder):
    assert r("stopifnot(FALSE)", folder).returncode == 1


def test_each_way_that_the_page_names_is_run():
    assert set(SECTIONS) == {"By files", "By reticulate", ARRAYS, "A SingleCellExperiment", "A Seurat assay"}
