"""ONNX Runtime is imported in one place, its telemetry off, and the doctor says so."""

import ast
import json
import os
import re
import subprocess
import sys

import pytest

import cellfill
from conftest import ROOT

SOURCES = [
    *(
        p
        for folder in ("runtime", "training", "tests", "benchmarks", "examples", "docs")
        for p in (ROOT / folder).rglob("*.py")
    ),
    *ROOT.glob("*.py"),
]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "examples").glob("*.ipynb")]


def imports(code):
    """Yield the module of each import, by statement or by name."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in ("import_module", "__import__", "importorskip", "require"):
                yield str(node.args[0].value)


def test_it_is_imported_in_one_place():
    assert len(SOURCES) > 300
    found = {
        path.relative_to(ROOT).as_posix()
        for path in SOURCES
        if any(re.match(r"onnxruntime\b", name) for name in imports(path.read_text()))
    }
    alone = "examples/bundle_without_cellfill.py"  # has no cellfill to ask for it
    assert found == {"runtime/src/cellfill/network/devices.py", alone}
    program = (ROOT / alone).read_text()
    assert program.index('setdefault("ORT_DISABLE_TELEMETRY", "1")') < program.index("import onnxruntime")


def test_no_page_shows_how_to_import_it():
    shown = re.compile(r"(?:^|\W)(?:import|from)\s+onnxruntime\b")
    assert [path.name for path in PAGES if shown.search(path.read_text())] == []


@pytest.mark.parametrize(
    ("before", "value", "says"),
    [
        ("", None, ""),
        ("", "1", ""),
        ("", "true", ""),
        ("", "0", "ORT_DISABLE_TELEMETRY is set to '0', which does not turn it off"),
        ("", "", "ORT_DISABLE_TELEMETRY is set to '', which does not turn it off"),
        ("import onnxruntime", None, "onnxruntime was imported before cellfill"),
        ("import onnxruntime", "1", ""),
    ],
)
def test_it_is_off_unless_somebody_says_otherwise_and_the_doctor_says_which(before, value, says, tmp_path):
    asked = tmp_path / "asked"
    (tmp_path / "onnxruntime.py").write_text(  # which notes what it finds
        "import os, pathlib\n"
        f"note = pathlib.Path({str(asked)!r}).write_text\n"
        "note(repr(os.environ.get('ORT_DISABLE_TELEMETRY')))\n"
        "class InferenceSession: pass\n"
        "def get_available_providers(): return []\n"
        "def disable_telemetry_events(): note('asked for no more')\n"
    )
    code = f"{before}\nimport json, cellfill; print(json.dumps(cellfill.doctor(offline=True).telemetry))"
    environment = {name: text for name, text in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    environment |= {"PYTHONPATH": str(tmp_path)} | ({} if value is None else {"ORT_DISABLE_TELEMETRY": value})
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    told = json.loads(done.stdout)
    assert told.startswith(says)
    assert bool(told) == bool(says)
    late = bool(before) and value is None
    assert asked.read_text() == ("asked for no more" if late else repr("1" if value is None else value))


def test_the_doctor_has_a_line_on_it(capsys):
    from cellfill.cli.doctor import _lines

    assert "ok  telemetry         of onnxruntime: off" in list(_lines(cellfill.doctor(offline=True)))
