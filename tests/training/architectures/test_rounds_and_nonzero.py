"""scScope, AutoImpute and SAVER-X: what is theirs alone, against numpy."""

import warnings

import numpy as np
import onnx
import pytest

from cellfill.bundle.graph_file import MAX_NODES
from cellfill.errors import CellfillError
from cellfill_training.architectures.catalogue import architecture_of
from cellfill_training.exporting.parity import ExportError
from cellfill_training.parts.network import Batch, Facts
from cellfill_training.parts.scaling import Scaling
from cellfill_training.parts.tensorflow_maths import TensorFlowMaths
from cellfill_training.workflow.networks.exported import Runner, check_export, check_outputs, export_graph

CELLS, GENES = 9, 7
DEEP = ",".join(["2"] * 25)


@pytest.fixture(scope="module")
def cells():
    rng = np.random.default_rng(0)
    measured = np.ones((CELLS, GENES), dtype=np.float32)
    measured[5:, 2] = 0
    return Batch(
        counts=rng.poisson(1.0, (CELLS, GENES)).astype(np.float32),
        size_factors=rng.uniform(0.5, 2, (CELLS, 1)).astype(np.float32),
        measured=measured,
        study=np.repeat([0, 1], [5, 4]).astype(np.int32),
        label=np.full(CELLS, -1, dtype=np.int32),
        row=np.arange(CELLS),
    )


def network(name, *, studies=("a", "b"), **changes):
    facts = Facts(
        genes=tuple(f"G{i}" for i in range(GENES)),
        means=np.full(GENES, 2.0),
        scaling=Scaling(centre=np.zeros(GENES, np.float32), scale=np.ones(GENES, np.float32)),
        cells=CELLS,
        studies=studies,
        types={},
        sets=None,
    )
    kind = architecture_of(name)
    return kind.load()(facts, kind.options(**changes), np.random.default_rng(1))


def weights(made):
    return {parameter.name: parameter.numpy() for parameter in made.parameters.learnt}


def levels_of(cells):
    return np.log1p(cells.counts / cells.size_factors)


def scscope_rounds(w, counts, levels, effect, rounds):
    """Return what each round gives, in numpy."""

    def dense(x, name):
        return np.maximum(x @ w[f"w_{name}"] + w[f"b_{name}"], 0)

    given, read = [], levels
    for _ in range(rounds):
        if given:
            filled = dense(given[-1], "filling1") @ w["w_filling2"] + w["b_filling2"]
            read = levels + (counts == 0) * filled
        given.append(dense(dense(np.maximum(read - effect, 0), "encoder1"), "decoder1"))
    return given


def test_scscope_reads_what_it_filled_and_loses_what_is_not_zero_in_each_round(cells):
    made = network("scscope", dimensions=3, rounds=3)
    made.of_study.variable.assign(np.random.default_rng(2).normal(0, 0.3, (2, GENES)).astype(np.float32))
    w, levels = weights(made), levels_of(cells)
    effect = w["w_study"][cells.study]
    found = (cells.counts > 0) * cells.measured
    given = scscope_rounds(w, cells.counts, levels, effect, 3)
    wanted = sum(np.sqrt((found * (g - levels + effect) ** 2).sum(axis=1)) for g in given)
    assert np.asarray(made.loss(TensorFlowMaths(), cells)) == pytest.approx(wanted, rel=1e-4)


def test_scscope_gives_the_mean_of_its_rounds_in_the_mean_study(cells):
    made = network("scscope", dimensions=3)
    made.of_study.variable.assign(np.random.default_rng(2).normal(0, 0.3, (2, GENES)).astype(np.float32))
    w = weights(made)
    effect = w["w_study"].mean(axis=0)
    given = scscope_rounds(w, cells.counts, levels_of(cells), effect, 2)
    wanted = np.expm1(np.maximum(np.mean(given, axis=0) + effect, 0)) * cells.size_factors
    assert Runner(made)(cells.counts, cells.size_factors)["expressed"] == pytest.approx(wanted, rel=1e-4, abs=1e-6)


def test_the_graph_has_every_round_of_scscope_written_out(cells):
    products = []
    for rounds in (1, 2, 3):
        made = network("scscope", dimensions=3, rounds=rounds)
        made.decoder.layers[-1].bias.variable.assign(np.full(GENES, 0.7, np.float32))  # counts near 1, as trained
        graph = export_graph(made, half=False)
        check_export(graph, Runner(made), cells.counts)
        nodes = onnx.load_from_string(graph).graph.node
        products.append(sum(node.op_type == "MatMul" for node in nodes))
        assert not any(node.op_type == "Loop" for node in nodes)
    assert products == [2, 6, 10]


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("scscope", {"rounds": 60}),
        ("scscope", {"rounds": 5, "encoder": DEEP, "decoder": DEEP}),
        ("scvi", {"encoder": DEEP, "decoder": DEEP, "activation": "tanh"}),
        ("mmd-resnet", {"encoder": DEEP}),
    ],
)
def test_the_largest_graph_that_may_be_asked_for_is_one_that_a_bundle_may_hold(name, changes):
    nodes = onnx.load_from_string(export_graph(network(name, **changes), half=True)).graph.node
    assert 300 < len(nodes) <= MAX_NODES


def test_what_is_beyond_all_places_has_diverged(cells):
    made = network("vasc", encoder="4", decoder="4")
    check_outputs(Runner(made), cells.counts, cells.size_factors)
    made.place.bias.variable.assign([0.0, 1e13])  # a number yet, which no runtime takes
    with pytest.raises(ExportError, match=r"undefined embedding for some cells: its training diverged\. Lower"):
        check_outputs(Runner(made), cells.counts, cells.size_factors)


def test_what_half_precision_cannot_hold_is_told_with_the_way_out():
    made = network("scscope")
    made.decoder.layers[0].matrix.variable.assign(np.full((50, GENES), 1e6, np.float32))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(CellfillError, match=r"half precision .* with --no-half"):
            made.parameters.halve()


def test_scscope_of_one_study_has_no_batch_layer():
    assert network("scscope", studies=("a",)).of_study is None


def test_autoimpute_loses_only_what_is_not_zero_on_the_scale_of_log2(cells):
    made = network("autoimpute", encoder="20")
    w, levels = weights(made), levels_of(cells) / np.log(2)
    hidden = 1 / (1 + np.exp(-(levels @ w["w_encoder1"] + w["b_encoder1"])))
    given = hidden @ w["w_decoder1"] + w["b_decoder1"]
    wanted = ((cells.counts > 0) * cells.measured * (given - levels) ** 2).sum(axis=1)
    assert np.asarray(made.loss(TensorFlowMaths(), cells)) == pytest.approx(wanted, rel=1e-3)


def test_the_penalty_of_autoimpute_is_of_the_sum_over_its_cells():
    assert network("autoimpute", penalty=3.0).penalty() == pytest.approx(3.0 / (2 * CELLS))
    assert network("saver-x", penalty=3.0).penalty() == 3.0


def test_saver_x_reads_counts_of_ten_thousand_a_cell(cells):
    read = network("saver-x").inputs(TensorFlowMaths(), cells.counts, cells.size_factors)
    wanted = np.log1p(cells.counts / cells.size_factors * 1e4 / (2.0 * GENES))
    assert np.asarray(read) == pytest.approx(wanted, rel=1e-5)
