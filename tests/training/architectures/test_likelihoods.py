"""Likelihoods of counts are those of their distributions, and what was not measured is in none."""

import numpy as np
import pytest
from scipy import special, stats

from cellfill_training.bare_tensorflow import tf
from cellfill_training.parts.likelihoods import negative_binomial, poisson, zero_inflated

COUNTS = np.array([[0, 1, 7, 0, 300], [2, 0, 0, 0, 0]], dtype=np.float32)
MEAN = np.array([[0.2, 1.5, 3.0, 8.0, 250.0], [0.01, 0.5, 2.0, 1.0, 4.0]], dtype=np.float32)
MEASURED = np.array([[1, 1, 1, 1, 1], [1, 0, 1, 1, 1]], dtype=np.float32)
LOGITS = np.linspace(-3, 3, 10, dtype=np.float32).reshape(2, 5)
THETAS = {
    "a gene in each cell": np.linspace(0.1, 5, 10, dtype=np.float32).reshape(2, 5),
    "a gene": np.linspace(0.1, 5, 5, dtype=np.float32),
    "one": np.float32(0.7),
}


def log_nb(theta):
    theta = np.broadcast_to(theta, COUNTS.shape).astype(float)
    return stats.nbinom.logpmf(COUNTS, theta, theta / (theta + MEAN))


@pytest.mark.parametrize("which", THETAS)
def test_counts_are_as_likely_as_their_distribution_says(which):
    theta = THETAS[which]
    found = negative_binomial(COUNTS, MEAN, tf.constant(theta), MEASURED).numpy()
    assert found == pytest.approx(-(log_nb(theta) * MEASURED).sum(axis=1), rel=1e-4)
    share = special.expit(LOGITS.astype(float))
    mixed = share * (COUNTS == 0) + (1 - share) * np.exp(log_nb(theta))
    found = zero_inflated(COUNTS, MEAN, tf.constant(theta), LOGITS, MEASURED).numpy()
    assert found == pytest.approx(-(np.log(mixed) * MEASURED).sum(axis=1), rel=1e-4)
    found = poisson(COUNTS, MEAN, MEASURED).numpy()
    wanted = stats.poisson.logpmf(COUNTS, MEAN) + special.gammaln(COUNTS + 1)
    assert found == pytest.approx(-(wanted * MEASURED).sum(axis=1), rel=1e-4)


@pytest.mark.parametrize("which", THETAS)
def test_slopes_are_those_of_the_distribution(which):
    """By differences: what is gathered for counts alone must send its slope back to where it came from."""
    given = [tf.constant(MEAN), tf.constant(THETAS[which]), tf.constant(LOGITS)]
    with tf.GradientTape() as tape:
        tape.watch(given)
        loss = tf.reduce_sum(zero_inflated(COUNTS, given[0], given[1], given[2], MEASURED))
    slopes = tape.gradient(loss, given)

    def whole(values):
        theta = np.broadcast_to(values[1], COUNTS.shape)
        share = special.expit(values[2])
        counted = np.exp(stats.nbinom.logpmf(COUNTS, theta, theta / (theta + values[0])))
        return -(np.log(share * (COUNTS == 0) + (1 - share) * counted) * MEASURED).sum()

    for number, slope in enumerate(slopes):
        values = [np.asarray(v, dtype=float) for v in given]
        for place in np.ndindex(values[number].shape):
            ends = []
            for step in (1e-5, -1e-5):
                moved = [v.copy() for v in values]
                moved[number][place] += step
                ends.append(whole(moved))
            assert slope.numpy()[place] == pytest.approx((ends[0] - ends[1]) / 2e-5, rel=2e-3, abs=2e-3)
