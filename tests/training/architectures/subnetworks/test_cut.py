"""A graph cut to some of its sub-networks says what the whole one says, and only for their genes."""

import dataclasses

import numpy as np
import pytest

from cellfill.bundle import read_bundle
from cellfill.errors import BundleError, UsageError
from cellfill.network.session import open_network
from training.tiny import TINY


@pytest.fixture(scope="module")
def padded(studies, tmp_path_factory):
    """A model by the paper's preset whose last sub-network fills fewer genes than the others."""
    from cellfill_training import fit, options_for

    folder = tmp_path_factory.mktemp("models") / "padded"
    fit(studies[:1], out=folder, preset="paper", options=options_for("paper", **TINY))
    return folder


@pytest.fixture(scope="module", params=["tiny", "padded"])
def bundle(request):
    return read_bundle(request.getfixturevalue(request.param))


def block(network, cells=7):
    rng = np.random.default_rng(4)
    counts = rng.poisson(0.7, (cells, len(network.inputs))).astype(np.float32)
    return counts, rng.uniform(0.3, 3, cells).astype(np.float32)


@pytest.mark.parametrize("wanted", [[0], [1], [2], [0, 2], [2, 1]])
def test_the_same_values_for_fewer_genes_from_fewer_genes(bundle, wanted):
    whole = open_network(bundle)
    part = open_network(bundle, networks=wanted)
    number = np.array([g.subnetwork for g in bundle.genes])
    np.testing.assert_array_equal(part.targets, [row for row in whole.targets if number[row] in wanted])
    reads = [row for row in whole.inputs if set(bundle.genes[row].predicts) & set(wanted)]
    np.testing.assert_array_equal(part.inputs, reads)
    counts, factors = block(whole)
    expected = whole.predict(counts, factors)[:, np.isin(whole.targets, part.targets)]
    given = part.predict(np.ascontiguousarray(counts[:, np.isin(whole.inputs, part.inputs)]), factors)
    assert given.shape == expected.shape == (7, len(part.targets))
    np.testing.assert_allclose(given, expected, rtol=1e-6)


def test_the_padding_of_the_last_sub_network_never_shows(padded):
    bundle = read_bundle(padded)
    sizes = [s.targets for s in bundle.manifest.subnetworks]
    assert sizes[-1] < sizes[0]
    for wanted in ([2], [0, 2]):
        assert len(open_network(bundle, networks=wanted).targets) == sum(sizes[i] for i in wanted)


def test_onnx_finds_the_cut_graph_valid(bundle):
    import onnx

    from cellfill.bundle.cut import cut_graph

    part = cut_graph(
        bundle.graph, bundle.manifest.graph, networks=[1], targets=bundle.manifest.subnetworks[1].targets
    )
    proto = onnx.load_from_string(part.graph)
    onnx.checker.check_model(proto, full_check=True)
    assert proto.graph.input[0].type.tensor_type.shape.dim[1].dim_value == len(part.columns)
    assert len(part.graph) < 0.6 * len(bundle.graph)


def test_all_sub_networks_are_the_graph_itself(bundle):
    order = [2, 0, *range(3, len(bundle.manifest.subnetworks)), 1]
    whole, same = open_network(bundle), open_network(bundle, networks=order)
    np.testing.assert_array_equal(whole.targets, same.targets)
    np.testing.assert_array_equal(whole.predict(*block(whole)), same.predict(*block(whole)))


def test_a_graph_that_does_not_say_how_to_cut_it_runs_whole(bundle):
    form = dataclasses.replace(bundle.manifest.graph, cut=None)
    silent = dataclasses.replace(bundle, manifest=dataclasses.replace(bundle.manifest, graph=form))
    assert len(open_network(silent, networks=[1]).targets) == len(bundle.genes.targets)


@pytest.mark.parametrize("wanted", [[], [4], [-1], [0, 99]])
def test_sub_networks_that_are_not_there_are_refused(bundle, wanted):
    with pytest.raises(UsageError, match=f"sub-networks 0 to {len(bundle.manifest.subnetworks) - 1}"):
        open_network(bundle, networks=wanted)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"stacked": ("w1", "elsewhere")}, "no constant 'elsewhere'"),
        ({"stacked": ("w1", "flat")}, "differ in length on axis 0"),
        ({"by_input": ("w2",)}, "one value an input column"),
        ({"places": "axis"}, "differ in length"),
    ],
)
def test_a_manifest_that_says_wrong_things_of_the_constants_is_refused(tiny, change, message):
    bundle = read_bundle(tiny)
    form = bundle.manifest.graph
    wrong = dataclasses.replace(form, cut=dataclasses.replace(form.cut, **change))
    with pytest.raises(BundleError, match=message):
        open_network(
            dataclasses.replace(bundle, manifest=dataclasses.replace(bundle.manifest, graph=wrong)), networks=[1]
        )


def test_a_graph_that_was_cut_off_is_refused(tiny):
    bundle = read_bundle(tiny)
    for size in (0, 10, len(bundle.graph) // 2, len(bundle.graph) - 1):
        with pytest.raises(BundleError, match=r"model\.onnx"):
            open_network(dataclasses.replace(bundle, graph=bundle.graph[:size]), networks=[1])
