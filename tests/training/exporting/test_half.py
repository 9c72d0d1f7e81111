"""Weights of half precision: half the file, nearly the same counts, and the graph is cut as before."""

import dataclasses

import numpy as np
import pytest
from onnx import load_from_string, numpy_helper

from cellfill.bundle import read_bundle
from cellfill.bundle.graph_check import check_graph, signature_of
from cellfill.errors import CellfillError
from cellfill.network.session import open_network
from cellfill_training.exporting.half import halve_weights, rounded
from conftest import MODEL

WEIGHTS = ("w1", "w2")


@pytest.fixture(scope="module")
def bundle():
    """The shipped model with weights of single precision, which half precision does not hold."""
    stored = read_bundle(MODEL)
    model = load_from_string(stored.graph)
    casts = [node for node in model.graph.node if node.op_type == "Cast" and node.input[0] in WEIGHTS]
    for node in casts:
        model.graph.node.remove(node)
        for other in model.graph.node:
            other.input[:] = [node.input[0] if name == node.output[0] else name for name in other.input]
    for tensor in model.graph.initializer:
        if tensor.name in WEIGHTS:
            wide = numpy_helper.to_array(tensor).astype(np.float32) * np.float32(1.0003)
            tensor.CopyFrom(numpy_helper.from_array(wide, tensor.name))
    assert len(casts) == 2
    return dataclasses.replace(stored, graph=model.SerializeToString())


@pytest.fixture(scope="module")
def halved(bundle):
    return dataclasses.replace(bundle, graph=halve_weights(bundle.graph))


def block(network, cells=50):
    rng = np.random.default_rng(0)
    counts = rng.poisson(rng.gamma(0.2, 1.0, len(network.inputs)), (cells, len(network.inputs))).astype(np.float32)
    return counts, rng.uniform(0.5, 2, cells).astype(np.float32)


def test_it_is_half_as_large_is_let_through_and_gives_nearly_the_same(bundle, halved):
    assert len(halved.graph) < 0.53 * len(bundle.graph)
    check_graph(halved.graph, signature_of(halved.manifest.graph, halved.genes))
    one, other = open_network(bundle, device="cpu"), open_network(halved, device="cpu")
    wanted, found = one.predict(*block(one)), other.predict(*block(other))
    assert found.dtype == np.float32
    difference = np.abs(found - wanted) / np.maximum(wanted, 1e-3)
    assert 0 < np.median(difference) < 1e-3
    assert np.quantile(difference, 0.999) < 2e-2


def test_it_is_cut_to_some_sub_networks_as_before(halved):
    whole, part = open_network(halved, device="cpu"), open_network(halved, device="cpu", networks=[1, 3])
    counts, factors = block(whole)
    columns, kept = np.searchsorted(whole.inputs, part.inputs), np.isin(whole.targets, part.targets)
    np.testing.assert_allclose(
        part.predict(counts[:, columns], factors), whole.predict(counts, factors)[:, kept], rtol=1e-5
    )


def test_small_constants_stay_and_what_has_no_half_is_refused(bundle):
    held = {
        tensor.name: tensor.data_type for tensor in load_from_string(halve_weights(bundle.graph)).graph.initializer
    }
    assert held["w1"] == 10
    assert held["places"] == 6
    assert set(held.values()) >= {1, 6, 10}
    assert halve_weights(bundle.graph, least=1 << 40).count(b"Cast") == 0
    model = load_from_string(bundle.graph)
    tensor = next(t for t in model.graph.initializer if t.name == "w1")
    tensor.raw_data = np.full(len(tensor.raw_data) // 4, 1e6, "f").tobytes()
    with pytest.raises(CellfillError, match="'w1' has weights beyond those of half precision"):
        halve_weights(model.SerializeToString())


def test_what_ships_is_half_precision_but_for_biases_which_hold_the_levels():
    held = {t.name: t.data_type for t in load_from_string(read_bundle(MODEL).graph).graph.initializer}
    assert [held[name] for name in ("w1", "w2", "b1", "b2", "input_centres")] == [10, 10, 1, 1, 1]


def test_only_what_is_named_is_halved_and_rounding_beforehand_changes_nothing(bundle):
    some = halve_weights(bundle.graph, names=WEIGHTS)
    held = {tensor.name: tensor for tensor in load_from_string(some).graph.initializer}
    assert [held[name].data_type for name in ("w1", "w2", "b2")] == [10, 10, 1]
    whole = {tensor.name: tensor for tensor in load_from_string(bundle.graph).graph.initializer}
    before = numpy_helper.to_array(whole["w2"])
    assert (rounded(before) != before).any()
    np.testing.assert_array_equal(rounded(before), numpy_helper.to_array(held["w2"]).astype(np.float32))
    np.testing.assert_array_equal(rounded(rounded(before)), rounded(before))
    with pytest.raises(CellfillError, match="beyond those of half precision"):
        rounded(np.array([1e6]))
