"""An option is declared once: Python, the command line and the record read it from there."""

import inspect
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

import cellfill
from cellfill.cli.program import COMMANDS
from cellfill.console.commands import command
from cellfill.errors import UsageError
from cellfill.options.checks import Share, Whole
from cellfill.options.declared import Options, declared_in
from cellfill.options.option import Option, Shell
from cellfill.options.taking import taking
from cellfill.report import write_report

CALLS = {
    "impute": [cellfill.impute, cellfill.Model.impute, cellfill.Model.impute_matrix, cellfill.impute_file],
    "check": [cellfill.check, cellfill.Model.check],
    "align": [cellfill.Model.align],
    "report": [write_report],
    "recommend": [cellfill.recommend],
}
# What a command has by itself.
OWN = {
    "output", "output_dir", "form", "skip_existing", "json", "quiet", "verbose", "model", "offline", "genes",
    "force", "help",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Sizes(Options):
    """How large."""

    size: Annotated[int, Option("How many.", "Machine", check=Whole("cell"), recorded=True)] = 3
    share: Annotated[float | None, Option("How much.", "Result", more="Of all.", check=Share())] = None
    loud: Annotated[bool, Option("Say it.", "Machine", alters=False)] = False
    spoken: Annotated[bool, Option("Hear it.", "Machine", shell=Shell(flag="--heard"))] = False
    kept: Annotated[bool, Option("Keep it.", "Machine", shell=None)] = True


@taking(Sizes)
def measure(data: str, options: Sizes) -> tuple[str, Sizes]:
    """Measure.

    Parameters
    ----------
    data
        What.
    **options
        See `Sizes`.

    Returns
    -------
    Both.
    """
    return data, options


def test_a_call_takes_each_option_as_a_keyword():
    names = ["data", "share", "size", "loud", "spoken", "kept"]
    assert list(inspect.signature(measure).parameters) == names
    assert measure("x", size=np.int64(5), share=np.float32(0.5)) == ("x", Sizes(size=5, share=0.5))
    assert type(measure("x", size=np.int64(5))[1].size) is int
    assert measure(data="x", kept=False)[1].kept is False


def test_a_docstring_says_each_option_in_the_place_of_all():
    said = inspect.getdoc(measure)
    assert "**options" not in said
    assert (
        said.index("share\n    How much. Of all.\n") < said.index("size\n    How many.\n") < said.index("Returns")
    )


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({"size": 0}, "size is 0; it must be a whole number, at least 1 cell"),
        ({"size": True}, "size is True"),
        ({"size": 2.5}, "size is 2.5"),
        ({"size": float("inf")}, "size is inf"),
        ({"share": 1.5}, "share is 1.5; it must be a share from 0 to 1"),
        ({"share": float("nan")}, "share is nan"),
    ],
)
def test_a_value_that_means_nothing_is_refused(given, what):
    with pytest.raises(UsageError, match=what):
        measure("x", **given)


def test_a_whole_number_may_come_as_r_has_it():
    assert type(Whole()("size", 2.0)) is int


def test_a_keyword_that_there_is_not_is_a_type_error():
    with pytest.raises(TypeError, match=r"measure\(\) got an unexpected keyword argument 'sise'"):
        measure("x", sise=3)
    with pytest.raises(TypeError, match=r"measure\(\) missing a required argument: 'data'"):
        measure()
    with pytest.raises(TypeError, match="too many positional"):
        measure("x", 3)


def test_a_command_has_the_same_options_with_the_same_bounds():
    seen = []

    @command(Sizes)
    def run(data: Annotated[str, typer.Argument()], options: Sizes) -> None:
        seen.append((data, options))

    app = typer.Typer()
    app.command()(run)
    runner = CliRunner()
    line = ["x", "--size", "5", "--share", ".5", "--loud", "--heard"]
    assert runner.invoke(app, line).exit_code == 0
    assert seen == [("x", Sizes(size=5, share=0.5, loud=True, spoken=True))]
    for wrong in (["--size", "0"], ["--share", "2"], ["--kept"], ["--spoken"], ["--no-loud"]):
        assert runner.invoke(app, ["x", *wrong]).exit_code != 0, wrong


def test_what_alters_a_result_and_what_is_recorded():
    options = Sizes(size=5)
    assert dict(options.altering()) == {"share": None, "size": 5, "spoken": False, "kept": True}
    assert dict(options.recorded()) == {"size": 5}


@pytest.mark.parametrize("name", CALLS)
def test_every_option_of_a_command_is_one_of_its_call(name):
    made = COMMANDS[name].function
    said = {option for option in inspect.signature(made).parameters if option not in {"data", "as_json"}}
    taken = {option for call in CALLS[name] for option in inspect.signature(call).parameters}
    assert said - taken <= OWN
    assert len(said & taken) >= 2


def test_each_option_is_said_in_help_and_in_the_docstring():
    from cellfill.tasks.imputation.options import ImputeFileOptions

    line = [sys.executable, "-m", "cellfill.cli", "impute", "--help"]
    help_text = " ".join(subprocess.run(line, capture_output=True, text=True, check=True).stdout.split())
    doc = inspect.getdoc(cellfill.impute_file)
    for declared in declared_in(ImputeFileOptions):
        shell = declared.option.shell
        start = " ".join(textwrap.shorten(declared.option.text, 40, placeholder="").split())
        assert f"\n{declared.name}\n    " in doc
        assert start in " ".join(doc.split())
        if shell is not None:
            assert (shell.flag or "--" + declared.name.replace("_", "-")) in help_text
            assert start in help_text, declared.name
