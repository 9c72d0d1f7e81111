"""Figures of types and neighbours, on answers that are known beforehand."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from scipy import sparse

from cellfill.bundle import Evaluation, Score
from cellfill.errors import DataError
from cellfill_training.cards.types import worse_beside
from cellfill_training.judging.annotation.by_type import ByType
from cellfill_training.judging.annotation.neighbours import knn_accuracy, nearest
from cellfill_training.judging.annotation.principal import principal_components
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


def test_neighbours_are_the_nearest_others():
    points = np.random.default_rng(0).normal(size=(600, 3)) + 5
    distances = ((points[:, None] - points) ** 2).sum(axis=2)
    np.testing.assert_array_equal(
        np.sort(nearest(points, 4, among=points[:9])), np.sort(distances[:, :9].argsort()[:, :4])
    )
    np.fill_diagonal(distances, np.inf)
    np.testing.assert_array_equal(np.sort(nearest(points, 5)), np.sort(distances.argsort()[:, :5]))
    assert nearest(points[:4], 5).shape == (4, 3)


def test_components_are_those_of_log_counts():
    labelled = made_study("a", seed=3)
    found = principal_components(labelled.study.counts, seed=0)
    levels = np.log1p(labelled.study.counts.toarray() * 1e4 / labelled.study.counts.sum(axis=1).A1[:, None])
    singular = np.linalg.svd(levels - levels.mean(axis=0), compute_uv=False)
    np.testing.assert_allclose(np.sort(np.linalg.norm(found, axis=0))[::-1], singular[:30], rtol=1e-4)
    assert principal_components(sparse.csr_matrix(labelled.study.counts[:12]), seed=0).shape == (12, 11)
    with pytest.raises(DataError, match="2 cells x 80 genes have no principal components"):
        principal_components(labelled.study.counts[:2])


def evaluation(name, task="annotate", **methods):
    scores = tuple(Score(method=method, values=values) for method, values in methods.items())
    return Evaluation(
        data=name, protocol="h; all molecules", task=task, estimate=None, cells=9, entries=0, scores=scores
    )


def test_a_model_that_is_behind_is_said_to_be():
    near, far, last = ({"accuracy": a, "macro_f1": f} for a, f in ((0.8, 0.7), (0.6, 0.8), (0.3, 0.1)))
    both = (
        evaluation("a", cellfill=near, plain=far, most=last),
        evaluation("b", cellfill=far, plain=far, most=last),
    )
    manifest = SimpleNamespace(tasks=("annotate", "embed"), evaluations=both)
    assert worse_beside(manifest) == (
        "It names these cells worse than plain in macro_f1 (0.750 against 0.800), though better in accuracy "
        "(0.700 against 0.600): mean of the studies, all molecules.",
    )
    places = evaluation("a", "embed", cellfill={"knn_accuracy": 0.5}, PCA={"knn_accuracy": 0.5})
    assert worse_beside(SimpleNamespace(tasks=("embed",), evaluations=(*both, places))) == ()
