"""What networks of labels and gene sets share: the loss of labelled cells, the temperature, wires that stay."""

import numpy as np
import pytest

from cellfill_training.architectures.catalogue import architecture_of
from cellfill_training.bare_tensorflow import tf
from cellfill_training.fitting.optimisers import make_optimiser
from cellfill_training.parts.network import Batch, Facts
from cellfill_training.parts.options import NetworkOptions
from cellfill_training.parts.parameters import Parameters
from cellfill_training.parts.scaling import Scaling
from cellfill_training.parts.tensorflow_maths import TensorFlowMaths
from cellfill_training.parts.type_head import make_type_head
from cellfill_training.parts.wired import make_wired
from cellfill_training.studies.gene_sets import Wiring


def head(logits):
    """Return a head that gives these logits for cells that are the unit vectors."""
    made = make_type_head(Parameters(np.random.default_rng(0)), *logits.shape)
    made.layer.matrix.variable.assign(logits)
    return made


def test_the_loss_is_of_labelled_cells_alone():
    logits = np.random.default_rng(1).normal(size=(4, 3)).astype(np.float32)
    label = np.array([2, -1, 0, -1])
    loss = head(logits).loss(TensorFlowMaths(), tf.eye(4), tf.constant(label, tf.int32)).numpy()
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert loss[1] == loss[3] == 0
    assert loss.mean() == pytest.approx(-np.log([shares[0, 2], shares[2, 0]]).mean(), rel=1e-5)


def test_the_temperature_is_of_cells_that_did_not_train_and_is_in_the_probabilities():
    rng = np.random.default_rng(0)
    sure = rng.normal(size=(2000, 3)).astype(np.float32)
    odds = np.exp(sure)
    label = (odds.cumsum(axis=1) / odds.sum(axis=1, keepdims=True) < rng.random((2000, 1))).sum(axis=1)
    made = head(np.eye(3, dtype=np.float32))

    def batch(rows):
        of = tf.gather(tf.constant(label, tf.int32), rows)
        nothing = tf.zeros_like(of)
        return Batch(
            counts=tf.gather(tf.constant(3 * sure), rows),  # three times too sure
            size_factors=nothing,
            measured=nothing,
            study=nothing,
            label=of,
            row=rows,
        )

    made.calibrate(lambda cells: cells.counts, batch, np.arange(10))
    assert made.temperature.numpy()[0] == 1  # so few cells say nothing
    made.calibrate(lambda cells: cells.counts, batch, np.arange(2000))
    assert made.temperature.numpy()[0] == pytest.approx(3, rel=0.15)
    given = made.probabilities(TensorFlowMaths(), tf.constant([[6.0, 0.0, 0.0]])).numpy()[0]
    assert given[0] == pytest.approx(1 / (1 + 2 * np.exp(-6 / made.temperature.numpy()[0])), rel=1e-4)


@pytest.mark.parametrize("name", ["goae", "lin"])
def test_a_cell_whose_study_measured_none_of_the_genes_loses_nothing(name):
    kind, member = architecture_of(name), np.array([[1, 0], [1, 1], [0, 1]], dtype=bool)
    facts = Facts(
        genes=("A", "B", "C"),
        means=np.ones(3),
        scaling=Scaling(centre=np.zeros(3, np.float32), scale=np.ones(3, np.float32)),
        cells=2,
        studies=("a", "b"),
        types={"x": 1, "y": 1},
        sets=Wiring(names=("one", "two"), member=member),
    )
    made = kind.load()(facts, kind.options(encoder="4"), np.random.default_rng(0))
    nobody = tf.constant([-1, -1])
    cells = Batch(
        counts=tf.ones((2, 3)),
        size_factors=tf.ones((2, 1)),
        measured=tf.constant([[1.0, 1.0, 0.0], [0.0, 0.0, 0.0]]),
        study=nobody,
        label=nobody,
        row=nobody,
    )
    loss = next(iter(made.phases())).loss(TensorFlowMaths(), cells).numpy()
    assert loss[0] > 0
    assert loss[1] == 0


@pytest.mark.parametrize("optimiser", ["adam", "rmsprop", "sgd"])
def test_what_is_not_wired_stays_apart_whatever_the_steps(optimiser):
    member = np.array([[1, 0], [1, 1], [0, 1]], dtype=bool)
    layer = make_wired(Parameters(np.random.default_rng(0)), "terms", Wiring(names=("a", "b"), member=member))
    before = layer.matrix.numpy().copy()
    assert (before[member] > 0).all()
    variables = [layer.matrix.variable, layer.bias.variable]
    made = make_optimiser(NetworkOptions(optimiser=optimiser), variables, tf.Variable(0.1))
    for _ in range(3):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum((layer(TensorFlowMaths(), tf.ones((5, 3))) - 7.0) ** 2)
        made.apply(tape.gradient(loss, variables))
    after = layer.matrix.numpy()
    assert (after[member] != before[member]).all()
    assert (layer.matrix.variable.numpy()[~member] == 0).all()
