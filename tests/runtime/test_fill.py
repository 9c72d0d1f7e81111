"""The three policies, and what they never do."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from scipy import sparse

from cellfill.tasks.imputation.fill import entries, estimate_counts, fill
from cellfill.tasks.imputation.options import POLICIES

COUNTS = npst.arrays(np.float32, (5, 3), elements=st.integers(0, 4).map(float))
VALUES = npst.arrays(np.float32, (5, 3), elements=st.floats(0, 8, width=32))


def filled(counts, values, policy, **options):
    result = values.copy()
    return result, fill(result, sparse.csr_matrix(counts), policy=policy, **options)


@given(COUNTS, VALUES)
def test_zeros_fills_zeros_only(counts, values):
    new, number = filled(counts, values, "zeros")
    np.testing.assert_array_equal(new[counts > 0], counts[counts > 0])
    np.testing.assert_array_equal(new[counts == 0], values[counts == 0])
    assert number == ((counts == 0) & (values > 0)).sum()


@given(COUNTS, VALUES)
def test_max_takes_the_larger_and_all_takes_the_imputed(counts, values):
    np.testing.assert_array_equal(filled(counts, values, "max")[0], np.maximum(counts, values))
    np.testing.assert_array_equal(filled(counts, values, "all")[0], values)


@given(COUNTS, VALUES, st.sampled_from(POLICIES), st.floats(0, 0.9))
def test_small_values_leave_zeros_zero_and_nothing_else(counts, values, policy, least):
    new, number = filled(counts, values, policy, drop_below=least)
    kept, _ = filled(counts, values, policy)
    zero = counts == 0
    np.testing.assert_array_equal(new[~zero], kept[~zero])
    np.testing.assert_array_equal(new[zero], np.where(kept[zero] < np.float32(least), 0, kept[zero]))
    assert number == np.count_nonzero(new[zero])


@given(COUNTS)
def test_entries_are_where_the_counts_are(counts):
    matrix = sparse.csr_matrix(counts)
    np.testing.assert_array_equal(counts.reshape(-1)[entries(matrix)], matrix.data)
    assert len(entries(matrix)) == np.count_nonzero(counts)


@pytest.mark.parametrize(
    ("estimate", "meaning", "value", "at_zero"),
    [
        ("expected", "expected", 0.5, 0.5),
        ("expressed", "expected", 0.5 / (1 - np.exp(-0.5)), 0.5 / (1 - np.exp(-0.5))),
        ("posterior", "expected", 0.5 * (2 + 3) / (2 + 0.5), 0.5 * 2 / (2 + 0.5)),
        ("expressed", "expressed", 1.0, 1.0),
    ],
)
def test_the_estimate_that_was_asked_for_is_given(estimate, meaning, value, at_zero):
    result = estimate_counts(
        np.float32([[0.5, 0.5]]),
        sparse.csr_matrix(np.float32([[3, 0]])),
        estimate=estimate,
        meaning=meaning,
        inverse_dispersion=np.float32([2, 2]),
    )
    np.testing.assert_allclose(result, [[value, at_zero]], rtol=1e-6)


@given(VALUES)
def test_a_graph_that_gives_expressed_counts_is_taken_at_its_word_but_for_less_than_one(values):
    result = estimate_counts(
        values,
        sparse.csr_matrix(values.shape, dtype=np.float32),
        estimate="expressed",
        meaning="expressed",
        inverse_dispersion=np.ones(values.shape[1], dtype=np.float32),
    )
    np.testing.assert_array_equal(result, np.where(values < 1, 1, values))


def test_every_gene_has_a_dispersion_of_its_own():
    mean = np.float32([[0.5, 2, 0.1], [1, 0.25, 4]])
    seen = np.float32([[3, 0, 1], [0, 2, 5]])
    phi = np.float32([0.5, 4, 30])
    result = estimate_counts(
        mean.copy(),
        sparse.csr_matrix(seen),
        estimate="posterior",
        meaning="expected",
        inverse_dispersion=phi,
    )
    np.testing.assert_allclose(result, mean * (phi + seen) / (phi + mean), rtol=1e-6)
