"""The rooms: what may import what, how many files lie in a corridor, and what the page on them says."""

import itertools
import os
import re
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RUNTIME, TRAINING = ROOT / "runtime/src/cellfill", ROOT / "training/src/cellfill_training"
PAGE = (ROOT / "docs" / "architecture.md").read_text()
ARROWS = {
    "up": ("runtime/src/cellfill/bundle/files.py", "from cellfill.readers import open_dataset"),
    "a run to a task": ("runtime/src/cellfill/runs/threads.py", "from cellfill.tasks.imputation import fill"),
    "the runtime to training": ("runtime/src/cellfill/network/threads.py", "import cellfill_training"),
    "the runtime to TensorFlow": ("runtime/src/cellfill/network/threads.py", "import tensorflow"),
    "a command to numpy": ("runtime/src/cellfill/cli/align.py", "import numpy"),
    "a new corridor": ("runtime/src/cellfill/corridor.py", "WIDE = True"),
}


@pytest.fixture(scope="module")
def lines():
    return {path: path.read_text().count("\n") for room in (RUNTIME, TRAINING) for path in room.rglob("*.py")}


def lint(folder):
    pytest.importorskip("importlinter")
    program = "from importlinter.cli import lint_imports_command as run; run()"
    environment = os.environ | {"PYTHONPATH": f"{folder}/runtime/src:{folder}/training/src"}
    command = [sys.executable, "-c", program, "--no-cache", "--no-logo"]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("arrow", ARROWS)
def test_an_import_that_breaks_a_rule_fails(tmp_path, arrow):
    for name in ("runtime/src", "training/src"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    path, statement = ARROWS[arrow]
    where = tmp_path / path
    before = where.read_text() if where.exists() else ""
    where.write_text(f"{before}\n\ndef broken() -> None:\n    {statement}\n")
    done = lint(tmp_path)
    assert done.returncode == 1, done.stdout
    assert re.search(r"[1-9]\d* broken", done.stdout)
    where.write_text(before) if before else where.unlink()
    done = lint(tmp_path)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(("room", "most"), [(RUNTIME, 12), (TRAINING, 8)])
def test_few_files_in_the_corridor(room, most):
    assert len(list(room.glob("*.py"))) <= most


def test_no_module_is_long(lines):
    assert {str(path): number for path, number in lines.items() if number > 350} == {}
    assert statistics.median(lines.values()) <= 120


@pytest.mark.parametrize(
    ("heading", "package", "at_the_bottom"),
    [
        ("The runtime", RUNTIME, {"__init__", "errors", "estimates", "_version"}),
        ("Training", TRAINING, {"__init__", "_version", "memory", "bare_tensorflow"}),
    ],
)
def test_the_page_has_every_room_and_no_other(heading, package, at_the_bottom):
    section = PAGE.partition(f"## {heading}")[2].partition("\n## ")[0]
    said = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`\w+`(?:, `\w+`)*) \|", section, re.M))))
    there = {path.stem for path in package.glob("*.py")} | {p.parent.name for p in package.glob("*/__init__.py")}
    assert there == said | at_the_bottom


def test_the_walk_goes_down():
    """Of the modules that the page names, each imports the one that it hands over to, and is not imported by it."""
    walk = ["calls/imputing", "calls/on_files", "runs/to_file", "runs/carry", "counts/find"]
    assert all(name.replace("/", ".") in PAGE for name in walk)
    for upper, lower in itertools.pairwise(walk):
        assert f"from cellfill.{lower.replace('/', '.')} import" in (RUNTIME / f"{upper}.py").read_text()
        assert f"cellfill.{upper.replace('/', '.')} " not in (RUNTIME / f"{lower}.py").read_text()
