"""The worked notebook runs, and what it shows is what it would show now."""

from __future__ import annotations

import re
import runpy

import nbformat
import pytest

from conftest import ROOT

NOTEBOOK = ROOT / "examples" / "pbmc_clusters.ipynb"
MOST_BYTES = 600_000
# Clusters differ a little between versions of scanpy and igraph; counts of cells and genes are large.
SHARE, LEAST = 0.05, {True: 2.0, False: 0.06}
_NUMBER = re.compile(r"(?<![\w.])[-+]?\d[\d,]*(?:\.\d+)?(?!\w)")


def shown(notebook):
    """Yield what each cell shows, as (place, kind, text)."""
    for place, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", []):
            if output.output_type == "stream":
                yield place, output.name, output.text
            for kind, data in sorted(output.get("data", {}).items()):
                yield place, kind, "" if kind.startswith("image/") else data


def differences(stored, fresh):
    """Return where two texts differ by more than a little."""
    numbers = [_NUMBER.findall(text) for text in (stored, fresh)]
    words = [" ".join(_NUMBER.sub("#", text).split()) for text in (stored, fresh)]
    if words[0] != words[1]:
        return [tuple(words)]
    return [(a, b) for a, b in zip(*numbers, strict=True) if not _close(a, b)]


def _close(a, b):
    x, y = (float(number.replace(",", "")) for number in (a, b))
    return abs(x - y) <= max(LEAST["." not in a + b], SHARE * abs(x))


@pytest.fixture(scope="module")
def stored():
    return nbformat.read(NOTEBOOK, as_version=4)


@pytest.fixture(scope="module")
def fresh():
    return runpy.run_path(str(NOTEBOOK.with_name("run_notebook.py")))["execute"](NOTEBOOK)


def test_what_is_stored_is_what_it_shows_now(stored, fresh):
    before, now = list(shown(stored)), list(shown(fresh))
    assert [entry[:2] for entry in before] == [entry[:2] for entry in now]
    assert sum(kind == "image/png" for _, kind, _ in now) == 2
    found = {
        place: found
        for (place, _, old), (_, _, new) in zip(before, now, strict=True)
        if (found := differences(old, new))
    }
    assert found == {}, "run python examples/run_notebook.py examples/pbmc_clusters.ipynb again"


def test_it_was_run_whole_in_order_and_is_small(stored):
    code = [cell for cell in stored.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert NOTEBOOK.stat().st_size < MOST_BYTES
    assert {kind for _, kind, _ in shown(stored)} == {"stdout", "text/html", "text/plain", "image/png"}
    texts = [text for _, _, text in shown(stored)]
    assert not [text for text in texts if str(ROOT) in text or "site-packages" in text]


def test_no_figure_stands_in_its_text(stored):
    text = "\n".join(cell.source for cell in stored.cells if cell.cell_type == "markdown")
    assert re.findall(r"\d\.\d+|\d+ ?%", text) == ["4.0"]  # CC BY
    for place in re.findall(r"\]\((\.\./[^)]+)\)", text):
        assert (NOTEBOOK.parent / place).exists()


def test_a_number_that_is_stale_is_seen():
    line = "raw counts 0.60, imputed 0.66; higher in 18 of 20 draws, sha 472c5e, 6,298 genes"
    assert differences(line, line.replace("0.66", "0.68").replace("18", "17")) == []
    assert differences(line, line.replace("0.66", "0.76")) == [("0.66", "0.76")]
    assert differences(line, line.replace("6,298", "5,298")) == [("6,298", "5,298")]
    assert differences(line, line.replace("472c5e", "472c5f"))
    assert differences(line, line.replace("higher", "lower"))
