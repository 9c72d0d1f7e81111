"""What scvis and VASC have that no other network has: components, neighbours, shares of the largest."""

import numpy as np
import pytest
from scipy import stats

from cellfill.network.devices import import_onnxruntime
from cellfill_training.architectures.catalogue import architecture_of
from cellfill_training.bare_tensorflow import tf
from cellfill_training.exporting.assemble import Assembly
from cellfill_training.parts.graph_maths import GraphMaths
from cellfill_training.parts.likelihoods import student
from cellfill_training.parts.neighbours import neighbour_loss, transition_probabilities
from cellfill_training.parts.network import Batch, Facts
from cellfill_training.parts.parameters import Parameters
from cellfill_training.parts.projection import make_projection
from cellfill_training.parts.scaling import Scaling
from cellfill_training.parts.tensorflow_maths import TensorFlowMaths


@pytest.fixture
def cells():
    rng = np.random.default_rng(0)
    spread = np.linspace(3, 0.1, 12)
    cells = (rng.standard_normal((700, 12)) * spread) @ np.linalg.qr(rng.standard_normal((12, 12)))[0]
    return (cells - cells.mean(axis=0)).astype(np.float32)


def test_components_are_those_of_the_rows_alone_and_lie_within_one(cells):
    rows = np.arange(0, 700, 2)
    projection = make_projection(Parameters(np.random.default_rng(0)), 12, 3)
    held = tf.constant(cells)
    projection.fit(lambda numbers: tf.gather(held, numbers), rows, seed=0)
    of_rows = np.linalg.svd(cells[rows], full_matrices=False)[2][:3]
    found = projection.matrix.numpy()
    np.testing.assert_allclose(np.abs(of_rows @ found), np.eye(3), atol=1e-4)
    assert (found[np.abs(found).argmax(axis=0), np.arange(3)] > 0).all()
    placed = cells[rows] @ found * projection.scale.numpy()
    assert np.abs(placed).max() == pytest.approx(1)


def test_neighbours_have_the_perplexity_asked_for(cells):
    shares = transition_probabilities(tf.constant(cells[:200]), 10.0).numpy()
    entropy = -(shares * np.log(np.maximum(shares, 1e-30))).sum(axis=1)
    np.testing.assert_allclose(np.exp(entropy), 10, rtol=0.01)
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-5)
    assert shares.diagonal().max() == 0
    distances = ((cells[:200, None] - cells[None, :200]) ** 2).sum(axis=2) + np.eye(200) * 1e6
    np.testing.assert_array_equal(shares.argmax(axis=1), distances.argmin(axis=1))


def test_the_loss_of_neighbours_is_as_numpy_has_it(cells):
    shares = transition_probabilities(tf.constant(cells[:50]), 5.0).numpy()
    places = cells[50:100, :2]
    near = 1 / (1 + ((places[:, None] - places[None, :]) ** 2).sum(axis=2))
    smooth = (shares + 0.01) / (shares + 0.01).sum(axis=1, keepdims=True)
    wanted = np.log(near.sum(axis=1) - 1) - (smooth * np.log(near)).sum(axis=1)
    np.testing.assert_allclose(neighbour_loss(shares, tf.constant(places), 0.01), wanted, rtol=1e-4)


def test_students_distribution_is_that_of_scipy():
    x, mean, spread, freedom = np.random.default_rng(1).gamma(2.0, 1.0, (4, 30)).astype(np.float32)
    wanted = -stats.t.logpdf(x, freedom, loc=mean, scale=np.sqrt(spread))
    np.testing.assert_allclose(student(x, mean, spread, freedom), wanted, rtol=1e-4)


@pytest.mark.parametrize("columns", [1, 2, 7, 64])
def test_the_largest_of_a_row_is_found_by_operators_of_the_list(columns):

    graph = Assembly({"x": columns, "y": 1})
    maths = GraphMaths(graph)
    graph.rename(maths.add(maths.largest("x", columns), "y"), "most")
    graph.give("most", 1)
    cells = np.random.default_rng(0).standard_normal((40, columns)).astype(np.float32)
    session = import_onnxruntime().InferenceSession(graph.to_bytes(), providers=["CPUExecutionProvider"])
    found = session.run(None, {"x": cells, "y": np.zeros((40, 1), np.float32)})[0]
    np.testing.assert_allclose(found[:, 0], cells.max(axis=1), rtol=1e-6)


def relu_through(stack, x):
    for layer in stack.layers:
        x = np.maximum(x @ layer.matrix.numpy() + layer.bias.numpy(), 0)
    return x


def test_the_loss_of_vasc_is_as_numpy_has_it():
    genes, kind = 9, architecture_of("vasc")
    options = kind.options(encoder="6,5", decoder="5", learn_variance=False)
    facts = Facts(
        genes=tuple("abcdefghi"),
        means=np.ones(genes),
        scaling=Scaling(centre=np.zeros(genes, np.float32), scale=np.ones(genes, np.float32)),
        cells=20,
        studies=("one",),
        types={},
        sets=None,
    )
    network = kind.load()(facts, options, np.random.default_rng(0))
    counts = np.random.default_rng(1).poisson(2.0, (20, genes)).astype(np.float32)
    measured = np.ones_like(counts)
    measured[:10, 0] = 0
    none = np.zeros(20, np.int32)
    cells = Batch(
        counts=counts,
        size_factors=np.ones((20, 1), np.float32),
        measured=measured,
        study=none,
        label=none,
        row=none,
    )
    shares = np.log1p(counts) / np.log1p(counts).max(axis=1, keepdims=True)
    hidden = relu_through(network.encoder, shares @ network.first.matrix.numpy())
    place = hidden @ network.place.matrix.numpy()
    level = 1 / (1 + np.exp(-relu_through(network.decoder, place) @ network.level.matrix.numpy()))
    given = level * (1 - np.exp(-(level**2)))
    missed = -(shares * np.log(given) + (1 - shares) * np.log(1 - given))
    prior = 0.5 * (place**2 + np.e - 2).sum(axis=1)
    wanted = (missed * measured).sum(axis=1) + prior + 0.01 * np.abs(network.first.matrix.numpy()).sum()
    np.testing.assert_allclose(network.loss(TensorFlowMaths(), cells), wanted, rtol=1e-4)
