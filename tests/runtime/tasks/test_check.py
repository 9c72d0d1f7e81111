"""Is a model fit to name and to place these cells? What decides it, and how it is said."""

import json
import math
import subprocess
import sys

import numpy as np
import pytest

import cellfill
from cellfill.errors import TaskError
from cellfill.ranking.columns import cells_of
from cellfill.ranking.ranks import Ranked
from cellfill.readers.rows import StoredCsr
from cellfill.tasks.annotation.columns import NO_COUNTS, UNLIKE
from cellfill.tasks.annotation.table import TypeRow
from cellfill.tasks.annotation.verdict import Evidence, gather_evidence, judge
from cellfill.tasks.embedding import verdict as of_places
from cellfill.text.figures import percent
from conftest import EXAMPLE, MODEL
from runtime import bundles
from runtime.tasks.known import known_cells

SOUND = {"cells": 500, "unlike": 0.05, "unsure": 0.0, "off": (), "sure": 0.9, "one_type": 0.4}
SOUND |= {"coverage": 0.9, "genes": 0.9, "shallow": 0.1}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return bundles.make(tmp_path_factory.mktemp("models") / "small", tasks=("annotate", "embed"))


@pytest.fixture(scope="module")
def cells():
    return known_cells()


def command(*arguments):
    line = [sys.executable, "-m", "cellfill.cli", *map(str, arguments)]
    return subprocess.run(line, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("changed", "verdict", "said"),
    [
        (
            {},
            "fits",
            "90% of the others right, to the most detailed type. Calling them all one type would be right for 40%",
        ),
        ({"unlike": 0.3}, "fits with limits", "here are cells of other types"),
        ({"unlike": 0.3, "shallow": 0.8}, "fits with limits", "80% of the cells have fewer counts"),
        ({"off": ("B",)}, "fits with limits", "as another type, state or tissue is: B."),
        ({"one_type": 0.89}, "fits with limits", "Nearly all get one type"),
        ({"sure": 0.799}, "fits with limits", "name 79% of the others right"),
        ({"taught": 39.0}, "fits with limits", "39 cells taught the model its types: too few"),
        ({"taught": 100.0}, "fits", "name 90%"),
        ({"unlike": 0.7}, "does not fit", "it was made for other cells"),
        ({"unlike": 0.7, "coverage": 0.23}, "does not fit", "23% of what they tell it"),
        ({"unlike": 0.3, "genes": 0.46, "coverage": 0.64}, "fits with limits", "all genes that were measured"),
        ({"unsure": 0.15}, "fits", "name 90%"),
        ({"unsure": 0.3}, "fits with limits", "and 30% more get no name"),
        ({"unsure": 0.6}, "does not fit", "and 60% more get no name"),
        ({"unlike": 1.0, "sure": math.nan}, "does not fit", "100% of the cells"),
        ({"unlike": math.nan}, "not tested", "was not looked at"),
        ({"cells": 19}, "not tested", "Only 19 cells have"),
        ({"cells": 1}, "not tested", "Only 1 cell has"),
    ],
)
def test_the_verdict_on_naming_cells(changed, verdict, said):
    found, reasons = judge(Evidence(**SOUND | changed))
    assert found == verdict
    assert said in " ".join(reasons)


@pytest.mark.parametrize(
    ("changed", "verdict"),
    [
        ({}, "fits"),
        ({"likeness": 0.87}, "fits with limits"),
        ({"likeness": 0.79}, "does not fit"),
        ({"unlike": 0.7}, "does not fit"),
        ({"unlike": math.nan}, "fits"),
        ({"coverage": 0.4}, "fits with limits"),
        ({"genes": 0.5}, "fits"),
        ({"cells": 19}, "not tested"),
    ],
)
def test_the_verdict_on_placing_cells(changed, verdict):
    sound = {"cells": 500, "likeness": 0.95, "unlike": 0.05, "coverage": 0.9, "genes": 0.9}
    assert of_places.judge(of_places.Evidence(**sound | changed))[0] == verdict


def test_evidence_is_of_cells_with_counts_and_sureness_of_those_like_a_type():
    reasons = ["", "", UNLIKE, NO_COUNTS]
    probabilities = np.array([[0.9, 0.1], [0.2, 0.8], [0.5, 0.5], [np.nan, np.nan]], np.float32)
    rows = (TypeRow(name="B", cells=50, probability=0.9, typical=0.01, off=True),)
    found = gather_evidence(reasons, probabilities, rows, tested=True, coverage=0.7, genes=0.8, unsure=1, shallow=1)
    assert found.cells == 3
    assert found.unlike == pytest.approx(1 / 3)
    assert found.sure == pytest.approx((0.9 + 0.8) / 2)
    assert found.one_type == pytest.approx((0.9 + 0.2) / 2)
    assert found.shallow == found.unsure == pytest.approx(1 / 3)
    assert found.off == ("B",)


def test_a_check_is_of_every_task_and_decides_as_annotating_does(folder, cells):
    found = cellfill.check(cells, model=folder)
    assert list(found.of) == ["annotate", "embed"]
    types = found.of["annotate"]
    assert types.cells_checked == 59  # the last has no counts
    annotated = cellfill.annotate(cells, model=folder, copy=True).uns["cellfill_cell_type"]
    assert {"verdict": types.verdict, "why": " ".join(types.reasons)} == annotated["check"]
    assert sum(row.cells for row in types.types) == 59
    assert {s.without for s in types.steadiness} == {"half of the counts taken away", "half of the genes unknown"}
    assert all(0 < s.chance <= s.same <= 1 for s in types.steadiness), types.steadiness
    assert len({s.same for s in types.steadiness}) == 2  # without some genes other answers change
    assert str(found).count("of 60 were looked at") == 1  # what is the same of both is said once
    assert json.loads(json.dumps(found.to_dict()))["checks"]["embed"]["task"] == "embed"
    assert "small" in found._repr_html_()


def test_neither_the_order_of_the_cells_nor_the_task_alone_changes_what_is_found(folder, cells):
    both = cellfill.check(cells, model=folder, seed=3).of
    for task in ("annotate", "embed"):
        alone = cellfill.check(cells, model=folder, task=task, seed=3)
        assert alone.to_dict() == both[task].to_dict()
    turned = cellfill.check(cells[::-1].copy(), model=folder, task="annotate").evidence
    assert turned.sure == pytest.approx(both["annotate"].evidence.sure)
    assert turned.unlike == both["annotate"].evidence.unlike


def test_cells_of_another_kind_do_not_fit(folder, cells, tmp_path):
    other = cells.copy()
    other.X = other.X.copy()
    other.X.data[:] = 1
    other.X[:, 3] = 500  # nearly all molecules are of one gene
    other.write_h5ad(tmp_path / "other.h5ad")
    done = command("check", tmp_path / "other.h5ad", "--model", folder)
    assert done.returncode == 9, done.stdout
    assert "unlike any type" in done.stdout
    assert "Traceback" not in done.stderr


def test_of_few_cells_nothing_is_said(folder, cells):
    found = cellfill.check(cells[:10].copy(), model=folder)
    assert found.verdict == "not tested"


def test_a_table_of_genes_is_of_imputing(folder, cells, tmp_path):
    cells.write_h5ad(tmp_path / "in.h5ad")
    done = command("check", tmp_path / "in.h5ad", "--model", folder, "--genes", tmp_path / "genes.tsv")
    assert done.returncode == 2
    assert "small imputes none" in done.stderr
    assert not (tmp_path / "genes.tsv").exists()
    with pytest.raises(TaskError, match="does not name cell types"):
        cellfill.check(EXAMPLE, model=MODEL, task="annotate")


def test_every_task_looks_at_the_same_cells_read_once(folder, cells, tmp_path, monkeypatch):
    cells.write_h5ad(tmp_path / "in.h5ad")
    read = []
    whole = StoredCsr.__getitem__
    monkeypatch.setattr(StoredCsr, "__getitem__", lambda self, rows: read.append(rows) or whole(self, rows))
    cellfill.check(tmp_path / "in.h5ad", model=folder)
    assert read == [slice(0, 60)]


@pytest.mark.parametrize("tasks", [("annotate", "embed"), ("embed",)])
def test_embedding_warns_as_a_check_does(tmp_path, tasks):
    model, cells = bundles.make(tmp_path / "small", tasks=tasks), known_cells()
    found = cellfill.check(cells, model=model, task="embed")
    with pytest.warns(cellfill.FitWarning, match="unlike any type" if len(tasks) > 1 else "correlation"):
        cellfill.embed(cells, model=model)
    said = cells.uns["cellfill_X_small"]["check"]
    assert said == {"verdict": found.verdict, "why": " ".join(found.reasons)}
    cells.write_h5ad(tmp_path / "in.h5ad")
    done = command("embed", tmp_path / "in.h5ad", "--model", model, "-q", "-o", tmp_path / "out.csv")
    assert done.stderr.startswith(f"WARNING       The model {found.verdict}.")


def test_how_sure_a_person_wants_to_be_does_not_change_the_verdict(folder, cells):
    records = [
        cellfill.annotate(cells, model=folder, copy=True, confidence=confidence).uns["cellfill_cell_type"]
        for confidence in (None, 1.0)
    ]
    assert records[0]["unassigned"]["not_sure"] < records[1]["unassigned"]["not_sure"]
    assert records[0]["check"] == records[1]["check"]


def test_figures_are_rounded_one_way():
    assert [percent(share) for share in (0.29, 0.799, 1.0)] == ["29%", "79%", "100%"]
    ranked = Ranked(model="m", stage="measured", likeness=0.879, evidence=Evidence(**SOUND | {"sure": 0.8359}))
    assert cells_of(ranked, "embed")[2] == "0.87"
    assert cells_of(ranked, "annotate")[2:4] == ("79%", "38%")
