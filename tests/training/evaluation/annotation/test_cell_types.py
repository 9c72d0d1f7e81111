"""Judging models that name and place cells: figures of known answers, and a model judged by its own answers."""

from __future__ import annotations

import json

import numpy as np
import pytest

import cellfill
from cellfill.bundle.classes import CellClass, Classes
from cellfill.errors import DataError, UsageError
from cellfill_training.cli.evaluate import evaluate
from cellfill_training.evaluation.cell_types.naming import COMMONEST
from cellfill_training.evaluation.protocols.annotation.conditions import CONDITIONS, SHALLOW, changed
from cellfill_training.evaluation.protocols.annotation.figures import LEVELS, RECALL, TYPES, figures_of_types
from cellfill_training.evaluation.protocols.annotation.strangers import figures_of_strangers
from cellfill_training.evaluation.protocols.annotation.truth import STRANGE, types_of
from cellfill_training.evaluation.protocols.embedding.mixing import neighbour_weights, score_mixing
from cellfill_training.evaluation.protocols.embedding.places import PCA
from cellfill_training.judging.annotation.neighbours import knn_accuracy, transfer_accuracy
from runtime import bundles
from runtime.tasks.known import known_cells
from training.architectures.classifier.made import made_study

ROWS = (("T", ""), ("CD4", "T"), ("CD8", "T"), ("B", ""), ("naive B", "B"))
BLOOD = Classes([CellClass(name=name, parent=parent) for name, parent in ROWS])  # leaves CD4, CD8, naive B


def test_an_open_answer_is_right_and_no_answer_is_counted():
    rows = types_of(["four", "T", "naive B", "NK", "naive B"], BLOOD, {"four": "CD4"})
    assert rows.tolist() == [1, 0, 4, STRANGE, 4]
    probabilities = np.array([[0.4, 0.6, 0], [0.4, 0.6, 0], [0, 0.2, 0.8], [0.9, 0.1, 0], [0, 0.9, 0.1]])
    tables = figures_of_types(probabilities, np.array([0, 0, 4, -1, -1]), rows, BLOOD)
    assert tables[TYPES]["accuracy"] == pytest.approx(1 / 3)  # "T" names no leaf
    assert tables[TYPES]["unassigned"] == 0.25
    assert tables[TYPES]["right"] == 1
    assert tables[TYPES]["strange_unassigned"] == 1
    assert tables[LEVELS] == {"level 1": pytest.approx(3 / 4), "level 2": pytest.approx(1 / 3)}
    assert tables[RECALL] == {"CD4": 0, "naive B": 0.5}
    assert np.isnan(figures_of_types(probabilities, None, rows, BLOOD)[TYPES]["unassigned"])
    with pytest.raises(DataError, match="No label is a type of the model"):
        types_of(["monocyte"], BLOOD, {})


def test_certainty_is_shown_at_as_many_known_cells_kept():
    ours, certainty = figures_of_strangers(
        np.array([True, False, False, False]),
        np.array([True, True, False]),
        np.array([0.5, 0.7, 0.8, 0.9]),
        np.array([0.95, 0.6, 0.99]),
    )
    assert ours == {"unassigned": pytest.approx(2 / 3), "known_kept": 0.75}
    assert certainty["known_kept"] >= ours["known_kept"]
    assert certainty["unassigned"] < ours["unassigned"]


def test_a_condition_takes_molecules_and_genes():
    study = made_study("study", seed=1).study
    rng = np.random.default_rng(0)
    shallow, holed = (changed(study, condition, rng) for condition in CONDITIONS[1:])
    assert 0.28 < shallow.counts.sum() / study.counts.sum() < 0.32
    assert (shallow.counts > study.counts).nnz == 0
    names = list(study.gene_names[0])
    kept = [names.index(name) for name in holed.gene_names[0]]
    assert 0.25 < len(kept) / len(names) < 0.75
    assert (holed.counts != study.counts[:, kept]).nnz == 0


def test_mixing_and_neighbours_of_known_places():
    rng = np.random.default_rng(0)
    types, batches = np.repeat(["a", "b"], 150), np.tile(["one", "two"], 150)
    places = rng.normal(0, 1, (300, 3)) + 20 * (types == "b")[:, None]
    weights, near = neighbour_weights(places)
    perplexity = np.exp(-(weights * np.log(weights + 1e-300)).sum(axis=1))
    assert near.shape == (300, 90)
    assert perplexity == pytest.approx(np.full(300, 30.0), rel=1e-3)
    mixed = score_mixing(places, types, batches)
    assert mixed["ilisi"] > 0.85
    assert mixed["clisi"] == pytest.approx(1)
    apart = places + 200 * (batches == "two")[:, None]
    assert score_mixing(apart, types, batches)["ilisi"] == pytest.approx(0, abs=1e-6)
    assert knn_accuracy(places, types) == 1
    assert knn_accuracy(places, batches) < 0.7
    assert transfer_accuracy(places, types, batches) == 1
    crossed = (
        places
        + 20 * ((batches == "two") & (types == "a"))[:, None]
        - 20 * ((batches == "two") & (types == "b"))[:, None]
    )
    assert transfer_accuracy(crossed, types, batches) == 0


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return bundles.make(tmp_path_factory.mktemp("models") / "small", ("annotate", "embed"))


@pytest.fixture(scope="module")
def cells(model, tmp_path_factory):
    """Cells labelled by the model itself, which calls all CD8 T cells, but for every fourth, called its sister."""
    adata = known_cells(200)[:-1].copy()
    cellfill.annotate(adata, model=model)
    assert set(adata.obsm["cell_type_probabilities"].argmax(axis=1)) == {2}
    adata.obs["own"] = [bundles.LEAF_NAMES[0 if n % 4 == 3 else 2] for n in range(adata.n_obs)]
    folder = tmp_path_factory.mktemp("cells")
    adata.write_h5ad(folder / "own.h5ad")
    adata[::3].write_h5ad(folder / "other.h5ad")
    adata[::4].write_h5ad(folder / "one.h5ad")
    adata[:2].write_h5ad(folder / "two.h5ad")
    return folder / "own.h5ad"


def test_a_model_is_judged_by_the_runtime_beside_trivial_ways(model, cells, tmp_path, capsys):
    told = tmp_path / "e.json"
    evaluate(
        [str(model)],
        data=[cells],
        labels="own",
        reference=[cells.with_name("other.h5ad")],
        batch="batch",
        seeds=1,
        min_genes=1,
        json_file=told,
        quiet=True,
    )
    records = json.loads(told.read_text())["records"]
    assert {r["read_out"] for r in records if r["error"]} == {CONDITIONS[2].name}
    found = {(r["protocol"], r["method"], r["read_out"]): r["values"] for r in records}
    whole = CONDITIONS[0].name
    assert found[TYPES, "small", whole]["accuracy"] == pytest.approx(1 - 49 / 199)
    assert found[TYPES, COMMONEST, whole]["accuracy"] == pytest.approx(1 - 49 / 199)
    assert found[LEVELS, "small", whole] == {"level 1": 1, "level 2": pytest.approx(1 - 49 / 199)}
    assert found[RECALL, "small", whole] == {"CD4 T cell": 0, "CD8 T cell": 1}
    assert found[TYPES, "small", whole]["unassigned"] != found[TYPES, "small", SHALLOW.name]["unassigned"]
    assert found[TYPES, COMMONEST, whole]["unassigned"] is None
    assert len({method for protocol, method, _ in found if protocol == TYPES}) == 5
    placed = {method for protocol, method, _ in found if protocol == "embedding"}
    assert placed == {"small", "small, batches taken out", PCA}
    assert set(found["embedding", PCA, SHALLOW.name]) >= {"knn", "ari", "silhouette", "ilisi", "clisi", "transfer"}
    shown = capsys.readouterr().out
    assert "own, types: 199 cells, one draw" in shown
    assert "condition" in shown


def test_cells_of_no_known_type_are_judged_beside_known_ones(model, cells, tmp_path):
    told = tmp_path / "e.json"
    foreign = [cells.with_name("other.h5ad")]
    common = {"labels": "own", "seeds": 1, "min_genes": 1, "json_file": told, "quiet": True}
    evaluate([str(model)], data=[cells], protocol=["unknown"], foreign=foreign, **common)
    records = json.loads(told.read_text())["records"]
    assert len(records) == 4  # two conditions, and each threshold of certainty
    whole = records[0]["values"]
    assert 0 <= whole["unassigned"] <= 1
    assert whole["known_kept"] + whole["unassigned"] == pytest.approx(1, abs=0.15)  # the same cells are both


def test_few_cells_are_judged_by_what_they_can_be(model, cells, capsys):
    evaluate([str(model)], data=[cells.with_name("two.h5ad")], labels="own", min_genes=1, seeds=1)
    shown = capsys.readouterr()
    assert "two, types: 2 cells" in shown.out
    assert "The protocol embedding is left out: 2 cells are judged" in shown.err


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"labels": None}, "whose types are known: give --labels"),
        ({"data": None}, "no study to judge on"),
        ({"truth_layer": "X"}, "--truth-layer is for models that impute"),
        ({"protocol": ["unknown"]}, "give --foreign"),
        ({"protocol": ["masked"]}, "'masked' is none of models of cell types"),
        ({"methods": ["default"], "batch": "batch"}, "--batch is for models that name or place cells"),
        ({"data": ["two.h5ad"], "protocol": ["embedding"]}, "2 cells are judged, .* give 16 cells or more"),
        ({"sizes": ["1"], "protocol": ["embedding"]}, "1 cell is judged, .* give 16 cells or more"),
        ({"reference": ["own.h5ad"]}, "own is given twice"),
        ({"reference": ["one.h5ad"]}, "cells of one type alone"),
    ],
)
def test_what_cannot_be_judged_is_one_line(model, cells, changes, said):
    given = {"methods": [str(model)], "data": [cells], "labels": "own", "min_genes": 1, "quiet": True} | changes
    for key in {"reference", "data"} & {*changes}:
        given[key] = changes[key] and [cells.with_name(name) for name in changes[key]]
    with pytest.raises((UsageError, DataError), match=said):
        evaluate(**given)
