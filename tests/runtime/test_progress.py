"""What a person hears of long work: phases and time left, on a terminal, in a log, in a notebook; or nothing."""

import io
import os
import re
import subprocess
import sys
import threading
import warnings
from types import SimpleNamespace

import pytest

import cellfill
from cellfill import console
from cellfill.console import bar as bars
from cellfill.console.course import Course, seconds_said
from cellfill.console.lines import BETWEEN, FIRST, Lines
from cellfill.progress import Verbosity, each, heard, listening, phase, remark
from conftest import MODEL
from listening import Heard

TYPES = MODEL.with_name("human-pbmc-types")


class Clock:
    """Seconds, as a test has them pass."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def test_where_nobody_listens_nothing_is_told_and_in_threads_of_others_neither():
    with phase("a", total=3) as move:
        move(1)
    assert list(each("xyz", "b")) == ["x", "y", "z"]
    remark("nobody hears")
    told = Heard()
    with listening(told):
        assert heard()
        thread = threading.Thread(target=lambda: list(each("xyz", "in a thread")))
        thread.start()
        thread.join()
    assert not heard()
    assert told.begun == []


def test_phases_end_in_order_whatever_goes_wrong_in_them():
    told = Heard()
    with listening(told), pytest.raises(ValueError, match="wrong"), phase("outer"), phase("inner"):
        raise ValueError("wrong")
    assert told.begun == ["outer", "inner"]
    assert [name for name, *_ in told.ended] == ["inner", "outer"]


def test_what_is_within_a_phase_moves_it_by_what_it_is_worth():
    clock = Clock()
    course = Course(clock)
    with listening(course):
        with phase("trying", total=8):
            clock.now = 2.0
            with phase("first", worth=1):
                clock.now = 10.0
            assert (course.share, course.left) == (1 / 8, 70.0)
            clock.now = 20.0
            assert course.left == 60.0  # it goes on while nothing moves
            clock.now = 200.0
            assert course.left == 7.0  # late, but not over
            for number in each(range(3), "hidden", worth=3):
                clock.now = 201.0 + number
                assert course.name == "hidden"
                assert course.share == (1 + number) / 8
            assert course.share == 4 / 8
            with phase("worth nothing here", total=10) as move:
                move(9)
                assert course.share == 4 / 8
        assert course.share is None
        assert course.left is None


def test_the_time_left_is_told_when_it_is_known_and_not_before():
    clock = Clock()
    course = Course(clock)
    course.begin("cells", 1000, "cells", 0)
    clock.now = 0.4
    course.move(100)
    assert course.left is None  # too soon
    clock.now = 3.0
    course.move(40)
    assert course.left is None  # too little
    course.move(250)
    assert course.left == 9.0
    assert course.number == "250 of 1,000 cells"
    course.begin("worth nothing", None, "", 0)
    clock.now = 4.0
    assert course.left == 8.0


def test_of_a_large_dataset_the_time_is_told_after_ten_seconds():
    clock = Clock()
    course = Course(clock)
    course.begin("cells", 1_000_000, "cells", 0)
    for second, left in ((9.0, None), (10.0, 990.0)):
        clock.now = second
        course.move(1000 * second)
        assert course.left == left


@pytest.mark.usefixtures("hasty")
def test_what_a_check_says_is_to_be_done_is_done(example):
    told = Heard()
    with listening(told):
        cellfill.check(example[::5].copy(), model=MODEL)
    assert told.whole, told.ended
    assert {name: total for name, total, _ in told.ended}["trying the model"] == 2.5


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.2, "1 s"), (7.4, "7 s"), (13, "15 s"), (59, "60 s"), (100, "2 min"), (3000, "50 min"), (7200, "2.0 h")],
)
def test_time_is_said_no_more_exactly_than_it_is_known(seconds, said):
    assert seconds_said(seconds) == said


def test_a_log_gets_few_lines():
    clock, written = Clock(), []
    lines = Lines("imputing", now=clock, write=written.append)
    with listening(lines), phase("all cells", total=100_000, unit="cells") as move:
        for second in range(1, 101):
            clock.now = float(second)
            move(second * 1000)
    assert written[0] == "[5 s] imputing: all cells, 5,000 of 100,000 cells, about 2 min left"
    assert len(written) == 1 + (100 - 5) // BETWEEN
    assert not re.search(r"[\r\x1b]", "".join(written))


def test_a_log_hears_nothing_of_what_is_soon_over():
    clock, written = Clock(), []
    with listening(Lines("imputing", now=clock, write=written.append)):
        for name in ("reading", "all cells"):
            with phase(name, total=10) as move:
                for done in range(1, 11):
                    clock.now += FIRST / 25
                    move(done)
    assert written == []


@pytest.fixture
def hasty(monkeypatch):
    """Checks hide counts once, and pages have no pictures."""
    monkeypatch.setattr("cellfill.fitness.check._ROUNDS", 1)
    monkeypatch.setattr("cellfill.fitness.check._MOST_FOLDS", 1)
    monkeypatch.setattr("cellfill.report.page.draw_svg", lambda _draw, **_how: "<svg/>")
    monkeypatch.setattr("cellfill.console.watching._WORTH_A_LINE", 0)  # whatever the machine is like


@pytest.fixture
def few(tmp_path, example, hasty):
    """60 cells of the example, and what stands beside them."""
    path = tmp_path / "in.h5ad"
    example[::5].copy().write_h5ad(path)
    hub = tmp_path / "models"
    hub.mkdir()
    (hub / MODEL.name).symlink_to(MODEL)
    return tmp_path


COMMANDS = {
    "check": (("check", "in.h5ad", "--model", MODEL), "checking: trying the model"),
    "check of types": (("check", "in.h5ad", "--model", TYPES), "checking: naming some cells"),
    "recommend": (("recommend", "in.h5ad", "--hub", "models"), "recommending: "),
    "annotate": (("annotate", "in.h5ad", "--model", TYPES, "-o", "o.h5ad"), "naming cells: all cells"),
    "embed": (("embed", "in.h5ad", "--model", TYPES, "-o", "o.h5ad"), "cells: all cells"),
    "impute": (("impute", "in.h5ad", "--model", MODEL, "-o", "o.h5ad"), "imputing cells: correcting the model"),
    "report": (("report", "in.h5ad", "--model", MODEL, "-o", "o.html"), "the report: drawing"),
    "verify": (("verify", TYPES), "verifying: running its golden cells"),
}
CANNOT_BE_QUIET = {"verify"}
asked = pytest.mark.parametrize("asked", COMMANDS)


def run(monkeypatch, stderr, *arguments):
    """Run a command in this process; every line of progress is due at once."""
    from cellfill.cli import app

    monkeypatch.setattr(sys, "stderr", stderr)
    monkeypatch.setattr(sys, "argv", ["cellfill", *map(str, arguments)])
    monkeypatch.setattr("cellfill.console.lines.FIRST", 0.0)
    monkeypatch.setattr("cellfill.console.lines.BETWEEN", 0.0)
    with pytest.raises(SystemExit) as ended:
        console.run(app)
    assert ended.value.code in (0, 8)


class AtOnce:
    """A timer that does not wait."""

    def __init__(self, _seconds, function):
        self.start = function
        self.daemon = False

    def cancel(self):
        """Nothing waits."""


def on_a_terminal(monkeypatch, *arguments):
    """Return what a command writes to stderr, where that is a terminal."""
    pty, termios = pytest.importorskip("pty"), pytest.importorskip("termios")
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 150))
    said = []

    def read():
        try:
            while piece := os.read(ours, 1 << 16):
                said.append(piece)
        except OSError:  # the other end is closed
            return

    reader = threading.Thread(target=read)
    reader.start()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(bars.threading, "Timer", AtOnce)
    try:
        with os.fdopen(theirs, "w") as terminal:
            run(monkeypatch, terminal, *arguments)
    finally:
        reader.join()
        os.close(ours)
    return re.sub(r"\x1b\[[?\d;]*\w", "", b"".join(said).decode())


@asked
def test_a_command_shows_phases_on_a_terminal_and_data_alone_on_stdout(asked, few, monkeypatch, capsys):
    arguments, _ = COMMANDS[asked]
    monkeypatch.chdir(few)
    seen = []
    begin = bars.Bar.begin
    monkeypatch.setattr(bars.Bar, "begin", lambda self, name, *r: (seen.append(name), begin(self, name, *r)))
    said = on_a_terminal(monkeypatch, *arguments)
    assert "━" in said
    assert re.search(r"\d s", said)
    assert len(set(seen)) > 1
    assert "━" not in capsys.readouterr().out


@asked
def test_a_command_writes_plain_lines_to_a_log(asked, few, monkeypatch, capsys):
    arguments, line = COMMANDS[asked]
    monkeypatch.chdir(few)
    log = io.StringIO()
    run(monkeypatch, log, *arguments)
    lines = [text for text in log.getvalue().splitlines() if text.startswith("[")]
    assert any(line in text for text in lines), lines
    assert all(re.match(r"\[\d+ s\] [^\r\x1b]+$", text) for text in lines)
    assert "\r" not in log.getvalue()
    assert line not in capsys.readouterr().out


@pytest.mark.parametrize("asked", sorted(COMMANDS.keys() - CANNOT_BE_QUIET))
def test_nothing_is_said_to_those_who_want_to_hear_nothing(asked, few, monkeypatch):
    arguments, line = COMMANDS[asked]
    monkeypatch.chdir(few)
    said = on_a_terminal(monkeypatch, *arguments, "--quiet")
    assert "━" not in said
    assert line not in said


def test_what_is_printed_meanwhile_stands_on_lines_of_its_own(monkeypatch, capsys):
    hidden = []
    monkeypatch.setattr(bars.threading, "Timer", AtOnce)
    bar = bars.Bar("judging")
    monkeypatch.setattr(bar, "hide", lambda: hidden.append(True))
    from cellfill.console.printing import hidden_for_stdout

    with hidden_for_stdout(bar.hide):
        console.out("a table")
        console.print_json({})
    console.out("after it")
    assert hidden == [True, True]
    assert capsys.readouterr().out.startswith("a table")


# --- cellfill.settings.verbosity


@pytest.fixture
def verbosity():
    yield lambda level: setattr(cellfill.settings, "verbosity", level)
    cellfill.settings.verbosity = "warning"


@pytest.mark.parametrize(
    ("given", "level"), [(0, "error"), (1, "warning"), ("info", "info"), (3, "hint"), (Verbosity.info, "info")]
)
def test_the_levels_are_scanpys_by_number_and_by_name(verbosity, given, level):
    verbosity(given)
    assert cellfill.settings.verbosity.name == level
    assert cellfill.settings.verbosity == Verbosity[level]
    assert repr(level) in repr(cellfill.settings)


@pytest.mark.parametrize("wrong", [4, -1, "loud", None, 1.0, True, "2"])
def test_a_level_that_there_is_not_is_refused_and_the_one_before_stays(verbosity, wrong):
    verbosity("info")
    with pytest.raises(cellfill.CellfillError, match=r"must be one of 0 \('error'\), 1 ") as refused:
        cellfill.settings.verbosity = wrong
    assert isinstance(refused.value, ValueError)
    assert cellfill.settings.verbosity == 2


CALLS = {
    "impute": ("imputing ...", "added layers['imputed'], var['imputed']"),
    "annotate": ("naming cells ...", "added obs['cell_type']"),
    "embed": ("placing cells ...", "added obsm["),
    "check": ("checking ...", "the model fits"),
}


@pytest.mark.filterwarnings("ignore::cellfill.FitWarning")
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.usefixtures("hasty")
def test_a_call_says_what_it_does_where_that_is_asked_for(call, example, verbosity, capsys):
    doing, found = CALLS[call]
    some = example[::5].copy()
    model = cellfill.load(TYPES if call in ("annotate", "embed") else MODEL)
    getattr(cellfill, call)(some.copy(), model=model)
    assert capsys.readouterr() == ("", "")
    verbosity("info")
    getattr(cellfill, call)(some.copy(), model=model)
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(doing)
    assert found in said.err
    assert re.search(r"^    finished in \d+\.\d s$", said.err, re.M)
    assert said.err.count("finished") == 1
    verbosity("hint")
    getattr(cellfill, call)(some.copy(), model=model)
    assert len(capsys.readouterr().err.splitlines()) > len(said.err.splitlines())


def test_a_call_within_a_call_or_a_command_is_a_part_of_it(verbosity, capsys):
    verbosity("info")

    @console.told("inner")
    def inner():
        remark("found")

    @console.told("outer")
    def outer():
        inner()

    outer()
    assert capsys.readouterr().err.splitlines()[:2] == ["outer ...", "    found"]
    with console.progress("a command", quiet=True):
        outer()
    assert capsys.readouterr().err == ""


def test_where_errors_alone_are_asked_for_a_model_that_does_not_fit_is_not_warned_of(example, verbosity):
    few = example[:25].copy()
    with pytest.warns(cellfill.FitWarning):
        cellfill.impute(few.copy(), model=MODEL)
    verbosity("error")
    with warnings.catch_warnings():
        warnings.simplefilter("error", cellfill.FitWarning)
        cellfill.impute(few.copy(), model=MODEL)


def test_a_notebook_gets_a_line_of_text_that_goes_away(monkeypatch):
    notebook = io.StringIO()
    shell = SimpleNamespace(kernel=None)
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    monkeypatch.setattr(sys, "stderr", notebook)
    with console.progress("imputing", quiet=False), phase("all cells", total=10, unit="cells") as move:
        for done in range(11):
            move(done)
    said = notebook.getvalue()
    assert "imputing: all cells" in said
    assert "\n" not in said
    assert said.split("\r")[-1].strip() == ""


def test_a_kernel_that_somebody_imported_makes_no_notebook(monkeypatch):
    monkeypatch.setitem(sys.modules, "ipykernel", SimpleNamespace())
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: None))
    monkeypatch.setattr(sys, "stderr", said := io.StringIO())
    with console.progress("imputing", quiet=False), phase("all cells", total=10, unit="cells"):
        pass
    assert said.getvalue() == ""


def test_how_much_is_said_costs_no_import():
    code = "import sys, cellfill; cellfill.settings.verbosity = 2; print([m for m in sys.modules if m in "
    code += "('numpy', 'typer', 'rich', 'tqdm', 'cellfill.console')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("width", [100, 40, 24])
def test_a_bar_is_one_line_on_any_terminal_and_says_the_time(width):
    rich_console = pytest.importorskip("rich.console")
    clock = Clock()
    course = Course(clock)
    course.begin("hidden counts", 11_544, "cells", 1)
    clock.now = 10.0
    course.move(5_120)
    clock.now = 12.0
    shown = bars._new_progress(course)
    shown.add_task("imputing cells: hidden counts of all cells", total=1.0, completed=0.4)
    written = io.StringIO()
    rich_console.Console(width=width, file=written).print(shown.make_tasks_table(shown.tasks))
    (line,) = written.getvalue().splitlines()
    assert len(line) <= width
    assert line.endswith(" 10 s left")
