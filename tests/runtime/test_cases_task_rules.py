"""The rules of the tasks, case by case: what Python says, which the runtime for browsers is held to.

The same file is read by runtime/web/tests/task-rules.test.ts.
"""

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cellfill.bundle.classes import COLUMNS, parse_classes
from cellfill.estimates import expressed, posterior
from cellfill.tasks.annotation import verdict as naming
from cellfill.tasks.annotation.answer import descend
from cellfill.tasks.annotation.shares import estimate_shares
from cellfill.tasks.annotation.table import type_rows
from cellfill.tasks.embedding import verdict as placing
from cellfill.tasks.embedding.batches import without_batches
from cellfill.text.figures import only_cells, percent, two_places

ROOT = Path(__file__).parents[2]
CASES: dict[str, Any] = json.loads((ROOT / "tests/data/cases/task-rules.json").read_text("utf-8"))


def numbers(values):
    return np.array(values, dtype=np.float32)  # None becomes NaN


@pytest.mark.parametrize(("task", "cases"), [(naming, CASES["named"]), (placing, CASES["placed"])])
def test_verdicts(task, cases):
    for case in cases:
        said = {name: math.nan if value is None else value for name, value in case["evidence"].items()}
        if "off" in said:
            said["off"] = tuple(said["off"])
        assert task.judge(task.Evidence(**said)) == (case["verdict"], tuple(case["why"])), said


def test_answers():
    tree = CASES["tree"]
    rows = [
        "\t".join([name, tree["names"][parent] if parent >= 0 else "", *[""] * (len(COLUMNS) - 2)])
        for name, parent in zip(tree["names"], tree["parents"], strict=True)
    ]
    classes = parse_classes("".join(f"{row}\n" for row in ["\t".join(COLUMNS), *rows]).encode())
    assert classes.levels.tolist() == tree["levels"]
    assert classes.leaves.tolist() == tree["leaves"]
    for case in tree["answers"]:
        found, probability = descend(
            classes, numbers(tree["probabilities"]), confidence=case["confidence"], level=case["level"]
        )
        assert found.tolist() == case["types"]
        np.testing.assert_allclose(probability, numbers(case["probability"]), rtol=1e-6)


def test_ranks():
    case = CASES["ranks"]
    values = np.array(case["values"], dtype=np.float64)
    found = np.interp(values, case["quantiles"], case["levels"], left=0.0, right=1.0)
    np.testing.assert_allclose(found, np.array(case["ranks"], dtype=np.float64), rtol=1e-8)


def test_shares():
    for case in CASES["shares"]:
        found = estimate_shares(numbers(case["probabilities"]), np.array(case["trained"]))
        np.testing.assert_allclose(found, case["shares"], rtol=1e-6, atol=1e-9)


def test_batches():
    case = CASES["batches"]
    found = without_batches(numbers(case["places"]), numbers(case["probabilities"]), np.array(case["batches"]))
    np.testing.assert_allclose(found, numbers(case["moved"]), rtol=1e-5, atol=1e-6)


def test_estimates():
    for case in CASES["estimates"]:
        mean, count, phi = (numbers([case[name]]) for name in ("mean", "count", "phi"))
        np.testing.assert_allclose(expressed(mean), numbers([case["expressed"]]), rtol=1e-6)
        np.testing.assert_allclose(posterior(mean, count, phi), numbers([case["posterior"]]), rtol=1e-6)


def test_figures():
    case = CASES["figures"]
    assert [percent(share) for share in case["shares"]] == case["percent"]
    assert [f"{share:.0%}" for share in case["shares"]] == case["rounded"]
    assert [two_places(share) for share in case["shares"]] == case["places"]
    assert [only_cells(number, "has", "have") for number in (0, 1, 2, 19)] == case["cells"]


def test_table_of_types():
    case = CASES["table"]
    found = type_rows(case["types"], numbers(case["probability"]), numbers(case["typical"]), case["leaves"])
    for row, wanted in zip(found, case["rows"], strict=True):
        figures = {"probability": wanted["probability"], "typical": wanted["typical"]}
        assert asdict(row) | figures == wanted
        assert {name: getattr(row, name) for name in figures} == pytest.approx(figures, rel=1e-6)
