"""The pieces of a classifier's training, each on numbers that can be worked out."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy import sparse

from cellfill.errors import DataError, UsageError
from cellfill_training.architectures.classifier.augmentation import augment, thin
from cellfill_training.architectures.classifier.cells import bring_together
from cellfill_training.architectures.classifier.classifier import train_classifier
from cellfill_training.architectures.classifier.drawing import study_weights, type_weights
from cellfill_training.architectures.classifier.genes import choose_genes, scaling_of, size_factors
from cellfill_training.architectures.classifier.left_out import without_study
from cellfill_training.architectures.classifier.options import ClassifierOptions
from cellfill_training.architectures.classifier.profiles import profile_scores, type_profiles
from cellfill_training.architectures.classifier.unknown import unknown_check
from cellfill_training.parts.temperature import fit_temperature
from cellfill_training.studies.gene_table import GeneName, GeneTable
from training.architectures.classifier.made import GENES, QUICK, TREE, made_studies, made_study


@pytest.fixture(scope="module")
def cells():
    return bring_together(made_studies(), [], types=3, table=GeneTable())


def test_thinning_keeps_a_share_of_the_molecules():
    counts = sparse.csr_matrix(np.full((50, 40), 5.0, dtype=np.float32))
    kept = thin(counts, np.where(np.arange(50) < 25, 0.2, 1.0), np.random.default_rng(0)).toarray()
    assert kept[:25].mean() == pytest.approx(1, abs=0.1)
    assert (kept[25:] == 5).all()
    assert (kept == kept.round()).all()


def test_augmented_cells_know_no_gene_that_was_not_measured(cells):
    measured = cells.measured[cells.study]
    seen = augment(cells.counts, measured, scaling_of(cells, bound=10), QUICK, np.random.default_rng(0))
    known = seen.known.astype(bool)
    assert not (known & ~measured).any()
    assert 0.7 < known[measured].mean() < 0.8
    assert (seen.levels[~known] == 0).all()


def test_studies_weigh_alike_and_rare_types_more(cells):
    few = cells.take(np.flatnonzero((cells.study != 0) | (np.arange(len(cells.leaf)) < 30)))
    for weights in (study_weights(few), type_weights(few)):
        assert np.bincount(few.study, weights=weights) == pytest.approx([1 / 3] * 3)
    weights = type_weights(few)
    own = few.study == 1
    numbers = np.bincount(few.leaf[own])
    shares = np.bincount(few.leaf[own], weights=weights[own])
    assert shares / shares.sum() == pytest.approx(np.sqrt(numbers) / np.sqrt(numbers).sum())


def test_genes_that_tell_types_apart_are_chosen(cells):
    noise = sparse.csr_matrix(np.full((len(cells.leaf), 1), 3, dtype=np.float32))
    from dataclasses import replace

    with_noise = replace(
        cells,
        counts=sparse.hstack([noise, cells.counts]).tocsr(),
        genes=(GeneName("", "flat"), *cells.genes),
        measured=np.hstack([np.ones((3, 1), dtype=bool), cells.measured]),
    )
    chosen = choose_genes(with_noise, 20)
    assert len(chosen) == 20
    assert 0 not in chosen


def test_a_size_factor_does_not_depend_on_which_genes_were_measured(cells):
    scaling = scaling_of(cells, bound=10)
    half = np.arange(GENES) % 2 == 0
    whole = size_factors(cells.counts, np.ones(GENES, dtype=bool), scaling.mean)
    part = size_factors(cells.counts.multiply(half).tocsr(), half, scaling.mean)
    assert np.median(part / whole) == pytest.approx(1, abs=0.15)
    assert np.median(whole) == pytest.approx(1, abs=0.15)


def test_a_study_left_out_leaves_nothing(cells):
    others = without_study(cells, 1)
    assert others.names == ("study0", "study2")
    assert others.counts.shape[0] == (cells.study != 1).sum()
    assert set(others.study) == {0, 1}


def test_a_cell_suits_its_own_profile_at_any_depth(cells):
    profiles, measured = type_profiles(cells), np.ones(GENES, dtype=bool)
    own = cells.study == 0
    for depth in (1.0, 0.3):
        counts = thin(cells.counts[own], depth, np.random.default_rng(0))
        scores = profile_scores(counts, measured, profiles, cells.leaf[own])
        others = profile_scores(counts, measured, profiles, (cells.leaf[own] + 1) % 3)
        assert np.median(scores) == pytest.approx(0, abs=0.1)
        assert np.median(others) < -0.3


def test_a_temperature_makes_overconfident_logits_honest():
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(4000, 3)) * 2
    chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    leaf = (chances.cumsum(axis=1) < rng.random((4000, 1))).sum(axis=1)
    assert fit_temperature(logits * 2.5, leaf, np.zeros(4000, dtype=int)) == pytest.approx(2.5, rel=0.15)


def test_the_threshold_keeps_what_it_is_asked_to_keep():
    rng = np.random.default_rng(0)
    profile, energy, study = rng.normal(size=3000), rng.normal(size=3000), np.repeat([0, 1, 1], 1000)
    check = unknown_check(profile, energy, study, kept=0.9)
    kept = check.suits(profile, energy) >= check.threshold
    shares = np.bincount(study, weights=kept) / np.bincount(study)
    assert shares.mean() == pytest.approx(0.9, abs=0.01)
    assert check.suits(np.array([-99.0, 99.0]), np.array([99.0, 99.0])).tolist() == [0.0, 1.0]


def test_unlabelled_cells_take_part_without_a_type():
    cells = bring_together(made_studies(2), [made_study("more", seed=7).study], types=3, table=GeneTable())
    assert (cells.leaf[cells.study == 2] == -1).all()
    assert cells.labelled_studies == (0, 1)
    assert study_weights(cells)[cells.study == 2].sum() == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    "wrong",
    [
        {"genes": 0},
        {"least_depth": 0},
        {"most_hidden": 1.0},
        {"factor_sd": -1},
        {"hidden": 0},
        {"penalty": -1.0},
        {"learning_rate": float("nan")},
    ],
)
def test_options_that_mean_nothing_are_refused(wrong):
    with pytest.raises(UsageError):
        ClassifierOptions(**wrong)


def test_studies_without_a_type_in_common_are_refused_before_any_training():
    def only(study, *kept):
        leaves = np.where(np.isin(study.leaves, kept), study.leaves, -1)
        return dataclasses.replace(study, leaves=leaves, trusted=leaves >= 0)

    one, two = made_studies(2)
    with pytest.raises(DataError, match="No two studies, or parts of one, have a type in common"):
        train_classifier([only(one, 0, 1), only(two, 2)], TREE, QUICK)
