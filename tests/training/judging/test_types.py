"""Figures of types and neighbours, on answers that are known beforehand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from cellfill_training.judging.annotation.by_type import ByType
from cellfill_training.judging.annotation.neighbours import knn_accuracy, principal_components
from training.architectures.classifier.made import TREE, made_study


def test_a_cell_counts_for_its_leaf_and_for_all_above_it():
    table = ByType(TREE)  # T cell: CD4, CD8; B cell
    table.add(np.eye(3)[[0, 1, 2]], np.array([0, 0, 2]))
    table.add(np.eye(3)[[0]], np.array([2]))
    assert table.true.tolist() == [2, 2, 0, 2]
    assert table.recall.tolist() == pytest.approx([1.0, 0.5, np.nan, 0.5], nan_ok=True)
    assert table.precision.tolist() == pytest.approx([2 / 3, 0.5, 0.0, 1.0])
    assert table.f1.tolist() == pytest.approx([0.8, 0.5, np.nan, 2 / 3], nan_ok=True)


def test_neighbours_vote_and_a_cell_has_no_voice_in_its_own():
    points = np.r_[np.zeros((20, 2)), np.full((20, 2), 9.0)] + np.random.default_rng(0).normal(0, 0.1, (40, 2))
    leaf = np.repeat([0, 1], 20)
    assert knn_accuracy(points, leaf) == 1
    odd = leaf.copy()
    odd[0] = 1
    assert knn_accuracy(points, odd) == pytest.approx(39 / 40)
    assert knn_accuracy(np.random.default_rng(1).normal(size=(400, 2)), np.tile([0, 1], 200)) < 0.6


def test_components_are_those_of_log_counts():
    labelled = made_study("a", seed=3)
    found = principal_components(labelled.study.counts, seed=0)
    levels = np.log1p(labelled.study.counts.toarray() * 1e4 / labelled.study.counts.sum(axis=1).A1[:, None])
    singular = np.linalg.svd(levels - levels.mean(axis=0), compute_uv=False)
    np.testing.assert_allclose(np.sort(np.linalg.norm(found, axis=0))[::-1], singular[:30], rtol=1e-4)
    assert principal_components(sparse.csr_matrix(labelled.study.counts[:12]), seed=0).shape == (12, 11)
