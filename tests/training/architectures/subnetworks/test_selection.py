"""Targets, groups and predictors follow the paper's rules."""

import numpy as np
import pytest

from cellfill.errors import DataError, UsageError
from cellfill_training import GeneTable, options_for
from cellfill_training.architectures.subnetworks.prepare import prepare
from cellfill_training.architectures.subnetworks.selection import (
    candidate_genes,
    choose_predictors,
    choose_targets,
    common_genes,
    group_size,
    plan_groups,
    spread,
)
from cellfill_training.fitting.levels import log_normalise, measure_levels
from cellfill_training.studies.cohort import harmonise


@pytest.fixture(scope="module")
def cohort(studies):
    return harmonise(studies[:1], GeneTable())


def test_candidates_are_detected_in_enough_cells(cohort):
    detected = (cohort.counts.toarray() > 0).mean(axis=0)
    found = candidate_genes(cohort, options_for("default", min_detection=0.4))
    assert found.tolist() == np.flatnonzero(detected >= 0.4).tolist()
    few = cohort.take_genes(np.argsort(detected)[:5])
    with pytest.raises(DataError, match="lower --min-detection"):
        candidate_genes(few, options_for("default", min_detection=1.0))


def test_targets_of_the_paper_have_variance_over_mean_above_a_half(cohort):
    counts = cohort.counts.toarray().astype(float)
    dispersion = counts.var(axis=0) / counts.mean(axis=0)
    for least in (0.5, 1.5):
        chosen = choose_targets(cohort, options_for("paper", min_dispersion=least))
        assert sorted(chosen) == np.flatnonzero(dispersion > least).tolist()
    with pytest.raises(DataError, match="variance/mean over 1000"):
        choose_targets(cohort, options_for("paper", min_dispersion=1000.0))


def test_the_groups_are_random_and_the_seed_decides(cohort):
    first = choose_targets(cohort, options_for("default"))
    assert not np.array_equal(first, np.sort(first))
    np.testing.assert_array_equal(first, choose_targets(cohort, options_for("default")))
    assert not np.array_equal(first, choose_targets(cohort, options_for("default", seed=1)))


def test_wanted_targets_are_taken_by_id_or_symbol(cohort):
    names = [cohort.genes[3].symbol, cohort.genes[5].ensembl_id + ".2"]
    assert sorted(choose_targets(cohort, options_for("paper"), names)) == [3, 5]
    with pytest.raises(UsageError, match="None of the 1 target genes"):
        choose_targets(cohort, options_for("paper"), ["NOSUCH"])


def test_groups_are_full_in_the_paper_and_even_by_default():
    assert group_size(600, options_for("paper")) == 512
    assert group_size(600, options_for("default")) == 150
    assert group_size(2048, options_for("default")) == 512
    assert group_size(2050, options_for("default")) == 410


@pytest.mark.parametrize("scale", ["counts", "log-normalised"])
def test_predictors_are_the_best_correlated_genes_outside_the_group(cohort, scale):
    options = options_for(
        "default",
        group_size=100,
        predictors_per_target=3,
        max_targets=250,
        min_detection=0.1,
        predictor_scale=scale,
    )
    candidates = cohort.take_genes(candidate_genes(cohort, options))
    chosen = choose_targets(candidates, options)
    rest = np.setdiff1d(np.arange(len(candidates.genes)), chosen)
    ordered = candidates.take_genes(np.concatenate([chosen, rest]))
    levels = measure_levels(ordered)
    size, groups = plan_groups(np.ones(250, dtype=bool), genes=len(candidates.genes), options=options)
    assert (size, len(groups)) == (63, 4)  # at least four
    chosen_genes = choose_predictors(ordered, levels, groups, options)
    values = ordered.counts
    if scale == "log-normalised":
        values = log_normalise(values, levels.size_factors)
    correlation = np.abs(np.corrcoef(values.toarray().astype(float), rowvar=False))
    for group, predictors in zip(map(np.array, groups), chosen_genes, strict=True):
        table = correlation[group].copy()
        table[:, group] = -1
        expected = np.unique(np.argsort(-table, axis=1)[:, :3])
        assert not set(predictors) & set(group)
        assert len(set(predictors) ^ set(expected)) <= 2  # ties of rounding


def test_few_predictors_are_those_of_the_largest_summed_correlation(cohort):
    options = options_for("default", group_size=300, min_detection=0.1)
    _, _, free = prepare(cohort, options)
    _, _, capped = prepare(cohort, options_for("default", group_size=300, min_detection=0.1, max_predictors=40))
    assert all(len(p) == 40 for p in capped.predictors)
    assert all(len(p) > 40 for p in free.predictors)


def test_a_panel_smaller_than_a_group_is_split_so_that_no_gene_predicts_itself(cohort):
    panel = cohort.take_genes(np.arange(60))
    _, _, plan = prepare(panel, options_for("default", min_detection=0.01))
    assert len(plan.predictors) == 4
    for number, predictors in enumerate(plan.predictors):
        assert not set(predictors) & set(plan.group(number))


def test_genes_that_nothing_reads_or_fills_are_left_out(cohort):
    final, levels, plan = prepare(cohort, options_for("default", max_targets=50, group_size=25))
    assert plan.targets == 50
    assert len(final.genes) == len(levels.means) == len(set(range(50)) | set(np.concatenate(plan.predictors)))


def test_rare_genes_are_spread_over_the_groups_that_common_ones_make():
    common = np.array([True] * 10 + [False] * 7)
    order = spread(np.arange(17), common)
    assert order[common[order]].tolist() == list(range(10))
    assert order[~common[order]].tolist() == list(range(10, 17))
    size, groups = plan_groups(common[order], genes=12, options=options_for("default", group_size=5))
    assert size == 5  # four groups, of 17
    assert [len(group) for group in groups] == [3, 3, 3, 1]
    assert np.concatenate(groups).tolist() == list(range(10))


def test_a_rare_gene_is_filled_and_predicts_nothing(cohort):
    few = options_for("default", min_detection=0.4, group_size=60)
    many = options_for("default", min_detection=0.4, group_size=60, rare_cells=20)
    _, _, plain = prepare(cohort, few)
    final, _, plan = prepare(cohort, many)
    cells = np.diff(final.counts.tocsc().indptr)
    assert not plain.rare.any()
    assert 0 < plan.rare.sum() == plan.targets - plain.targets
    np.testing.assert_array_equal(common_genes(final, many)[: plan.targets], ~plan.rare)
    assert cells.min() >= 20
    assert len(plan.predictors) == len(plain.predictors)
    for number, predictors in enumerate(plan.predictors):
        assert not set(predictors) & set(plan.group(number))
        assert not set(predictors) & set(np.flatnonzero(plan.rare))
        assert 0 < plan.rare[plan.group(number)].mean() < 1


def test_rare_genes_that_are_asked_for_alone_have_to_train(cohort):
    options = options_for("default", min_detection=0.4, rare_cells=20)
    rare = np.flatnonzero(~common_genes(cohort, options) & (np.diff(cohort.counts.tocsc().indptr) >= 20))[:5]
    _, _, plan = prepare(cohort, options, [cohort.genes[gene].symbol for gene in rare])
    assert plan.targets == 5
    assert not plan.rare.any()
