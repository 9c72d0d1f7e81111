"""Whatever becomes of the terminal, the disk behind it and the system: one line, an exit code, no traceback."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import EXAMPLE, MODEL

FULL = Path("/dev/full")
pytestmark = pytest.mark.skipif(not FULL.exists(), reason="needs a device that is always full")
PRINTING = {
    "--version": ["--version"],
    "--help": ["--help"],
    "impute --help": ["impute", "--help"],
    "list": ["list"],
    "list --json": ["list", "--json"],
    "show": ["show", str(MODEL)],
    "show --json": ["show", str(MODEL), "--json"],
    "verify": ["verify", str(MODEL)],
    "verify --json": ["verify", str(MODEL), "--json"],
    "align": ["align", str(EXAMPLE), "--model", str(MODEL)],
    "align --json": ["align", str(EXAMPLE), "--model", str(MODEL), "--json"],
}


def run(command, *, before="", stdout="", **environment):
    """Run a command in a shell, so that what it prints goes where the shell says."""
    line = 'exec "$@"' if not stdout else f'exec "$@" {stdout}'
    return subprocess.run(
        ["sh", "-c", f"{before} {line}", "sh", sys.executable, "-m", "cellfill.cli", *command],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "CELLFILL_DEBUG": "", "COLUMNS": "100", **environment},
    )


def one_line(done):
    assert sum(line.startswith("Error: ") for line in done.stderr.splitlines()) == 1, done.stderr
    assert done.stderr.splitlines()[-1].startswith("Error: ")
    assert "Traceback" not in done.stderr
    return done.stderr.splitlines()[-1]


@pytest.mark.parametrize("command", PRINTING)
def test_what_cannot_be_printed_is_said_and_is_no_success(command, tmp_path):
    done = run(PRINTING[command], stdout="> /dev/full", HF_HUB_CACHE=str(tmp_path))
    assert done.returncode == 6, (done.returncode, done.stderr)
    assert "could not be printed, or not to its end: [Errno 28] No space left on device" in one_line(done)


@pytest.mark.parametrize(("where", "why"), [(">&-", "standard output is closed"), ("| true", "")])
def test_who_reads_no_more_is_no_reason_for_a_traceback(where, why):
    if where == ">&-":
        done = run(PRINTING["show --json"], stdout=where)
        assert done.returncode == 6
        assert why in one_line(done)
    else:
        reader, writer = os.pipe()
        os.close(reader)
        command = [sys.executable, "-m", "cellfill.cli", *PRINTING["show --json"]]
        done = subprocess.run(
            command, check=False, stdout=writer, stderr=subprocess.PIPE, text=True, env=os.environ
        )
        os.close(writer)
        assert done.returncode == 6
        assert "nobody reads it any more" in one_line(done)


@pytest.mark.parametrize("command", [name for name in PRINTING if "--json" not in name])
def test_a_reader_of_text_who_has_enough_is_no_error(command, tmp_path):
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "cellfill.cli", *PRINTING[command]],
        check=False,
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "COLUMNS": "100", "HF_HUB_CACHE": str(tmp_path)},
    )
    os.close(writer)
    assert done.returncode == 141, done.stderr
    assert "Error" not in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("where", ["2>&-", "2> /dev/full"])
def test_talk_that_nobody_hears_is_lost_and_data_are_not(where):
    done = run(PRINTING["show --json"], stdout=where)
    assert done.returncode == 0
    assert json.loads(done.stdout)["name"] == "human-pbmc"
    done = run(["show", "nowhere/at/all"], stdout=where)
    assert (done.returncode, done.stdout) == (4, "")


UNFORESEEN = """
import sys
from cellfill import console
from cellfill.cli import find as cli_find
def show(*_arguments, **_options):
    raise {error}
import cellfill.hub
cellfill.hub.show = show
from cellfill.cli import main
sys.argv = ["cellfill", "show", "anything"]
main()
"""


def unforeseen(error, **environment):
    return subprocess.run(
        [sys.executable, "-c", UNFORESEEN.format(error=error)],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "CELLFILL_DEBUG": "", **environment},
    )


@pytest.mark.parametrize(
    "error", ["KeyError('x')", "OSError(5, 'Input/output error')", "ZeroDivisionError('a\\nb')"]
)
def test_what_nobody_foresaw_is_one_line_that_says_how_to_see_the_rest(error):
    done = unforeseen(error)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "CELLFILL_DEBUG=1" in one_line(done)
    assert "Traceback" in unforeseen(error, CELLFILL_DEBUG="1").stderr


def test_no_thread_left_is_said_as_that_wherever_it_comes_up():
    from cellfill.errors import DataError
    from cellfill.text.reasons import failing_as

    assert "no more threads. Give --threads 1" in one_line(unforeseen('RuntimeError("can\'t start new thread")'))
    with pytest.raises(RuntimeError, match="can't start"), failing_as(lambda why: DataError(f"damaged: {why}")):
        raise RuntimeError("can't start new thread")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_no_file_of_ours_takes_the_number_of_a_standard_one(closed):
    """Into which libraries of C would print."""
    program = "import os, sys; from cellfill.console import program; program._hold_standard_files(); "
    program += "sys.exit(os.open(os.devnull, os.O_RDONLY))"
    done = subprocess.run(["sh", "-c", f'exec "$@" {closed}', "sh", sys.executable, "-c", program], check=False)
    assert done.returncode >= 3
