"""With --json there is one JSON object on stdout, whatever is wrong; the words are on stderr as ever."""

import json
import sys

import pytest

import cellfill.fitness.heed
from cellfill import console
from cellfill.cli import app
from cellfill.errors import DataError, FitError, FitLimitsError
from cellfill.fitness.gate import Gate
from conftest import EXAMPLE, MODEL


@pytest.fixture
def failing(monkeypatch, capsys, tmp_path):
    """Run a command that must fail; return its exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("os._exit", sys.exit)

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["cellfill", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            console.run(app)
        said = capsys.readouterr()
        return ended.value.code, said.out, said.err

    return run


OUT = ("--output", "out.h5ad")
FAILURES = {
    "no file": (3, ("impute", "none.h5ad", "--model", MODEL, *OUT)),
    "no model": (4, ("check", EXAMPLE, "--model", "./none")),
    "a model to open that is none": (4, ("doctor", "--offline", "--model", "none.d")),
    "no place": (6, ("impute", EXAMPLE, "--model", MODEL, "--output", "no/folder/out.h5ad")),
    "the Hub": (7, ("pull", "lab/none", "--offline")),
    "an option of nobody": (2, ("impute", EXAMPLE, "--models", MODEL)),
    "a wrong value": (2, ("impute", EXAMPLE, "--model", MODEL, *OUT, "--threads", "0")),
    "a call's own refusal": (2, ("impute", EXAMPLE, "--model", MODEL)),
    "no such command": (2, ("imptue", EXAMPLE)),
    "many files": (2, ("impute", EXAMPLE, EXAMPLE, "--model", MODEL, "--output-dir", "out")),
}


@pytest.mark.parametrize("what", FAILURES)
def test_a_failure_is_one_object_on_stdout(what, failing):
    code, words = FAILURES[what]
    ended, out, err = failing(*words, "--json")
    assert ended == code, err
    (line,) = out.splitlines()
    told = json.loads(line)
    assert list(told) == ["exit_code", "error"]
    assert told["exit_code"] == code
    assert f"Error: {told['error']}" in err.splitlines()


def test_who_asks_for_no_json_gets_none(failing):
    ended, out, err = failing(*FAILURES["no file"][1])
    assert (ended, out) == (3, "")
    assert err


def test_what_was_printed_as_json_is_all_there_is(failing, monkeypatch):
    def found_and_fell(_model):
        console.print_json({"sound": False})
        raise DataError("afterwards")

    monkeypatch.setattr("cellfill.loading.verify", found_and_fell)
    ended, out, err = failing("verify", MODEL, "--json")
    assert ended == 3
    assert json.loads(out) == {"sound": False}
    assert "afterwards" in err


@pytest.mark.parametrize(
    ("gate", "require", "code"),
    [("does not fit", "limits", 9), ("fits with limits", "fits", 8), (None, "limits", 8)],
)
def test_a_fit_that_was_required_has_its_verdict(gate, require, code, failing, monkeypatch):
    gate = gate and Gate(**dict.fromkeys(Gate.__dataclass_fields__, ()) | {"verdict": gate, "reasons": ("Why.",)})

    def impute_file(*_arguments, **_options):
        cellfill.fitness.heed.heed(gate, require, asked=True)

    monkeypatch.setattr("cellfill.calls.imputing.impute_file", impute_file)
    ended, out, _ = failing("impute", EXAMPLE, "--model", MODEL, *OUT, "--require", require, "--json")
    assert ended == code
    told = json.loads(out)
    assert (told["exit_code"], told["verdict"]) == (code, gate.verdict if gate else "not tested")


def test_the_errors_of_a_fit_have_a_verdict_by_themselves():
    assert (FitError.verdict, FitLimitsError.verdict) == ("does not fit", "fits with limits")
