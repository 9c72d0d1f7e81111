"""The closed forms against what they are forms of: counts drawn from the model."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellfill.estimates import expressed, posterior

MEANS = [0.01, 0.3, 1.0, 4.0, 30.0]


@pytest.mark.parametrize("mean", MEANS)
def test_expressed_is_the_mean_of_the_counts_that_are_not_zero(mean):
    drawn = np.random.default_rng(0).poisson(mean, 2_000_000)
    seen = drawn[drawn > 0]
    tolerance = 4 * seen.std() / np.sqrt(len(seen)) + 1e-4
    assert expressed(np.float32([mean]))[0] == pytest.approx(seen.mean(), abs=tolerance)


def test_expressed_is_one_where_the_mean_is_zero():
    np.testing.assert_allclose(expressed(np.float32([0, 1e-12, 1e-7])), 1, rtol=1e-6)


@given(st.lists(st.floats(0, 1e6, width=32), min_size=1))
def test_expressed_is_never_below_one_nor_below_the_mean(means):
    values = np.array(means, dtype=np.float32)
    result = expressed(values)
    assert result.dtype == np.float32
    assert (result >= 1).all()
    assert (result >= values * np.float32(1 - 1e-6)).all()


@pytest.mark.parametrize(("mean", "phi"), [(0.2, 0.5), (1.0, 2.0), (5.0, 0.8)])
@pytest.mark.parametrize("count", [0, 1, 3])
def test_posterior_is_the_mean_rate_of_the_cells_that_show_that_count(mean, phi, count):
    rng = np.random.default_rng(1)
    rate = rng.gamma(phi, mean / phi, 2_000_000)
    rates = rate[rng.poisson(rate) == count]
    value = posterior(np.float32([[mean]]), np.float32([[count]]), np.float32([phi]))[0, 0]
    assert value == pytest.approx(rates.mean(), abs=5 * rates.std() / np.sqrt(len(rates)))


@given(st.floats(2**-10, 1024, width=32), st.integers(0, 1000), st.floats(0.0625, 100, width=32))
def test_posterior_lies_between_the_mean_and_the_count(mean, count, phi):
    value = float(posterior(np.float32([[mean]]), np.float32([[count]]), np.float32([phi]))[0, 0])
    low, high = sorted([mean, float(count)])
    assert low * (1 - 1e-5) <= value <= high * (1 + 1e-5)
