"""No figure on a page that a command of benchmarks/ did not write."""

from __future__ import annotations

import re

import pytest

from conftest import ROOT

RESULTS = "\n".join(path.read_text() for path in sorted((ROOT / "benchmarks").glob("*/*.md")))
LINES = set(RESULTS.splitlines())


def tables(text):
    """Yield the lines of each table."""
    for block in re.findall(r"(?:^\|.*\n)+", text, flags=re.M):
        yield block.splitlines()


@pytest.mark.parametrize("page", ["docs/estimates.md", "docs/should-i-impute.md"])
def test_every_row_of_a_measured_table_is_in_a_result(page):
    measured = [rows for rows in tables((ROOT / page).read_text()) if rows[0] in LINES]
    assert len(measured) > 3
    for header, rule, *rows in measured:
        assert set(rule) <= set("| -")
        assert [row for row in rows if row not in LINES] == [], header


def test_every_figure_in_the_text_is_in_a_result():
    text = (ROOT / "docs" / "should-i-impute.md").read_text()
    prose = "\n".join(line for line in text.splitlines() if not line.startswith("|"))
    figures = re.findall(r"\d+\.\d+|\d+%", prose)
    assert len(figures) > 3
    assert [figure for figure in figures if figure not in RESULTS] == []
