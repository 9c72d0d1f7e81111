"""What is told of a classifier while it learns: of each network, on cells it did not see; it learns the same."""

from dataclasses import replace

import numpy as np
import pytest

from cellfill_training.architectures.classifier.classifier import train_classifier
from training.architectures.classifier.made import QUICK, TREE, made_studies

FAST = replace(QUICK, epochs=3)


@pytest.mark.parametrize("options", [FAST, replace(QUICK.__class__(genes=60), network="linear")])
def test_each_network_is_told_of_and_is_what_it_is_without(options):
    told = []
    studies = made_studies(2)
    watched = train_classifier(studies, TREE, options, on_epoch=told.append)
    alone = train_classifier(studies, TREE, options)
    for (matrix, bias), (other, same) in zip(watched.network.weights, alone.network.weights, strict=True):
        np.testing.assert_array_equal(matrix, other)
        np.testing.assert_array_equal(bias, same)
    stages = list(dict.fromkeys(epoch.stage for epoch in told))
    ends = {epoch.stage: epoch for epoch in told}
    assert [s for s in stages if "pre" not in s] == ["without study0", "without study1", "all cells"]
    assert ("without study0, pre-training" in stages) == (options.network != "linear")
    assert all(end.last for end in ends.values())
    assert [epoch.last for epoch in told].count(True) == len(stages)
    for name in ("without study0", "without study1"):
        course = ends[name].course
        assert course.measure == "accuracy"
        assert course.held_out_accuracy > 0.8 > 0.5 > course.commonest > 0.2  # three types, as many cells of each
    assert ends["all cells"].course.training_accuracy > 0.8
    assert np.isnan(ends["all cells"].course.held_out_accuracy)
    seconds = [epoch.seconds for epoch in told]
    assert seconds == sorted(seconds)  # since the whole training began
