"""RMSprop takes the steps that Keras takes, also where gradients are small."""

import numpy as np
import pytest

from cellfill_training.bare_tensorflow import tf
from cellfill_training.fitting.optimisers import RmsProp


@pytest.mark.parametrize("size", [1e-5, 1e-2, 10.0])
def test_a_step_is_as_large_as_that_of_keras(size):
    weight, gradients = tf.Variable([0.0]), [size, 2 * size]
    optimiser = RmsProp([weight], tf.Variable(1e-3))
    wanted, square = 0.0, 0.0
    for gradient in gradients:
        optimiser.apply([tf.constant([gradient])])
        square = 0.9 * square + 0.1 * gradient**2
        wanted -= 1e-3 * gradient / (np.sqrt(square) + 1e-7)
    assert weight.numpy()[0] == pytest.approx(wanted, rel=0.05)
