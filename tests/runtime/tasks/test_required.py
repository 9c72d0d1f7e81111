"""Naming and placing cells do nothing where more is required of the model than it does on these cells."""

from dataclasses import replace

import anndata
import numpy as np
import pytest
from typer.testing import CliRunner

import cellfill
from cellfill.bundle import read_bundle
from cellfill.bundle.manifest import Evaluation, Score
from cellfill.cli import app
from cellfill.errors import FitError, FitLimitsError, UsageError
from cellfill.tasks.annotation import task as naming
from cellfill.tasks.embedding import verdict as placing
from runtime import bundles
from runtime.tasks.known import known_cells

CODES = {"fits": 0, "fits with limits": 8, "not tested": 8, "does not fit": 9}
DONE = {"annotate": "named", "embed": "placed"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return bundles.make(tmp_path_factory.mktemp("models") / "small", tasks=("annotate", "embed"))


@pytest.fixture
def says(monkeypatch):
    """Let both verdicts be what they are told to be."""
    find = naming.find_types

    def say(verdict):
        def found(*arguments, **options):
            return replace(find(*arguments, **options), verdict=verdict)

        monkeypatch.setattr(naming, "find_types", found)
        monkeypatch.setattr(placing, "judge", lambda _evidence: (verdict, ("Because.",)))

    return say


@pytest.mark.filterwarnings("ignore::cellfill.FitWarning")
@pytest.mark.parametrize("task", DONE)
@pytest.mark.parametrize("require", ["fits", "limits"])
@pytest.mark.parametrize("verdict", CODES)
def test_what_is_required_is_kept_or_nothing_is_done(folder, says, task, require, verdict, tmp_path):
    says(verdict)
    cells, before = known_cells(), known_cells()
    cells.write_h5ad(tmp_path / "in.h5ad")
    in_memory, to_file = getattr(cellfill, task), getattr(cellfill, f"{task}_file")
    source, target = tmp_path / "in.h5ad", tmp_path / "out.h5ad"
    if verdict in {"fits", *(("fits with limits",) if require == "limits" else ())}:
        in_memory(cells, model=folder, require=require)
        to_file(source, target, model=folder, require=require)
        assert list(anndata.read_h5ad(target).uns) == list(cells.uns)
        return
    for call in (
        lambda: in_memory(cells, model=folder, require=require),
        lambda: to_file(source, target, model=folder, require=require),
    ):
        with pytest.raises(FitError, match=rf"so nothing was {DONE[task]}.*cellfill recommend") as refused:
            call()
        assert refused.value.exit_code == CODES[verdict]
        assert refused.value.verdict == verdict
        assert isinstance(refused.value, FitLimitsError) == (CODES[verdict] == 8)
    assert (list(cells.obs), list(cells.obsm), list(cells.uns)) == (list(before.obs), [], [])
    assert [path.name for path in tmp_path.iterdir()] == ["in.h5ad"]


@pytest.mark.parametrize("task", DONE)
def test_the_program_ends_with_the_code_of_the_check(folder, task, tmp_path):
    """Too few cells to tell: nothing is written, and nothing that is there is touched."""
    known_cells(10).write_h5ad(tmp_path / "in.h5ad")
    paths = (str(tmp_path / "in.h5ad"), "--model", str(folder), "--output", str(tmp_path / "out.h5ad"))
    assert CliRunner().invoke(app, [task, *paths]).exit_code == 0
    before = (tmp_path / "out.h5ad").read_bytes()
    done = CliRunner().invoke(app, [task, *paths, "--require", "limits", "--force"])
    assert isinstance(done.exception, FitLimitsError)  # which ends the program with 8
    assert f"nothing was {DONE[task]}" in str(done.exception)
    assert (tmp_path / "out.h5ad").read_bytes() == before


def test_a_requirement_without_a_check_is_refused(folder):
    with pytest.raises(UsageError, match="--no-unknown"):
        cellfill.annotate(known_cells(), model=folder, unknown=False, require="limits")


def test_a_model_whose_own_figures_say_nothing_for_its_places_fits_with_limits():
    """Applied to cells like those that trained it, it was said to fit."""
    evidence = placing.Evidence(cells=300, likeness=0.95, unlike=np.nan, coverage=1.0, genes=1.0, told=-0.01)
    verdict, why = placing.judge(evidence)
    assert verdict == "fits with limits"
    assert "own figures" in why[-1]


@pytest.mark.parametrize(
    ("own", "other", "told"),
    [
        (0.05, 0.1, (0.05, 0.1)),
        (-0.01, 0.1, (-0.01, 0.1)),
        (-0.01, -0.02, (np.nan, np.nan)),
        (None, 0.1, (np.nan, 0.1)),
    ],
)
def test_own_figures_say_something_where_any_way_told_something(folder, own, other, told):
    """Of thirty cells nothing is told, by no way: that says nothing against the model."""
    values = {"cellfill": own, "principal components of the same cells": other, "gene mean x library": 0.0}
    scores = tuple(
        Score(method=method, values={"deviance_explained": value} if value is not None else {})
        for method, value in values.items()
    )
    manifest = read_bundle(folder).manifest
    judged = Evaluation(data="x", protocol="y", task="embed", estimate=None, cells=9, entries=0, scores=scores)
    np.testing.assert_equal(placing.told_by(replace(manifest, evaluations=(judged,))), told)
