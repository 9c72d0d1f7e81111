"""Figures of annotation, on cells whose answer is known beforehand."""

from __future__ import annotations

import numpy as np
import pytest

from cellfill.errors import DataError
from cellfill_training.architectures.classifier.augmentation import thin
from cellfill_training.architectures.classifier.cells import bring_together
from cellfill_training.architectures.classifier.left_out import without_study
from cellfill_training.judging.annotation.rivals import LOGISTIC, MAJORITY, NEAREST, rivals
from cellfill_training.judging.annotation.scores import auroc, merged, score_types
from cellfill_training.studies.gene_table import GeneTable
from training.architectures.classifier.made import made_studies


def test_figures_of_known_answers():
    probabilities = np.array([[0.9, 0.1, 0.0], [0.9, 0.1, 0.0], [0.2, 0.8, 0.0], [0.9, 0.1, 0.0]])
    scores = score_types(probabilities, np.array([0, 0, 1, 1]))
    assert scores.accuracy == 0.75
    assert scores.macro_f1 == pytest.approx((0.8 + 2 / 3) / 2)
    assert scores.recall[:2] == (1.0, 0.5)
    assert np.isnan(scores.recall[2])
    # Three cells at .9, of which two thirds are right, and one at .8 that is.
    assert scores.ece == pytest.approx(0.75 * (0.9 - 2 / 3) + 0.25 * 0.2)


def test_a_type_that_is_named_and_not_there_costs_precision():
    scores = score_types(np.eye(3)[[0, 0, 2]], np.array([0, 0, 0]))
    assert scores.macro_f1 == pytest.approx(0.8)


def test_cells_without_a_label_do_not_judge():
    assert score_types(np.eye(2)[[0, 1]], np.array([0, -1])).cells == 1
    with pytest.raises(DataError, match="nothing to judge by"):
        score_types(np.eye(2), np.array([-1, -1]))


def test_types_are_judged_together_a_level_up():
    probabilities, leaf = merged(np.array([[0.3, 0.3, 0.4]]), np.array([1]), np.array([0, 0, 1]))
    assert probabilities.tolist() == [[0.6, 0.4]]
    assert leaf.tolist() == [0]
    assert score_types(probabilities, leaf).accuracy == 1


def test_auroc_counts_pairs():
    scores, positive = np.array([1.0, 2.0, 2.0, 3.0]), np.array([False, True, False, True])
    assert auroc(scores, positive) == pytest.approx(3.5 / 4)
    with pytest.raises(DataError, match="of one kind"):
        auroc(scores, np.ones(4, dtype=bool))


def test_rivals_learn_and_the_trivial_one_does_not():
    cells = bring_together(made_studies(), [], types=3, table=GeneTable())
    rows, found = cells.study == 2, rivals(without_study(cells, 2))
    for counts, least in (
        (cells.counts[rows], 0.95),
        (thin(cells.counts[rows], 0.3, np.random.default_rng(0)), 0.9),
    ):
        accuracy = {
            method: score_types(annotate(counts, cells.measured[2]), cells.given[rows]).accuracy
            for method, annotate in found.items()
        }
        assert accuracy[MAJORITY] < 0.5
        assert accuracy[NEAREST] > least
        assert accuracy[LOGISTIC] > least
