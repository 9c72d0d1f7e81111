"""A classifier learns types from several studies, knows what it does not know, and is the same every time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cellfill.errors import DataError
from cellfill_training.architectures.classifier.bundling import bundle_parts
from cellfill_training.architectures.classifier.classifier import train_classifier
from cellfill_training.architectures.classifier.graph import OUTPUTS, check_export
from cellfill_training.architectures.classifier.predicting import fed, predict
from cellfill_training.architectures.classifier.profiles import profile_scores
from cellfill_training.exporting.parity import ExportError
from cellfill_training.studies.cell_classes import CellClass, ClassTree
from training.architectures.classifier.made import GENES, QUICK, TREE, made_studies, made_study


@pytest.fixture(scope="module")
def trained():
    return train_classifier(made_studies(), TREE, QUICK)


@pytest.fixture(scope="module")
def parts(trained):
    return bundle_parts(trained)


def columns(trained, study):
    place = {names[0]: i for i, names in enumerate(zip(*study.gene_names, strict=True))}
    chosen = [place.get(gene.symbol, -1) for gene in trained.genes]
    measured = np.array(chosen) >= 0
    return study.counts[:, chosen].multiply(measured).tocsr(), measured


@pytest.mark.parametrize("genes", [GENES, GENES - 25])
def test_cells_of_a_new_study_are_named(trained, genes):
    new = made_study("new", seed=9, genes=genes)
    counts, measured = columns(trained, new.study)
    found = predict(trained.network, counts, measured)
    assert (found.probabilities.argmax(axis=1) == new.leaves).mean() > 0.95
    assert np.allclose(found.probabilities.sum(axis=1), 1, atol=1e-5)


def test_cells_of_another_type_are_told(trained):
    def suits(labelled):
        counts, measured = columns(trained, labelled.study)
        found = predict(trained.network, counts, measured)
        profile = profile_scores(counts, measured, trained.profiles, found.probabilities.argmax(axis=1))
        return trained.unknown.suits(profile, found.energy.astype(float))

    known, foreign = suits(made_study("new", seed=9)), suits(made_study("odd", seed=10, foreign=True))
    assert (known >= trained.unknown.threshold).mean() > 0.8
    assert (foreign < trained.unknown.threshold).mean() > 0.95


def test_the_graph_says_what_tensorflow_says(trained, parts):
    from cellfill.network.devices import import_onnxruntime

    new = made_study("new", seed=9, genes=GENES - 25)
    counts, factors = fed(trained.network, *columns(trained, new.study))
    session = import_onnxruntime().InferenceSession(parts.graph, providers=["CPUExecutionProvider"])
    found = session.run(list(OUTPUTS), {"counts": counts, "size_factors": factors})
    for ours, theirs in zip(trained.network.outputs(counts, factors), found, strict=True):
        assert np.allclose(ours, theirs, atol=1e-4)
    assert found[2].shape[1] == len(parts.dimensions) == 8


def test_a_graph_of_another_network_is_refused(trained, parts):
    from dataclasses import replace

    (first, bias), *rest = trained.network.weights
    other = replace(trained.network, weights=((first * 1.1, bias), *rest))
    with pytest.raises(ExportError, match="differ by"):
        check_export(parts.graph, other, trained.sample)


def test_an_unknown_gene_gives_an_input_of_zero(trained):
    counts, _ = columns(trained, made_study("new", seed=9).study)
    none = np.zeros(len(trained.genes), dtype=bool)
    found = predict(trained.network, counts, none)
    assert np.allclose(found.probabilities, found.probabilities[0], atol=1e-4)


def test_the_same_run_gives_the_same_graph(parts):
    assert bundle_parts(train_classifier(made_studies(), TREE, QUICK)).graph == parts.graph


def test_what_a_bundle_needs_is_whole(parts):
    assert [gene.is_input for gene in parts.genes] == [True] * 60
    assert sum(gene.worth for gene in parts.genes) == pytest.approx(1)
    assert min(gene.neutral for gene in parts.genes) >= 0
    assert parts.profiles.shape == (60, 3)
    assert np.allclose(parts.profiles.sum(axis=0), 1)
    assert list(parts.unknown.profile) == sorted(parts.unknown.profile)
    assert 0 < parts.unknown.threshold < 0.2


def test_half_the_bytes_for_half_the_precision(trained, parts):
    assert len(parts.graph) < len(bundle_parts(trained, half=False).graph)


def test_one_study_alone_cannot_say_what_is_unknown():
    assert train_classifier(made_studies(1), TREE, QUICK).unknown is None


def test_a_type_without_a_cell_is_refused():
    tree = ClassTree((*TREE.classes, CellClass(name="platelet", ontology_id="CL:0000233")))
    with pytest.raises(DataError, match="No cell is of the type 'platelet'"):
        train_classifier(made_studies(), tree, QUICK)


def test_a_few_cells_teach_as_well():
    """Fewer than a step's: an epoch has steps enough all the same."""
    options = replace(QUICK, epochs=3, pretraining_epochs=0)
    few = train_classifier([made_study("a", seed=1, cells=15), made_study("b", seed=2, cells=12)], TREE, options)
    new = made_study("new", seed=9)
    counts, measured = columns(few, new.study)
    found = predict(few.network, counts, measured)
    assert (found.probabilities.argmax(axis=1) == new.leaves).mean() > 0.9
