"""Every kind of fault that a page lists names tests that are there."""

import re

from conftest import ROOT

ROWS = [
    line
    for line in (ROOT / "docs" / "trust.md").read_text().splitlines()
    if line.startswith("| ") and not line.startswith("| kind")
]
FILES = {path.name: path.read_text() for path in (ROOT / "tests").rglob("test_*.py")}
TESTS = {name for text in FILES.values() for name in re.findall(r"^def (test_\w+)", text, re.MULTILINE)}


def test_every_kind_names_tests_that_are_there():
    assert len(ROWS) > 40
    for row in ROWS:
        named = re.findall(r"`(test_\w+(?:\.py)?)`", row)
        assert named, row
        assert [name for name in named if name not in TESTS and name not in FILES] == [], row


def test_every_benchmark_that_it_names_is_there():
    named = re.findall(r"`(benchmarks/[\w/]+\.py)`", "\n".join(ROWS))
    assert named
    assert all((ROOT / name).is_file() for name in named)
