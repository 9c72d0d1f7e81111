"""A tiny model, trained once for all tests on real cells."""

from __future__ import annotations

from typing import Any

import pytest

from conftest import DATA
from listening import Heard
from training.tiny import TINY


@pytest.fixture(scope="session")
def studies() -> Any:
    from cellfill_training import read_study

    return [read_study(DATA / "pbmc3k_400.h5ad"), read_study(DATA / "pbmc_donor_a_300.h5ad")]


@pytest.fixture(scope="session")
def _trained(studies: Any, tmp_path_factory: Any) -> Any:
    from cellfill.progress import listening
    from cellfill_training import fit, options_for

    folder, heard = tmp_path_factory.mktemp("models") / "tiny", Heard()
    with listening(heard):
        fit(studies[:1], out=folder, options=options_for("default", **TINY), held_out=studies[1:])
    return folder, heard


@pytest.fixture(scope="session")
def tiny(_trained: Any) -> Any:
    """The folder of a model trained on one study and judged on the other."""
    return _trained[0]


@pytest.fixture(scope="session")
def phases_of_tiny(_trained: Any) -> Any:
    """What was heard while it was trained."""
    return _trained[1]
