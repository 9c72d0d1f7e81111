"""The benchmarks are scripts: what they import lies in their folders, by the name of the folder."""

import sys

import pytest

from conftest import ROOT

for folder in ("benchmarks", "benchmarks/accuracy/workers"):
    sys.path.append(str(ROOT / folder))


@pytest.fixture
def lines(tmp_path):
    """A data folder whose one dataset is in the table of settings, and has no pre-trained model."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "mix5cl_celseq2.h5ad").symlink_to(ROOT / "tests" / "data" / "cell_lines_150.h5ad")
    return tmp_path / "data"
