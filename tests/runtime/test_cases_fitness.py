"""Whether a model fits cells: the cases that the runtime in the browser is tested with have Python's answers.

Run as a program (PYTHONPATH=tests), it writes them; the cells are those of the cases of calibration.
"""

import json
import math
from dataclasses import asdict, dataclass

import numpy as np
import pytest
from scipy import sparse

from cellfill.fitness.gate import measure_gate
from cellfill.fitness.hiding import fold_molecules
from cellfill.fitness.likeness import likeness_to_training
from cellfill.fitness.shrink import shrink
from cellfill.fitness.verdict import Evidence, judge
from cellfill.network.cells import GeneMap, ModelCells
from conftest import ROOT
from runtime.test_cases_calibration import FILE as CELLS
from runtime.test_cases_calibration import model_cells, numbers

FILE = ROOT / "tests" / "data" / "cases" / "fitness.json"
SEEDS = [[0], [1], [0, 7], [123456789, 4294967295], [1, 2, 3, 4, 5, 6]]
CHANCES = [0.1, 1 / 9, 0.125, 0.5, 0.003]
TRIALS = [0, 1, 2, 3, 7, 20, 59, 60, 61, 100, 299, 300, 301, 1000, 5000, 100_000, 16_777_216]
GATES = {
    "scores": {"calibrated": True, "part": "scores"},
    "contrast": {"calibrated": True, "part": "contrast"},
    "level": {"calibrated": True, "part": "level"},
    "not calibrated": {"calibrated": False, "part": None},
    "few genes, in another order": {"calibrated": True, "part": "scores", "outputs": [90, 3, 60, 2, 110, 9]},
    "fewer cells": {"calibrated": True, "part": "scores", "cells": 40},
    "expressed": {"calibrated": True, "part": "level", "meaning": "expressed"},
    "expressed, not calibrated": {"calibrated": False, "part": None, "meaning": "expressed"},
    "too few cells": {"calibrated": True, "part": "scores", "cells": 19},
}
FITS = Evidence(level=0.1, knowledge=0.8, known=0.9, genes=2000, cells=300, helped=0.95, likeness=0.93)
EVIDENCE = [
    {},
    {"knowledge": 1.0, "helped": math.nan},
    {"knowledge": 1.1567},
    {"knowledge": math.nan, "likeness": math.nan},
    {"level": 0.0},
    {"level": -0.2, "helped": math.nan},
    {"known": 0.6999},
    {"known": 0.1999},
    {"knowledge": 0.6199999},
    {"knowledge": 0.29},
    {"knowledge": 0.299999},
    {"likeness": 0.8799},
    {"likeness": 0.5999},
    {"likeness": -0.031},
    {"ahead": False},
    {"cells": 99, "genes": 99, "known": 70 / 99, "helped": 1.0},
    {"known": 0.1, "knowledge": 0.1, "likeness": 0.1},
    {"known": 0.5, "knowledge": 0.5, "likeness": 0.7, "ahead": False, "cells": 20, "genes": 12},
    {"genes": 12_345, "known": 8_642 / 12_345, "helped": 12_000 / 12_345},
]


@dataclass
class Toy:
    """Says of a gene that it goes with every third of the genes that it reads."""

    inputs: np.ndarray
    targets: np.ndarray
    base: np.ndarray

    def predict(self, counts, size_factors):
        totals = np.maximum(counts.sum(axis=1, dtype=np.float64), 1)
        shares = [counts[:, part::3].sum(axis=1, dtype=np.float64) / totals for part in range(3)]
        share = np.stack(shares, axis=1)[:, np.arange(len(self.targets)) % 3]
        said = size_factors.astype(np.float64)[:, None] * self.base * (0.3 + 2.1 * share)
        return said.astype(np.float32)


def the_cells():
    return json.loads(CELLS.read_text(encoding="utf-8"))


def judged(cases, asked):
    """Check the toy model on the cells."""
    told = the_cells()
    cells, targets, measured = model_cells(told), np.array(told["targets"]), np.array(told["measured"], dtype=bool)
    inputs, base = targets[::2], np.array(cases["base"])
    means = np.zeros(told["genes"])
    means[targets] = base
    position = np.full(told["genes"], -1)
    position[inputs] = np.arange(len(inputs))
    gene_map = GeneMap(
        gene_of_column=np.arange(told["genes"]),
        input_of_column=position,
        genes=told["genes"],
        inputs=len(inputs),
        fill=np.zeros(len(inputs), dtype=np.float32),
        means=means,
        measured=measured,
    )
    found = gene_map.cells(cells.counts[: asked.get("cells", len(cells.size_factors))])
    assert isinstance(found, ModelCells)
    gate = measure_gate(
        Toy(inputs, targets, base),
        gene_map,
        found,
        outputs=np.array(asked.get("outputs", np.flatnonzero(measured[targets]))),
        meaning=asked.get("meaning", "expected"),
        calibrated=asked["calibrated"],
        part=asked["part"],
        workers=1,
    )
    if gate is None:
        return None
    return {
        "outputs": gate.outputs.tolist(),
        "gain": numbers(gate.gain),
        "known": numbers(gate.known),
        "better": gate.better.astype(int).tolist(),
        "of": gate.of,
        "cells": gate.cells,
        "folds": gate.folds,
        "verdict": gate.verdict,
        "why": list(gate.reasons),
        "evidence": written(gate.evidence),
    }


def written(evidence):
    """Evidence as a file holds it."""
    return {name: None if value != value else value for name, value in asdict(evidence).items()}


def as_evidence(stored):
    return Evidence(**{name: math.nan if value is None else value for name, value in stored.items()})


def drawn(seed):
    return [float(value) for value in np.random.default_rng(seed).random(6)]


def binomials(chance):
    return np.random.default_rng([2, 7]).binomial(np.repeat(TRIALS, 12), chance).tolist()


def hidden(case):
    counts = sparse.csr_matrix(np.array(case["counts"], dtype=np.float32))
    folds = fold_molecules(counts, folds=case["folds"], seed=case["seed"], share=case["share"])
    return [[kept.toarray().tolist(), taken.toarray().tolist()] for kept, taken in folds]


@pytest.fixture(scope="module")
def cases():
    return json.loads(FILE.read_text(encoding="utf-8"))


def test_random_numbers_are_those_of_the_cases(cases):
    assert [drawn(seed) for seed in SEEDS] == [case["values"] for case in cases["random"]]


def test_binomials_are_those_of_the_cases(cases):
    assert [binomials(chance) for chance in CHANCES] == [case["values"] for case in cases["binomials"]]


def test_molecules_are_hidden_as_in_the_cases(cases):
    for case in cases["hidden"]:
        assert hidden(case) == case["folds_of"]


def test_estimates_are_shrunk_as_in_the_case(cases):
    case = cases["shrink"]
    means, above = shrink(np.array(case["estimates"]), np.array(case["variances"]))
    np.testing.assert_allclose(means, case["means"], rtol=1e-5, atol=1e-8)
    np.testing.assert_allclose(above, case["above"], rtol=1e-5, atol=1e-8)


def test_likeness_is_that_of_the_case(cases):
    assert likeness(cases) == pytest.approx(cases["likeness"], rel=1e-6)


def likeness(cases):
    told = the_cells()
    means = np.ones(told["genes"])
    means[told["targets"]] = cases["base"]
    gene_map = GeneMap(
        gene_of_column=np.zeros(0, int),
        input_of_column=np.zeros(0, int),
        genes=told["genes"],
        inputs=0,
        fill=np.zeros(0, np.float32),
        means=means,
        measured=np.array(told["measured"], dtype=bool),
    )
    return likeness_to_training(model_cells(told).counts, gene_map)


def test_evidence_is_judged_as_in_the_cases(cases):
    for case in cases["verdicts"]:
        verdict, why = judge(as_evidence(case["evidence"]))
        assert (verdict, list(why)) == (case["verdict"], case["why"])


@pytest.mark.parametrize("name", GATES)
def test_a_check_has_the_answer_of_the_case(cases, name):
    found, wanted = judged(cases, GATES[name]), cases["gates"][name]["answer"]
    if wanted is None:
        assert found is None
        return
    for key in ("outputs", "better", "of", "cells", "folds", "verdict", "why"):
        assert found[key] == wanted[key]
    for key in ("gain", "known"):
        there = np.array([math.nan if value is None else value for value in wanted[key]])
        here = np.array([math.nan if value is None else value for value in found[key]])
        np.testing.assert_allclose(here, there, rtol=1e-4, atol=1e-6)
    for key, value in wanted["evidence"].items():
        assert found["evidence"][key] == (value if value is None else pytest.approx(value, rel=1e-5))


def main():
    told = the_cells()
    rng = np.random.default_rng(5)
    counts = model_cells(told).counts[:, told["targets"]][:-2]
    depth = sum(told["size_factors"][:-2])
    base = [float(f"{value:.6g}") for value in np.asarray(counts.sum(axis=0)).ravel() / depth * 1.2 + 1e-3]
    estimates = [float(f"{value:.6g}") for value in np.append(rng.normal(0.1, 0.2, 60), [0, -3, 4])]
    variances = [float(f"{value:.6g}") for value in rng.gamma(1, 0.02, 63) + 1e-4]
    means, above = shrink(np.array(estimates), np.array(variances))
    whole = [[0, 1, 2, 30], [500, 0, 0, 3000], [7, 8, 9, 10]]
    split = [[0.5, 1.25, 0, 2], [3, 0.97, 0.03, 6.5]]
    cases = {
        "base": base,
        "random": [{"seed": seed, "values": drawn(seed)} for seed in SEEDS],
        "binomials": [{"chance": chance, "values": binomials(chance)} for chance in CHANCES],
        "trials": np.repeat(TRIALS, 12).tolist(),
        "hidden": [
            {"counts": whole, "folds": 3, "seed": 0, "share": 0.1},
            {"counts": split, "folds": 2, "seed": 3, "share": 0.25},
        ],
        "shrink": {
            "estimates": estimates,
            "variances": variances,
            "means": numbers(means),
            "above": numbers(above),
        },
        "verdicts": [],
        "gates": {},
    }
    for case in cases["hidden"]:
        case["folds_of"] = hidden(case)
    for changes in EVIDENCE:
        stored = written(FITS) | written_changes(changes)
        verdict, why = judge(as_evidence(stored))
        cases["verdicts"].append({"evidence": stored, "verdict": verdict, "why": list(why)})
    cases["likeness"] = likeness(cases)
    for name, asked in GATES.items():
        cases["gates"][name] = {"asked": asked, "answer": judged(cases, asked)}
    FILE.write_text(json.dumps(cases) + "\n", encoding="utf-8")


def written_changes(changes):
    return {name: None if value != value else value for name, value in changes.items()}


if __name__ == "__main__":
    main()
