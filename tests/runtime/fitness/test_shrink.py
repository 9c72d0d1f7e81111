"""Weighing what was measured of a gene with what was measured of all."""

import numpy as np
import pytest

from cellfill.fitness.shrink import shrink


def drawn(seed, truth, spread):
    noise = np.random.default_rng(seed).uniform(0.5, 2, len(truth)) * spread
    return truth + np.random.default_rng(seed + 1).normal(0, noise), noise**2


@pytest.mark.parametrize("seed", range(3))
def test_it_is_nearer_the_truth_than_what_was_measured(seed):
    truth = np.random.default_rng(seed).choice([-0.3, 0.05, 0.1, 0.8], 3000, p=[0.1, 0.5, 0.3, 0.1])
    seen, variance = drawn(seed, truth, 0.2)
    found, _ = shrink(seen, variance)
    assert np.mean((found - truth) ** 2) < 0.6 * np.mean((seen - truth) ** 2)


def test_a_probability_of_nine_tenths_is_right_nine_times_of_ten():
    truth = np.random.default_rng(0).normal(0.05, 0.2, 6000)
    seen, variance = drawn(1, truth, 0.2)
    _, better = shrink(seen, variance)
    for low, high in ((0.05, 0.3), (0.4, 0.6), (0.7, 0.95)):
        some = (better > low) & (better < high)
        assert np.mean(truth[some] > 0) == pytest.approx(better[some].mean(), abs=0.06)


def test_noise_alone_is_not_believed():
    """Of 6,000 genes without any gain, some look good by chance."""
    seen, variance = drawn(2, np.full(6000, -0.05), 0.1)
    assert np.mean(seen > 0) > 0.2
    assert np.mean(shrink(seen, variance)[0] > 0) < 0.01


def test_a_gene_of_which_nothing_is_known_is_like_most():
    for level in (-0.2, 0.2):
        seen, variance = drawn(3, np.full(1000, level), 0.05)
        seen[0], variance[0] = -level, 1e6
        assert shrink(seen, variance)[0][0] == pytest.approx(level, abs=0.05)


def test_one_gene_that_is_surely_worse_stays_worse():
    seen, variance = drawn(4, np.full(1000, 0.3), 0.1)
    seen[0], variance[0] = -0.4, 0.001
    found, better = shrink(seen, variance)
    assert found[0] < 0
    assert better[0] < 0.05


def test_no_genes_are_no_error():
    assert [len(part) for part in shrink(np.zeros(0), np.zeros(0))] == [0, 0]
