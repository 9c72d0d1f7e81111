"""Who wants to hear nothing hears nothing: the exit code is the answer, and --json has all of it."""

import json
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

import cellfill.loading
import cellfill.ranking.rank
from cellfill.cli import app
from conftest import EXAMPLE, MODEL

UNFIT = SimpleNamespace(
    verdict="does not fit",
    outcome="none fits",
    describe=lambda **_how: "a sentence",
    to_dict=lambda: {"verdict": "does not fit"},
)


@pytest.mark.parametrize("words", [("check", "--model", str(MODEL)), ("recommend",)], ids=["check", "recommend"])
def test_quiet_prints_nothing_and_exits_as_ever(monkeypatch, words):
    model = SimpleNamespace(
        manifest=SimpleNamespace(tasks=("impute",), name="a", studies=()), check=lambda *_a, **_options: UNFIT
    )
    monkeypatch.setattr(cellfill.loading, "loaded", lambda *_a, **_options: model)
    monkeypatch.setattr(cellfill.ranking.rank, "recommend", lambda *_a, **_options: UNFIT)

    def run(*more):
        done = CliRunner().invoke(app, [words[0], str(EXAMPLE), *words[1:], *more])
        assert done.exit_code == 9, done.output
        return done

    assert run().stdout == "a sentence\n"
    quiet = run("--quiet")
    assert (quiet.stdout, quiet.stderr) == ("", "")
    assert json.loads(run("--quiet", "--json").stdout) == {"verdict": "does not fit"}
