"""A tiny model, trained once for all tests on real cells."""

from __future__ import annotations

from typing import Any

import pytest

from conftest import DATA
from training.tiny import TINY


@pytest.fixture(scope="session")
def studies() -> Any:
    from cellfill_training import read_study

    return [read_study(DATA / "pbmc3k_400.h5ad"), read_study(DATA / "pbmc_donor_a_300.h5ad")]


@pytest.fixture(scope="session")
def tiny(studies: Any, tmp_path_factory: Any) -> Any:
    """The folder of a model trained on one study and judged on the other."""
    from cellfill_training import fit, options_for

    folder = tmp_path_factory.mktemp("models") / "tiny"
    fit(studies[:1], out=folder, options=options_for("default", **TINY), held_out=studies[1:])
    return folder
