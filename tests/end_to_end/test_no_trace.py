"""Every command of both programs, with a home of its own: nothing new below it, no connection but to loopback."""

import dataclasses
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from cellfill import cli
from cellfill_training import cli as training_cli
from conftest import DATA, EXAMPLE, MODEL
from hub.loopback import TOKEN, Hub
from hub.small import write_small
from runtime import bundles

REPO = "lab/human-pbmc"
CALLS = "trace=connect,sendto,sendmsg,sendmmsg"
CELLS, OTHERS = DATA / "pbmc3k_400.h5ad", DATA / "pbmc_donor_a_300.h5ad"
TINY = ("--group-size", 120, "--hidden", 16, "--max-targets", 240, "--min-genes", 50, "--max-epochs", 1)
RECIPE = f"""
preset = "default"
gene_tables = []
options = {{ group_size = 120, hidden = 16, max_targets = 240, min_genes = 50, max_epochs = 1 }}
about = {{ species = "Homo sapiens" }}
card = {{ purpose = "Blood." }}
study = [{{ name = "pbmc3k", file = "{CELLS.name}", source = "10x Genomics", licence = "CC BY 4.0" }}]
"""
# The real one takes a minute; where Keras is installed it imports it, and that writes this.
UMAP = """
import os
import pathlib

place = pathlib.Path(os.environ.get("KERAS_HOME") or pathlib.Path.home() / ".keras")
place.mkdir(exist_ok=True)
(place / "keras.json").write_text("{}")

class UMAP:
    def __init__(self, **options):
        pass

    def fit_transform(self, components):
        return components[:, :2]
"""

# The page is built in Node, which may not be here: this stands for it.
PAGE = """
from pathlib import Path

PAGE = Path(__file__).parent
"""


@dataclasses.dataclass(frozen=True)
class Case:
    """Arguments of a command; {model}: a sound bundle, {old}: a copy of it, {new}: a place where nothing is."""

    arguments: tuple
    asks: bool = False  # whether it has to ask the Hub
    pulls: bool = False  # whether it keeps models in the Hub's cache
    first: tuple = ()  # a command of cellfill that goes before


PROGRAMS = {"cellfill": cli.app, "cellfill_training": training_cli.app}
CASES = {
    ("cellfill", "align"): Case((EXAMPLE, "--model", "{model}")),
    ("cellfill", "annotate"): Case((EXAMPLE, "--model", "{types}", "--output", "{new}.h5ad", "--resume")),
    ("cellfill", "check"): Case((EXAMPLE, "--model", "{model}")),
    ("cellfill", "cite"): Case(
        ("{new}.h5ad",), first=("impute", EXAMPLE, "--model", "{model}", "--output", "{new}.h5ad")
    ),
    ("cellfill", "doctor"): Case(("--model", "{model}"), asks=True),
    ("cellfill", "embed"): Case((EXAMPLE, "--model", "{types}", "--output", "{new}.csv")),
    ("cellfill", "impute"): Case((EXAMPLE, "--model", "{model}", "--output", "{new}.h5ad", "--resume")),
    ("cellfill", "list"): Case((), first=("pull", REPO)),
    ("cellfill", "lock"): Case(("{model}", "--output", "{new}.lock")),
    ("cellfill", "publish"): Case(("{model}", "--repo", "lab/new"), asks=True),
    ("cellfill", "pull"): Case((REPO,), asks=True, pulls=True),
    ("cellfill", "recommend"): Case((EXAMPLE, "--hub", "{models}")),
    ("cellfill", "report"): Case((EXAMPLE, "--output", "{new}.html", "--model", "{model}")),
    ("cellfill", "rm"): Case((REPO,), first=("pull", REPO)),
    ("cellfill", "search"): Case((), asks=True),
    ("cellfill", "show"): Case((REPO,), asks=True, pulls=True),
    ("cellfill", "verify"): Case(("{model}",)),
    ("cellfill", "web"): Case(("--output", "{new}", "--model", "{model}")),
    ("cellfill_training", "card"): Case(("{old}", "--words", "{recipe}")),
    ("cellfill_training", "evaluate"): Case(
        ("{model}", "--data", OTHERS, "--min-genes", 50, "--seeds", 1, "--protocol", "masked", "--figures", "{new}")
    ),
    ("cellfill_training", "fit"): Case((CELLS, "--out", "{new}", *TINY)),
    ("cellfill_training", "recipe"): Case(("{recipe}", "--data", DATA, "--out", "{new}")),
    ("cellfill_training", "template"): Case(()),
}
# Commands that name a model of the Hub, none of which is here.
OFFLINE = {
    "align": (EXAMPLE, "--model", REPO),
    "annotate": (EXAMPLE, "--model", REPO, "--output", "{new}.h5ad"),
    "check": (EXAMPLE, "--model", REPO),
    "doctor": (),
    "embed": (EXAMPLE, "--model", REPO, "--output", "{new}.h5ad"),
    "impute": (EXAMPLE, "--model", REPO, "--output", "{new}.h5ad"),
    "lock": (REPO, "--output", "{new}.lock"),
    "pull": (REPO,),
    "recommend": (EXAMPLE,),
    "report": (EXAMPLE, "--output", "{new}.html", "--model", REPO),
    "show": (REPO,),
    "web": ("--output", "{new}", "--model", REPO),
}


def commands_of(app):
    return typer.main.get_command(app).commands


@pytest.fixture(scope="module")
def hub():
    server = Hub()
    yield server
    server.close()


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return write_small(MODEL, tmp_path_factory.mktemp("models") / "human-pbmc")


def hub_of(server):
    """Return the variables by which a program asks this Hub."""
    return {"HF_ENDPOINT": server.url, "HF_HUB_DISABLE_XET": "1", "HF_TOKEN": TOKEN}


class Person:
    """Somebody with an empty home and an empty folder for temporary files, whose programs are watched."""

    def __init__(self, folder, model):
        self.home, self.temporary, self.trace = folder / "home", folder / "temporary", folder / "trace"
        for place in (self.home, self.temporary):
            place.mkdir()
        self.folder, self.model = folder, model

    def run(self, module, *arguments, traced=True, **environment):
        watched = (shutil.which("strace"), "-f", "-qq", "--seccomp-bpf", "-e", CALLS, "-o", self.trace)
        words = (*(watched if traced and watched[0] else ()), sys.executable, "-m", module, *arguments)
        return subprocess.run(
            [str(word) for word in words],
            capture_output=True,
            text=True,
            check=False,
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], "HOME": str(self.home), "TMPDIR": str(self.temporary), **environment},
        )

    def fill_in(self, arguments):
        places = {
            "{models}": str(self.model.parent),
            "{model}": str(self.model),
            "{new}": str(self.folder / "new"),
            "{old}": str(self.folder / "old"),
            "{types}": str(self.folder / "types"),
            "{recipe}": str(self.folder / "recipe.toml"),
        }
        for argument in map(str, arguments):
            text = argument
            for name, place in places.items():
                text = text.replace(name, place)
            yield text

    def files(self):
        return {str(p.relative_to(self.home)) for p in self.home.rglob("*")}

    def addresses(self):
        """Return where it connected or sent to; None where nobody could watch."""
        if not self.trace.exists():
            return None
        return set(re.findall(r'inet_(?:addr\("|pton\(AF_INET6, ")([^"]+)"', self.trace.read_text()))


@pytest.fixture
def person(tmp_path, model):
    shutil.copytree(model, tmp_path / "old")
    bundles.make(tmp_path / "types")
    (tmp_path / "recipe.toml").write_text(RECIPE)
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules" / "umap.py").write_text(UMAP)
    (tmp_path / "modules" / "cellfill_web").mkdir()
    (tmp_path / "modules" / "cellfill_web" / "__init__.py").write_text(PAGE)
    (tmp_path / "modules" / "cellfill_web" / "index.html").write_text("<!doctype html>")
    return Person(tmp_path, model)


def test_every_command_has_a_case():
    assert set(CASES) == {(name, command) for name, app in PROGRAMS.items() for command in commands_of(app)}
    offline = {
        name
        for name, command in commands_of(cli.app).items()
        if any("--offline" in parameter.opts for parameter in command.params)
    }
    assert offline == set(OFFLINE)


@pytest.mark.parametrize(("program", "command"), CASES)
def test_a_command_leaves_nothing_below_home_and_connects_to_nobody(program, command, person, hub, model):
    case = CASES[program, command]
    hub.reset()
    hub.put(REPO, model)
    here = hub_of(hub)
    if case.first:
        assert person.run("cellfill.cli", *person.fill_in(case.first), traced=False, **here).returncode == 0
    before = person.files()
    with_modules = {"PYTHONPATH": str(person.folder / "modules")}
    environment = with_modules | (here if case.asks else {})
    words = (*person.fill_in(case.arguments), *(["--json"] if program == "cellfill" else []))
    done = person.run(f"{program}.cli", command, *words, **environment)
    assert done.returncode == 0, done.stderr
    if program == "cellfill":
        json.loads(done.stdout)  # and nothing else
    new = {path for path in person.files() - before if not (case.pulls and ".cache/huggingface/hub/" in path)}
    assert new <= ({".cache", ".cache/huggingface", ".cache/huggingface/hub"} if case.pulls else set())
    assert list(person.temporary.iterdir()) == []
    assert [request for request in hub.requests if "agent" in request] == []  # nor does huggingface_hub for itself
    reached = _watched(person)
    assert reached <= ({"127.0.0.1", "::1"} if case.asks else set())
    assert bool(reached) == case.asks


@pytest.mark.parametrize("command", OFFLINE)
@pytest.mark.parametrize("how", ["option", "environment"])
def test_offline_asks_nobody(command, how, person):
    given = {"option": ["--offline"], "environment": []}[how]
    environment = {"environment": {"HF_HUB_OFFLINE": "1"}, "option": {}}[how]
    environment["PYTHONPATH"] = str(person.folder / "modules")
    done = person.run("cellfill.cli", command, *person.fill_in(OFFLINE[command]), *given, **environment)
    assert done.returncode == (0 if command == "doctor" else 7), done.stderr
    assert person.files() == set()
    assert list(person.temporary.iterdir()) == []
    assert _watched(person) == set()


def _watched(person):
    reached = person.addresses()
    if reached is None:
        pytest.skip("strace is not here: nobody saw what was connected to")
    return reached


def test_what_the_trace_shows_is_seen(person):
    """The two tests above can fail: a connection elsewhere, and a message without one."""
    code = (
        "import socket; one, two = (socket.socket(type=socket.SOCK_DGRAM) for _ in range(2)); "
        "one.connect(('192.0.2.7', 9)); two.sendto(b'x', ('192.0.2.8', 9))"
    )
    (person.folder / "loud.py").write_text(code)
    person.run("loud", PYTHONPATH=str(person.folder))
    assert _watched(person) == {"192.0.2.7", "192.0.2.8"}


# What a read-only container without a folder for temporary files says of them.
NO_TEMPORARY = """
import tempfile

def none():
    raise FileNotFoundError(2, "No usable temporary directory found in any of the usual places")

tempfile._get_default_tempdir = none
"""
NEEDS_A_FOLDER = {"report": "matplotlib needs a folder that it can write to, and finds none: let TMPDIR name one"}


@pytest.mark.parametrize("command", [name for program, name in CASES if program == "cellfill"])
def test_without_home_or_temporary_files_a_command_works_or_says_why_in_one_line(command, person, hub, model):
    case = CASES["cellfill", command]
    hub.reset()
    hub.put(REPO, model)
    (person.folder / "modules" / "sitecustomize.py").write_text(NO_TEMPORARY)
    words = ("cellfill.cli", command, *person.fill_in(case.arguments))
    nowhere = {"HOME": "/proc/nowhere", "TMPDIR": "/proc/nowhere", "PYTHONPATH": str(person.folder / "modules")}
    done = person.run(*words, traced=False, **hub_of(hub), **nowhere)
    assert "Traceback" not in done.stderr
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
        assert len(said) == 1
        assert NEEDS_A_FOLDER.get(command, "") in said[0]
        assert case.pulls or case.first or command in NEEDS_A_FOLDER, done.stderr


@pytest.mark.parametrize("writable", [True, False])
def test_what_libraries_keep_goes_to_a_folder_that_is_removed_unless_somebody_says_where(monkeypatch, writable):
    from cellfill.console import nothing_below_home

    monkeypatch.setattr(os, "access", lambda _path, _mode: writable)
    monkeypatch.setenv("KERAS_HOME", "/mine")
    monkeypatch.delenv("MPLCONFIGDIR", raising=False)
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    with nothing_below_home():
        folder = Path(os.environ["MPLCONFIGDIR"])
        assert folder.is_dir()
        assert os.environ.get("NUMBA_CACHE_DIR") == (None if writable else str(folder))
        assert os.environ["KERAS_HOME"] == "/mine"
    assert not folder.exists()
    assert "MPLCONFIGDIR" not in os.environ
    assert "NUMBA_CACHE_DIR" not in os.environ
