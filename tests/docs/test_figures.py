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


@pytest.mark.parametrize("result", sorted((ROOT / "benchmarks").glob("*/*.md")), ids=lambda path: path.stem)
def test_a_result_says_when_on_what_and_by_which_command(result):
    text = result.read_text()
    assert re.match(r"Measured 20\d\d-\d\d-\d\d; \d+ CPU cores \(.+\), .*GPU.*; Python 3\.", text)
    command = re.search(
        r"^Command: `(?:PYTHONPATH=\S+ )?(python|cellfill-train) (?:-m )?([^`\s]+)", text, flags=re.M
    )
    assert command
    if command[1] == "python":
        script = command[2] if command[2].endswith(".py") else f"{command[2].replace('.', '/')}/__main__.py"
        assert (ROOT / script).is_file()


def test_a_result_that_is_shown_from_its_middle_is_shown_whole_elsewhere():
    shown = [
        include
        for page in sorted((ROOT / "docs").glob("*.md"))
        for include in re.findall(r"```\{include\} (\S+)\n(.*?)```", page.read_text(), flags=re.S)
    ]
    parts = {name for name, options in shown if ":start-after:" in options}
    assert parts
    assert parts <= {name for name, options in shown if ":start-after:" not in options}


def test_a_picture_stands_with_its_date_and_what_drew_it():
    pictures = 0
    for page in sorted((ROOT / "docs").glob("*.md")):
        text = page.read_text()
        dated = "\n".join(part for part in re.split(r"\n{2,}", text) if re.search(r"20\d\d-\d\d-\d\d", part))
        scripts = [ROOT / name for name in re.findall(r"`python (\S+\.py)", dated)]
        for name in re.findall(r"^!\[.+\]\((\S+)\)", text, flags=re.M):
            if name == "rooms.svg":  # a drawing: no figure is in it
                continue
            pictures += 1
            stem = name.rpartition(".")[0]
            drawn = any(stem in script.read_text() for script in scripts)
            assert drawn or re.search(r"`cellfill(-train)? \w", dated), (page.name, name)
    assert pictures > 6


def test_a_table_of_figures_that_no_result_holds_says_where_they_are_from():
    own = 0
    for page in sorted((ROOT / "docs").glob("*.md")):
        for section in re.split(r"^(?=#+ )", page.read_text(), flags=re.M):
            for header, _, *rows in tables(section):
                figures = sum(bool(re.search(r"\d*\.\d\d|\d,\d{3}|\d ?%", row)) for row in rows)
                if header in LINES or figures < max(2, len(rows) / 2):
                    continue
                own += 1
                assert re.search(r"benchmarks[./]|20\d\d-\d\d-\d\d", section), (page.name, header)
    assert own > 2
