"""A benchmark looks for all that it needs before it works, and no version that is not there ends it."""

import ast
import subprocess
import sys
from itertools import pairwise

import pytest

import common
from conftest import ROOT

SCRIPTS = sorted(p for p in (ROOT / "benchmarks").glob("*/*.py") if "\ndef main() ->" in p.read_text())
# What is there wherever a benchmark's first line could be read.
ALWAYS = {*sys.stdlib_module_names, "cellfill", *(p.stem for p in (ROOT / "benchmarks").iterdir())}


def modules(tree):
    """The packages that a piece of a program imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


def started(tree):
    """The packages that a program starts by ``python -m``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.List | ast.Tuple):
            words = [e.value if isinstance(e, ast.Constant) else None for e in node.elts]
            yield from (b.partition(".")[0] for a, b in pairwise(words) if a == "-m" and b)


@pytest.mark.parametrize("path", SCRIPTS, ids=[p.stem for p in SCRIPTS])
def test_what_is_imported_or_started_late_is_looked_for_first(path):
    tree = ast.parse(path.read_text())
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    (main,) = (node for node in functions if node.name == "main")
    looked_for = {
        argument.value
        for node in ast.walk(main)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "need"
        for argument in node.args
    }
    late = {name for function in functions for name in modules(function)} | set(started(tree))
    early = {name for node in tree.body if not isinstance(node, ast.FunctionDef) for name in modules(node)}
    if path.stem == "cuda":
        return  # it looks for what a part needs when its turn comes: test_cuda.py
    if path.stem != "wheel":  # it makes environments of its own
        assert late - early - ALWAYS <= looked_for | {"pip", "venv"}
    if "cellfill_training" in early | late:
        assert "tensorflow" in looked_for  # which cellfill_training itself imports late


def test_what_is_absent_ends_a_benchmark_at_once(monkeypatch):
    common.need("numpy")
    with pytest.raises(SystemExit, match="needs no_such_module, nor_this, not found"):
        common.need("no_such_module", "numpy", "nor_this")


def test_a_result_names_the_versions_that_are_there(monkeypatch):
    real = common.version

    def version(package):
        if package.startswith("tensorflow") or package == "onnxruntime":
            raise common.PackageNotFoundError(package)
        return "1.2.3" if package == "onnxruntime-gpu" else real(package)

    monkeypatch.setattr(common, "version", version)
    said = common.circumstances()
    assert "onnxruntime-gpu 1.2.3" in said
    assert "tensorflow" not in said
    assert f"numpy {real('numpy')}" in said


def test_a_script_says_it_before_it_opens_anything(tmp_path):
    """In a process that finds no TensorFlow: as after ``pip install cellfill``."""
    hide = (
        "import importlib.util as u, runpy, sys\n"
        "real = u.find_spec\n"
        "u.find_spec = lambda name, *a: None if name == 'tensorflow' else real(name, *a)\n"
        f"sys.argv = ['memory', '--data', {str(tmp_path / 'none')!r}]\n"
        f"runpy.run_path({str(ROOT / 'benchmarks' / 'speed' / 'memory.py')!r}, run_name='__main__')\n"
    )
    done = subprocess.run([sys.executable, "-c", hide], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "needs tensorflow" in done.stderr
    assert "Traceback" not in done.stderr
