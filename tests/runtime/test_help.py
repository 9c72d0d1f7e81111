"""What --help says: what most need first, every option in a group, nothing cut off."""

import inspect
import os
import subprocess
import sys

import pytest
import typer

from cellfill.cli.program import COMMANDS, app
from cellfill_training.cli.program import COMMANDS as TRAINING


def said(*arguments):
    line = [sys.executable, "-m", "cellfill.cli", *arguments]
    done = subprocess.run(line, capture_output=True, text=True, check=True)
    return done.stdout


def headings(text):
    """Return the headings of a help text and the lines below each."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        if line.endswith(":") and not line.startswith(" "):
            lines = found.setdefault(line[:-1], [])
        elif found:
            lines.append(line)
    return found


def test_commands_come_in_groups_impute_first_and_no_summary_is_cut():
    text = said("--help")
    groups = headings(text)
    assert list(groups) == ["Options", "Use a model", "Does a model fit", "Models", "This machine"]
    assert "..." not in text.partition("Options:")[2]
    names = [line.split()[0] for lines in groups.values() for line in lines if line[2:3].isalpha()]
    assert names == list(COMMANDS)
    assert names[0] == "impute"


def test_what_is_said_of_a_command_is_the_first_sentence_of_its_own_help():
    for name, listed in (COMMANDS | TRAINING).items():
        said_in_full = " ".join((inspect.getdoc(listed.function) or "").split())
        assert said_in_full.startswith(listed.summary), name
        assert listed.summary.endswith("."), name


@pytest.mark.parametrize("program", ["cellfill.cli", "cellfill_training.cli"])
def test_every_summary_is_one_line_under_sixty_characters(program):
    listed = COMMANDS if program == "cellfill.cli" else TRAINING
    assert max(len(command.summary) for command in listed.values()) < 60
    line = [sys.executable, "-m", program, "--help"]
    done = subprocess.run(line, capture_output=True, text=True, check=True, env=os.environ | {"COLUMNS": "80"})
    lines = {line.strip() for line in done.stdout.splitlines()}
    width = max(map(len, listed))
    for name, command in listed.items():
        assert any(f"{name:<{wide}}  {command.summary}" in lines for wide in range(len(name), width + 1)), name


@pytest.mark.parametrize("command", [(), *((name,) for name in ("impute", "check", "align", "report"))])
def test_h_is_help(command):
    assert said(*command, "-h") == said(*command, "--help")


def test_every_option_of_impute_is_in_a_group():
    groups = headings(said("impute", "--help"))
    assert list(groups) == [
        "Arguments", "What most need", "Your data", "Model", "Result", "Machine", "Options",
    ]  # fmt: skip
    assert [line.split()[:2] for line in groups["Options"] if line.strip()] == [["-h,", "--help"]]
    assert {line.split()[0] for line in groups["What most need"] if line[2:3] == "-"} >= {"-o,", "--model"}


def test_every_command_prints_json_where_it_is_asked_to():
    """A flag, of stdout; `tests/end_to_end/test_no_trace.py` runs each with it, and reads what it prints."""
    commands = typer.main.get_command(app).commands
    assert set(commands) == set(COMMANDS)
    for name, command in commands.items():
        (flag,) = [option for option in command.params if "--json" in option.opts]
        assert flag.is_flag, name


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("train", "'cellfill-train'"), ("fit", "'cellfill-train fit'"), ("imput", "'impute'")],
)
def test_a_command_of_the_other_program_is_named_and_none_that_is_spelt_like_it(typed, meant):
    line = [sys.executable, "-m", "cellfill.cli", typed, "x"]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert f"No such command {typed!r}. Did you mean {meant}?" in done.stderr


@pytest.mark.parametrize(
    ("typed", "said_of_it"),
    [
        (
            ("--likelihood", "gauss", "--architecture", "dca"),
            "Invalid value for '--likelihood': 'gauss' is not one of",
        ),
        (("--learning-rate", "-1"), "Error: --learning-rate is -1.0, --weight-decay 1.0: the first"),
        (("--genes", "10", "--task", "annotate", "--labels", "x"), "Error: --genes is 10: many a shallow cell"),
        (("--dropout", "0.99"), "Error: --dropout is 0.99; it must be at most 0.95."),
        (("--architecture", "goa"), "Error: There is no architecture 'goa'; did you mean 'goae'?"),
        (("--architecture", "dca", "--epochs", "3"), "Error: dca has no --epochs; did you mean --max-epochs?"),
    ],
)
def test_a_wrong_value_is_said_by_the_name_that_was_typed(tmp_path, typed, said_of_it):
    line = [
        sys.executable,
        "-m",
        "cellfill_training.cli",
        "fit",
        "max_epochs.h5ad",
        "--out",
        str(tmp_path / "m"),
        *typed,
    ]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert said_of_it in done.stderr
    assert "Value error" not in done.stderr


def test_a_path_that_is_called_like_an_option_stays_as_it_is(tmp_path):
    line = [sys.executable, "-m", "cellfill_training.cli", "fit", "max_epochs.h5ad", "--out", str(tmp_path / "m")]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert "max_epochs.h5ad" in done.stderr
