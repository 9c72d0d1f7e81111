"""The three policies, and what they never do."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from scipy import sparse

from cellfill.fill import POLICIES, estimate_counts, fill_block

COUNTS = npst.arrays(np.float32, (5, 7), elements=st.integers(0, 4).map(float))
VALUES = npst.arrays(np.float32, (5, 3), elements=st.floats(0, 8, width=32))
COLUMNS = np.array([1, 4, 6])


def fill(counts, values, policy):
    return fill_block(sparse.csr_matrix(counts), COLUMNS, counts[:, COLUMNS], values, policy=policy)


@given(COUNTS, VALUES, st.sampled_from(POLICIES))
def test_genes_that_are_not_imputed_stay_as_they_are(counts, values, policy):
    block, _ = fill(counts, values, policy)
    others = np.setdiff1d(np.arange(7), COLUMNS)
    np.testing.assert_array_equal(block[:, others], counts[:, others])


@given(COUNTS, VALUES)
def test_zeros_fills_zeros_only(counts, values):
    block, number = fill(counts, values, "zeros")
    observed, new = counts[:, COLUMNS], block[:, COLUMNS]
    np.testing.assert_array_equal(new[observed > 0], observed[observed > 0])
    np.testing.assert_array_equal(new[observed == 0], values[observed == 0])
    assert number == ((observed == 0) & (values > 0)).sum()


@given(COUNTS, VALUES)
def test_max_takes_the_larger_and_all_takes_the_imputed(counts, values):
    np.testing.assert_array_equal(
        fill(counts, values, "max")[0][:, COLUMNS], np.maximum(counts[:, COLUMNS], values)
    )
    np.testing.assert_array_equal(fill(counts, values, "all")[0][:, COLUMNS], values)


@pytest.mark.parametrize(
    ("estimate", "meaning", "value"),
    [
        ("expected", "expected", 0.5),
        ("expressed", "expected", 0.5 / (1 - np.exp(-0.5))),
        ("posterior", "expected", 0.5 * (2 + 3) / (2 + 0.5)),
        ("expressed", "expressed", 0.5),
    ],
)
def test_the_estimate_that_was_asked_for_is_given(estimate, meaning, value):
    result = estimate_counts(
        np.float32([[0.5]]),
        np.float32([[3]]),
        estimate=estimate,
        meaning=meaning,
        inverse_dispersion=np.float32([2]),
    )
    assert result[0, 0] == pytest.approx(value, rel=1e-6)
