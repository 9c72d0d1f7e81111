"""Filled counts against what is known: truth, types, differing genes, distributions."""

import numpy as np
import pytest
from scipy import sparse

from cellfill_training.evaluation import methods
from cellfill_training.evaluation.protocols import clusters, differential, gini, known_truth
from cellfill_training.evaluation.protocols.filling import UNCHANGED, fillings, log_normalised
from cellfill_training.evaluation.simulation import SplatOptions, simulate
from cellfill_training.evaluation.subjects import simulated
from training.small import programmes, study_of

SMALL = SplatOptions(genes=300, cells=400, library_location=8.0, de_share=0.3, de_location=0.6)


@pytest.fixture(scope="module")
def simulation():
    return simulate(SMALL, seed=1)


@pytest.fixture(scope="module")
def lossy(simulation):
    return study_of(simulation.counts.toarray())


@pytest.fixture(scope="module")
def truth_told(simulation):
    return {"expected": simulation.before.toarray()}


def test_policies_fill_zeros_or_all_and_a_hole_keeps_its_counts():
    study = study_of([[0, 2, 0], [3, 0, 5]])
    values = {"expected": np.float32([[0.5, 9, np.nan], [0.25, -1, 1]])}
    filled = dict(fillings(values, study.counts, np.arange(3)))
    assert list(filled) == ["expected", "expected, all"]
    np.testing.assert_array_equal(filled["expected"], [[0.5, 2, 0], [3, 0, 5]])
    np.testing.assert_array_equal(filled["expected, all"], [[0.5, 9, 0], [0.25, 0, 5]])


def test_no_imputation_is_one_read_out(lossy):
    assert list(known_truth.score(methods.baselines()[0], lossy, lossy.counts)) == [UNCHANGED]


def test_log_normalised_brings_cells_to_one_library():
    logs = log_normalised(np.float32([[1, 3], [2, 6], [0, 0]]), target=8)
    np.testing.assert_allclose(logs, np.log1p([[2, 6], [2, 6], [0, 0]]), rtol=1e-6)


def test_the_truth_imputed_correlates_perfectly(lossy, simulation, truth_told):
    found = known_truth.score(truth_told, lossy, simulation.before)["expected, all"]
    assert found.gene_correlation == pytest.approx(1)
    assert found.cell_correlation == pytest.approx(1)
    assert found.gene_gene_error == pytest.approx(0, abs=1e-6)
    assert found.true_zeros_filled == found.true_zeros_mean == 0
    lost = (simulation.counts.toarray() == 0) & (simulation.before.toarray() > 0)
    assert found.lost_mean == pytest.approx(simulation.before.toarray()[lost].mean())


def test_known_truth_agrees_with_numpy():
    rng = np.random.default_rng(0)
    truth = rng.poisson(3, (40, 6)).astype(np.float32) + np.float32([1, 0, 0, 0, 0, 0])
    study = study_of(rng.binomial(truth.astype(int), 0.5))
    values = rng.gamma(2, 1, truth.shape).astype(np.float32)
    found = known_truth.score({"expected": values}, study, sparse.csr_matrix(truth))["expected"]
    ours = np.where(study.counts.toarray() > 0, study.counts.toarray(), values)
    x, y = log_normalised(ours), log_normalised(truth)
    assert found.gene_correlation == pytest.approx(
        np.mean([np.corrcoef(x[:, g], y[:, g])[0, 1] for g in range(6)]), abs=1e-5
    )
    assert found.cell_correlation == pytest.approx(
        np.mean([np.corrcoef(x[c], y[c])[0, 1] for c in range(40)]), abs=1e-5
    )
    a, b = np.corrcoef(x, rowvar=False), np.corrcoef(y, rowvar=False)
    off = ~np.eye(6, dtype=bool)
    assert found.gene_gene_error == pytest.approx(np.abs(a - b)[off].mean(), abs=1e-5)
    assert found.gene_gene_rms == pytest.approx(np.sqrt(((a - b)[off] ** 2).mean()), abs=1e-5)
    assert found.gene_gene_excess == pytest.approx((np.abs(a) - np.abs(b))[off].mean(), abs=1e-5)
    assert found.true_zeros_mean == pytest.approx(values[truth == 0].mean(), rel=1e-5)
    assert found.true_zeros_filled == pytest.approx((values[truth == 0] >= 0.5).mean())


def test_the_correlation_matrix_is_of_genes_of_every_level(lossy, simulation, truth_told):
    low = simulation.before.toarray().mean(axis=0) < 0.5
    assert 20 < low.sum() < 280
    spoiled = {"expected": truth_told["expected"].copy()}
    spoiled["expected"][:, low] = np.random.default_rng(0).gamma(1, 1, (400, low.sum()))
    whole, few = (
        known_truth.score(spoiled, lossy, simulation.before, most_genes=n)["expected, all"] for n in (300, 100)
    )
    assert few.gene_gene_error == pytest.approx(whole.gene_gene_error, rel=0.3)
    assert whole.gene_gene_error > 0.002


def test_a_method_that_knows_no_cells_has_no_correlation_and_rounding_invents_none(lossy, simulation):
    found = known_truth.score(methods.baselines()[1], lossy, simulation.before)["expected, all"]
    assert found.gene_correlation == pytest.approx(0, abs=0.02)
    matrix = known_truth.gene_correlations(log_normalised(simulation.before.toarray()))
    assert found.gene_gene_error < np.abs(matrix).mean() * 1.5


def test_types_are_found_in_clear_cells_and_not_in_shuffled_ones():
    _, counts, kind = programmes(level=4.0)
    labels = kind.astype(str)
    clear = clusters.cluster_scores(counts, labels)
    assert min(clear.matched_ari, clear.matched_ami, clear.matched_fowlkes_mallows) > 0.95
    assert clear.matched_clusters == 2
    assert clear.silhouette > 0.1
    mixed = clusters.cluster_scores(counts, np.random.default_rng(0).permutation(labels))
    assert abs(mixed.matched_ari) < 0.1
    assert mixed.silhouette < clear.silhouette / 2


def test_clusters_are_of_the_filled_counts():
    mean, counts, kind = programmes(level=0.07)
    found = clusters.score({"expected": mean}, study_of(counts), kind.astype(str), top_genes=40)
    raw = clusters.cluster_scores(counts, kind.astype(str), top_genes=40)
    assert found["expected, all"].matched_ari > raw.matched_ari + 0.2


def test_differing_genes_are_found_better_before_the_dropout(simulation):
    after, before = (
        differential.differential_scores(m.toarray(), simulation.groups, simulation.differs)
        for m in (simulation.counts, simulation.before)
    )
    assert 0.5 < after.auc_all < before.auc_all
    assert before.auc_all > 0.7


@pytest.mark.parametrize("test", ["t-test", "wilcoxon"])
def test_no_gene_is_called_where_nothing_differs(test):
    rng = np.random.default_rng(0)
    counts = rng.poisson(2, (120, 80)).astype(np.float32)
    groups = rng.integers(0, 3, 120)
    differs = np.zeros((3, 80), dtype=bool)
    found = differential.differential_scores(counts, groups, differs, test=test)
    assert found.false_positives < 0.02
    assert np.isnan(found.auc)
    assert found.precision == 0


def test_the_top_genes_of_each_group_are_pooled():
    rng = np.random.default_rng(0)
    groups = np.repeat([0, 1], 60)
    mean = np.full((120, 700), 3.0)
    mean[:60, :100] = 9
    differs = np.zeros((2, 700), dtype=bool)
    differs[:, :100] = True
    found = differential.score(methods.baselines()[0], study_of(rng.poisson(mean)), groups, differs, test="t-test")[
        UNCHANGED
    ]
    assert found.precision == pytest.approx(100 / 500)
    assert found.auc == pytest.approx(1, abs=1e-3)


def test_gini_is_that_computed_by_hand():
    values = np.float32([[1, 0, 2, 0], [1, 0, 4, 0], [1, 0, 6, 0], [1, 8, 8, 0]])
    even, one, some, none = gini.gini(values)
    assert even == pytest.approx(0)
    assert one == pytest.approx(0.75)
    pairs = np.abs(values[:, 2][:, None] - values[:, 2]).sum()
    assert some == pytest.approx(pairs / (2 * 16 * values[:, 2].mean()))
    assert np.isnan(none)


def test_gini_of_the_reference_itself_is_perfect_and_smoothing_evens_out(lossy, simulation, truth_told):
    same = gini.score(truth_told, lossy, simulation.before)["expected, all"]
    assert (same.pearson, same.bias) == (pytest.approx(1), pytest.approx(0, abs=1e-9))
    smooth = gini.score(methods.baselines()[1], lossy, simulation.before)["expected, all"]
    raw = gini.score(methods.baselines()[0], lossy, simulation.before)[UNCHANGED]
    assert smooth.bias < 0 < raw.bias


def test_the_simulation_has_its_published_form():
    options = SplatOptions(genes=2000, cells=500)
    made = simulate(options, seed=0)
    before, counts = made.before.toarray(), made.counts.toarray()
    assert before.shape == (500, 2000)
    kept = counts > 0
    np.testing.assert_array_equal(counts[kept], before[kept])
    library = np.log(before.sum(axis=1))
    assert library.mean() == pytest.approx(11, abs=0.05)
    assert library.std() == pytest.approx(0.2, abs=0.03)
    shares = np.bincount(made.groups) / 500
    np.testing.assert_allclose(shares, options.groups, atol=0.06)
    assert made.differs.mean() == pytest.approx(0.1, abs=0.01)
    moved = np.log(made.factors[made.differs])
    assert (moved > 0).mean() == pytest.approx(0.5, abs=0.06)
    # |normal(0.1, 0.4)| has a mean of 0.328.
    assert np.abs(moved).mean() == pytest.approx(0.328, abs=0.02)


def test_dropout_follows_its_curve():
    made = simulate(SplatOptions(genes=2000, cells=500), seed=0)
    before, counts = made.before.toarray(), made.counts.toarray()
    for low, high in ((2, 4), (20, 40), (200, 400)):
        some = (before >= low) & (before < high)
        lost = (counts[some] == 0).mean()
        expected = (1 / (1 + np.exp(0.5 * (np.log(before[some]) - 1)))).mean()
        assert lost == pytest.approx(expected, abs=0.03)


def test_differing_genes_differ_by_their_factor():
    made = simulate(SplatOptions(genes=800, cells=1500, groups=(0.5, 0.5), de_location=1.0), seed=3)
    counts = made.before.toarray()
    share = counts / counts.sum(axis=1, keepdims=True)
    high = counts.mean(axis=0) > 20
    share = share[:, high]
    ratio = np.log(share[made.groups == 0].mean(axis=0) / share[made.groups == 1].mean(axis=0))
    told = np.log(made.factors[0] / made.factors[1])[high]
    assert np.corrcoef(ratio, told)[0, 1] > 0.97


def test_the_seed_decides_the_simulation():
    first, again, other = (simulate(SMALL, seed=s).counts for s in (0, 0, 1))
    assert (first != again).nnz == 0
    assert (first != other).nnz > 0


def test_drawn_cells_keep_what_is_known_of_them():
    subject = simulated(SMALL, seed=0)
    part = subject.draw(60, seed=4)
    fresh = simulated(SMALL, seed=4)
    assert [len(names) for names in subject.study.gene_names] == [300]
    assert part.study.counts.shape == part.truth.shape == (60, 300)
    assert len(part.differs) == len(set(part.labels))
    rows = {tuple(row) for row in fresh.study.counts.toarray()}
    assert all(tuple(row) in rows for row in part.study.counts.toarray())
    for row, name in enumerate(sorted(set(fresh.labels))):
        own = simulate(SMALL, seed=4).differs[int(name.split()[1])]
        np.testing.assert_array_equal(fresh.differs[row], own)
