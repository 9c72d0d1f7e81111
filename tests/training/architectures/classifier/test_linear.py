"""A few labelled cells of one study teach a model without hidden layers, which says what it does not know."""

from __future__ import annotations

from dataclasses import replace

import anndata
import numpy as np
import pandas as pd
import pytest

import cellfill
from cellfill.bundle import read_bundle
from cellfill.errors import UsageError
from cellfill.network.golden import replay
from cellfill_training.architectures.classifier.classifier import train_classifier
from cellfill_training.architectures.classifier.options import LEAST_DEEP, ClassifierOptions
from cellfill_training.cards.types import judgement
from cellfill_training.studies.cell_classes import CellClass, ClassTree
from cellfill_training.studies.parts import in_parts, parts_of
from cellfill_training.workflow.annotation.training import fit_types
from training.architectures.classifier.made import TREE, made_study

LEAVES = ("CD4 T cell", "CD8 T cell", "B cell")
OPTIONS = ClassifierOptions(genes=60)


def few(cells=100):
    """One study, of whose third type there is one cell."""
    study = made_study("mine", seed=1, cells=cells)
    third = np.flatnonzero(study.leaves == 2)
    return replace(study, leaves=np.where(np.isin(np.arange(cells), third[1:]), -1, study.leaves))


@pytest.fixture(scope="module")
def study():
    one = few()
    return replace(one, trusted=one.leaves >= 0)


@pytest.fixture(scope="module")
def model(study, tmp_path_factory):
    folder = tmp_path_factory.mktemp("linear") / "mine"
    said = []
    fit_types([study], TREE, out=folder, options=OPTIONS, on_step=said.append)
    assert any("too few for hidden layers" in line for line in said)
    return folder


def test_one_study_of_few_cells_makes_a_model_that_names_even_a_type_of_one_cell(model):
    bundle = read_bundle(model)
    assert replay(bundle).fault == ""
    assert bundle.manifest.architecture.options["network"] == "linear"
    assert "epochs" not in bundle.manifest.provenance
    assert bundle.manifest.graph.output("embedding").dimensions == LEAVES
    new = made_study("new", seed=9)
    cells = anndata.AnnData(new.study.counts, var=pd.DataFrame(index=list(new.study.gene_names[0])))
    with pytest.warns(cellfill.FitWarning, match="67 cells taught the model its types: too few to tell what is"):
        cellfill.annotate(cells, model=model, confidence=0.0)
    right = cells.obs["cell_type"].astype(str).to_numpy() == np.array(LEAVES)[new.leaves]
    assert right[new.leaves < 2].mean() > 0.8


def test_parts_of_the_study_judge_it_and_the_card_says_what_that_means(model):
    bundle = read_bundle(model)
    own = [e for e in bundle.manifest.evaluations if e.task == "annotate"]
    assert {e.protocol.partition(";")[0] for e in own} == {"a model of the other cells"}
    # A type of one cell is judged by no part: nothing else taught it.
    assert [(e.data, e.cells) for e in own] == [("mine", 66)] * 2
    accuracy = {s.method: s.values["accuracy"] for s in own[0].scores}
    assert accuracy["cellfill"] > accuracy["majority class"] + 0.2
    card = " ".join(bundle.card.split())
    assert "no study was held out: of cells of another lab expect less" in card
    assert "No hidden layer: logistic regression" in card
    assert "a denoising autoencoder first" not in card
    assert bundle.manifest.annotation.unknown is not None


def test_a_study_held_out_is_what_the_card_begins_with_and_an_empty_cell_is_left_out(study, tmp_path):
    counts = study.study.counts.tolil()
    counts[0] = 0
    empty = replace(study, study=replace(study.study, counts=counts.tocsr()))
    said = []
    bundle = fit_types(
        [empty],
        TREE,
        out=tmp_path / "two",
        options=OPTIONS,
        held_out=[made_study("new", seed=9)],
        on_step=said.append,
    )
    assert "1 cell has no counts at all: left out" in said
    assert {e.data for e in bundle.manifest.evaluations} == {"mine", "new"}
    head = judgement(bundle.manifest)
    assert head.count("mean of 1 study (120 known cells) that taught nothing to what was judged") == 2
    assert "the one training study" not in head


def test_every_network_that_judges_a_part_has_a_temperature(study):
    networks = {}
    parts = parts_of([study], seed=0)
    whole = train_classifier([study], TREE, OPTIONS, parts=parts, on_left_out=networks.__setitem__).network
    assert set(networks) == set(parts.names)
    assert all(network.temperature < 1 for network in (whole, *networks.values()))  # few cells: too shy at 1


def test_parts_share_the_types_and_lose_no_cell(study):
    parts = parts_of([study], seed=0)
    divided = in_parts([study], parts)
    assert sum(len(one.leaves) for one in divided) == len(study.leaves)
    numbers = [np.bincount(one.leaves[one.trusted], minlength=3) for one in divided]
    assert np.ptp(numbers, axis=0).max() <= 1
    assert parts_of([study, made_study("other", seed=2)], seed=0) is None


def test_a_study_without_labels_beside_it_stays_whole(study):
    other = made_study("other", seed=2, foreign=True)
    parts = parts_of([other, study], seed=0)
    assert [one.study.name for one in in_parts([other, study], parts)] == [
        "other",
        "mine, part 1 of 2",
        "mine, part 2 of 2",
    ]
    assert train_classifier([other, study], TREE, OPTIONS, parts=parts).unknown is not None


def test_the_same_run_gives_the_same_weights(study):
    once, again = (train_classifier([study], TREE, OPTIONS).network.weights[0][0] for _ in range(2))
    assert np.array_equal(once, again)
    other = train_classifier([study], TREE, replace(OPTIONS, seed=1)).network.weights[0][0]
    assert not np.array_equal(once, other)


@pytest.mark.parametrize(
    ("options", "cells", "network"),
    [
        (ClassifierOptions(), LEAST_DEEP, "deep"),
        (ClassifierOptions(), LEAST_DEEP - 1, "linear"),
        (ClassifierOptions(epochs=3), 10, "deep"),
        (ClassifierOptions(network="linear"), 10**6, "linear"),
        (ClassifierOptions(network="deep"), 10, "deep"),
    ],
)
def test_hidden_layers_are_for_many_cells_or_for_who_asks(options, cells, network):
    assert options.settled(labelled=cells).network == network


def test_choices_of_hidden_layers_are_refused_where_there_are_none():
    with pytest.raises(UsageError, match="hidden is of hidden layers, and the network is linear"):
        ClassifierOptions(network="linear", hidden=64)


def test_an_embedding_alone_has_hidden_layers_for_few_cells_too(study, tmp_path):
    tree = ClassTree(tuple(CellClass(name=name) for name in LEAVES))
    whole = made_study("mine", seed=1, cells=60)
    bundle = fit_types([whole], tree, out=tmp_path / "places", task="embed", options=OPTIONS)
    assert len(bundle.manifest.graph.output("embedding").dimensions) == OPTIONS.dimensions
