"""Fixtures that every test can use: the shipped data and the shipped model."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["CELLFILL_DEBUG"] = "1"  # what nobody foresaw is a traceback in the tests

settings.register_profile("unhurried", deadline=None)  # a busy machine proves nothing of an example
settings.load_profile("unhurried")

# Where whoever started the tests ignores a signal, programs that they start would, too; one that is handled is not.
for number in (signal.SIGINT, getattr(signal, "SIGHUP", signal.SIGINT)):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, lambda *_: None)

ROOT = Path(__file__).parents[1]
DATA = ROOT / "tests" / "data"
MODEL = ROOT / "model_cards" / "human-pbmc"
EXAMPLE = ROOT / "examples" / "pbmc_sorted_300.h5ad"


@pytest.fixture(scope="session")
def model() -> Any:
    import cellfill

    return cellfill.load(MODEL)


@pytest.fixture(scope="session")
def _example() -> Any:
    from anndata import read_h5ad

    return read_h5ad(EXAMPLE)


@pytest.fixture
def example(_example: Any) -> Any:
    """300 sorted PBMC, raw counts; a copy that the test may change."""
    return _example.copy()
