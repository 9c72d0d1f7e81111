"""Format 2: bundles of any tasks are read, written, run for one task or several, and checked by golden values."""

import dataclasses
import itertools
import json
import pickle
import shutil
import sys

import numpy as np
import pytest

import cellfill
from cellfill.bundle import (
    CellClass,
    Classes,
    GraphOutput,
    format_classes,
    format_manifest,
    graph_shapes,
    parse_classes,
    parse_genes,
    parse_manifest,
    read_bundle,
    write_bundle,
)
from cellfill.bundle.card_check import card_faults
from cellfill.bundle.graph_check import check_graph, signature_of
from cellfill.bundle.graph_file import read_graph_file
from cellfill.bundle.outputs import keep_outputs
from cellfill.bundle.profiles import Profiles, format_profiles
from cellfill.cli.find import _figures, _lines
from cellfill.errors import BundleError, GraphRefusedError, TaskError
from cellfill.genes.coverage import describe
from cellfill.loading import verify
from cellfill.network.cells import InputCells
from cellfill.network.golden import TOLERANCE, make_golden, replay
from cellfill.network.predict import predict, predict_outputs
from cellfill.network.session import open_network
from conftest import MODEL
from runtime import bundles
from runtime.hostile import parts
from runtime.hostile.parts import constant, node

ALL = [tasks for n in (1, 2, 3) for tasks in itertools.combinations(bundles.TASKS, n)]
OUTPUTS = {"impute": ("expected",), "annotate": ("class_probabilities", "class_energy"), "embed": ("embedding",)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return bundles.make(tmp_path_factory.mktemp("format2") / "three")


@pytest.fixture(scope="module")
def three(folder):
    return read_bundle(folder)


def block(network, cells=7):
    rng = np.random.default_rng(8)
    counts = rng.poisson(2.0, (cells, len(network.inputs))).astype(np.float32)
    return counts, rng.uniform(0.5, 2, cells).astype(np.float32)


def some_cells(network, factors):
    from scipy import sparse

    counts, _ = block(network, len(factors))
    return InputCells(
        inputs=sparse.csr_matrix(counts),
        fill=np.zeros(len(network.inputs), "f"),
        size_factors=np.array(factors, "f"),
    )


@pytest.mark.parametrize("tasks", ALL, ids="-".join)
def test_written_and_read_again_it_is_the_same(tasks, tmp_path):
    bundle = read_bundle(bundles.make(tmp_path / "one", tasks))
    assert bundle.manifest.tasks == tasks
    write_bundle(bundle, tmp_path / "two")
    again = write_bundle(read_bundle(tmp_path / "two"), tmp_path / "three")
    for path in (tmp_path / "one").iterdir():
        data = (tmp_path / "two" / path.name).read_bytes()
        assert data == (tmp_path / "three" / path.name).read_bytes()
        assert path.name == "manifest.json" or data == path.read_bytes()
    assert sorted(p.name for p in (tmp_path / "two").iterdir()) == sorted({"manifest.json", *again.manifest.files})
    assert dataclasses.replace(again, origin=None) == dataclasses.replace(bundle, manifest=again.manifest)


def test_what_the_shipped_models_say_in_format_1_is_said_in_format_2_too_and_written_as_it_was(tmp_path):
    bundle = read_bundle(MODEL)
    assert bundle.manifest.tasks == ("impute",)
    assert bundle.manifest.graph.outputs == (GraphOutput(name="imputed_counts", meaning="expected"),)
    assert format_manifest(bundle.manifest) == (MODEL / "manifest.json").read_bytes()
    newer = bundles.replaced(bundle, format_version=2)
    golden = make_golden(newer, bundles.sparse.csr_matrix(np.ones((3, len(bundle.genes)), "f")))
    write_bundle(dataclasses.replace(newer, golden=golden), tmp_path / "newer")
    assert dataclasses.replace(read_bundle(tmp_path / "newer").manifest, format_version=1, files={}) == (
        dataclasses.replace(bundle.manifest, files={})
    )
    assert replay(read_bundle(tmp_path / "newer")).fault == ""


def test_format_1_says_nothing_of_other_tasks(three):
    with pytest.raises(BundleError, match="a bundle of format 1 imputes, and nothing else"):
        dataclasses.replace(three.manifest, format_version=1)
    manifest = read_bundle(MODEL).manifest
    other = dataclasses.replace(manifest.evaluations[0], task="embed", estimate=None)
    with pytest.raises(BundleError, match="format 1 has no figures of other tasks"):
        format_manifest(dataclasses.replace(manifest, evaluations=(other,)))


@pytest.mark.parametrize("part", ["classes", "profiles", "reference", "golden"])
def test_a_part_that_is_lacking_or_too_much_is_not_written(three, part, tmp_path):
    lacking = dataclasses.replace(three, **{part: None})
    if part == "reference":
        write_bundle(lacking, tmp_path / "one")
        assert read_bundle(tmp_path / "one").reference is None
    else:
        with pytest.raises(BundleError, match=f"names the files .*, not .*{part}"):
            write_bundle(lacking, tmp_path / "one")
        assert not (tmp_path / "one").exists()


def test_an_old_bundle_has_no_golden_values_and_no_new_one_is_without(three, tmp_path):
    old = dataclasses.replace(read_bundle(MODEL), golden=three.golden)
    with pytest.raises(BundleError, match="names the files"):
        write_bundle(old, tmp_path / "old")


# The tree of types


def test_probabilities_are_summed_upwards():
    rows = [("a", ""), ("b", "a"), ("c", "b"), ("d", "b"), ("e", "a"), ("f", "")]
    classes = Classes([CellClass(name=name, parent=parent) for name, parent in rows])
    assert classes.leaf_names == ("c", "d", "e", "f")
    assert classes.levels.tolist() == [0, 1, 2, 2, 1, 0]
    assert classes.ancestors(3) == (1, 0)
    assert classes.ancestors(5) == ()
    found = classes.sum_up(np.array([[0.1, 0.2, 0.3, 0.4], [0, 0, 0, 1]], "f"))
    np.testing.assert_allclose(found, [[0.6, 0.3, 0.1, 0.2, 0.3, 0.4], [0, 0, 0, 0, 0, 1]], atol=1e-7)
    assert found.dtype == np.float32


def test_a_parent_may_come_after_its_children_and_the_leaves_keep_the_order_of_the_file(three):
    rows = [("c", "b"), ("b", "a"), ("x", ""), ("a", "")]
    classes = Classes([CellClass(name=name, parent=parent) for name, parent in rows])
    assert classes.leaf_names == ("c", "x")
    np.testing.assert_allclose(classes.sum_up(np.array([[0.3, 0.7]])), [[0.3, 0.3, 0.7, 0.3]], rtol=1e-6)
    assert three.classes.leaf_names == tuple(bundles.LEAF_NAMES)
    assert three.classes.priors.tolist() == [0.5, 0.25, 0.25]
    assert parse_classes(format_classes(three.classes)) == three.classes


def test_profiles_of_other_genes_are_not_written(three):
    with pytest.raises(BundleError, match="The profiles are 5 x 2, and the model has 5 input genes and 3 leaf"):
        format_profiles(Profiles(np.full((5, 2), 0.2)), three.genes, three.classes)


def test_quantiles_are_of_all_types_or_of_each(three):
    profile, energy = three.manifest.annotation.unknown.scores
    assert profile.row(2) == profile.quantiles[2]
    assert energy.row(2) == energy.quantiles[0]


# Running


@pytest.mark.parametrize("tasks", ALL, ids="-".join)
def test_what_a_task_reads_is_the_same_alone_and_with_others(tasks, three):
    whole = open_network(three, device="cpu")
    meanings = [meaning for task in tasks for meaning in OUTPUTS[task]]
    part = open_network(three, device="cpu", meanings=meanings)
    assert set(part.meanings) == set(meanings)
    counts, factors = block(whole)
    found, wanted = part.run(counts, factors, meanings), whole.run(counts, factors, whole.meanings)
    for meaning in meanings:
        np.testing.assert_allclose(found[meaning], wanted[meaning], rtol=1e-6)
    assert found[meanings[0]].shape[0] == 7


def test_of_a_graph_cut_to_one_task_the_rest_is_neither_held_nor_computed(three):
    form = three.manifest.graph
    sizes = {task: len(keep_outputs(three.graph, form, OUTPUTS[task])[0]) for task in bundles.TASKS}
    assert sizes["annotate"] + sizes["impute"] < 1.3 * len(three.graph)
    for task in bundles.TASKS:
        alone = bundles.graph((task,)).bytes()
        assert abs(sizes[task] - len(alone)) < 10
        graph, kept = keep_outputs(three.graph, form, OUTPUTS[task])
        assert check_graph(graph, signature_of(kept, three.genes, three.classes)) < (
            check_graph(three.graph, signature_of(form, three.genes, three.classes))
        )
        assert (kept.cut is not None) == (task == "impute")


def test_what_a_graph_gives_is_what_its_outputs_mean(three):
    network = open_network(three, device="cpu")
    counts, factors = block(network)
    found = network.run(counts, factors, network.meanings)
    held = {name: array.astype("f") for name, array in read_graph_file(three.graph).constants.items()}
    logs = np.log1p(counts / factors[:, None]) - held["input_centres"]
    deep = np.maximum(logs @ held["deep_w"] + held["deep_b"], 0)
    logits = deep @ held["type_w"] + held["type_b"]
    cold = np.exp(0.8 * logits)
    np.testing.assert_allclose(
        found["class_energy"][:, 0], np.log(np.exp(logits).sum(axis=1)), rtol=1e-5, atol=1e-6
    )
    np.testing.assert_allclose(found["class_probabilities"], cold / cold.sum(axis=1, keepdims=True), rtol=1e-5)
    np.testing.assert_allclose(found["embedding"], deep @ held["map_w"], rtol=1e-5, atol=1e-6)


def test_a_cell_without_counts_has_no_probabilities_and_no_place(three):
    network = open_network(three, device="cpu")
    found = predict_outputs(network, some_cells(network, [1, 0, 2]), network.meanings)
    assert not found["expected"][1].any()
    for meaning in ("class_probabilities", "class_energy", "embedding"):
        assert np.isnan(found[meaning][1]).all()
        assert np.isfinite(found[meaning][[0, 2]]).all()
    np.testing.assert_array_equal(predict(network, some_cells(network, [1, 0, 2])), found["expected"])


def flat(graph):
    graph.nodes[43] = node("Mul", "cold_exp colder", "types")


def negative(graph):
    graph.constants["minus"] = constant("minus", np.array([[1, 0, 0], [0, 1, 0], [-9, 0, 10]], "f"))
    graph.nodes[43] = node("Div", "cold_exp cold_total", "softmax")
    graph.nodes[90] = node("MatMul", "softmax minus", "types")


def infinite(graph):
    graph.constants["type_b"] = constant("type_b", np.array([0, 0, 200], "f"))


def far(graph):
    graph.constants["map_w"] = constant("map_w", np.full((4, 2), 60000, "f2"), kind=10)
    graph.constants["deep_b"] = constant("deep_b", np.full(4, 1e9, "f"))


@pytest.mark.parametrize(
    ("change", "meaning"),
    [
        (flat, "class_probabilities"),
        (negative, "class_probabilities"),
        (infinite, "class_energy"),
        (far, "embedding"),
    ],
)
def test_numbers_that_cannot_be_what_they_stand_for_are_refused(change, meaning, three):
    graph = bundles.graph()
    change(graph)
    network = open_network(dataclasses.replace(three, graph=graph.bytes()), device="cpu")
    with pytest.raises(BundleError, match=rf"of 3 cells an output \({meaning}\) that is undefined, infinite"):
        predict_outputs(network, some_cells(network, [1, 1, 1]), (meaning,))


def test_a_meaning_that_it_does_not_give_is_refused(three):
    network = open_network(three, device="cpu", meanings=OUTPUTS["embed"])
    with pytest.raises(BundleError, match="gives no class_probabilities, only embedding"):
        network.run(*block(network), ("class_probabilities",))
    with pytest.raises(TaskError, match="does not impute: its graph gives embedding"):
        network.predict(*block(network))
    with pytest.raises(BundleError, match="gives none of expressed"):
        open_network(three, device="cpu", meanings=("expressed",))


def test_sub_networks_of_a_graph_of_several_outputs(three):
    whole = open_network(three, device="cpu", meanings=OUTPUTS["impute"])
    part = open_network(three, device="cpu", networks=[1])
    assert part.meanings == ("expected",)
    assert len(part.inputs) < len(whole.inputs)
    counts, factors = block(whole)
    columns = np.searchsorted(whole.inputs, part.inputs)
    kept = np.isin(whole.targets, part.targets)
    np.testing.assert_allclose(
        part.predict(counts[:, columns], factors), whole.predict(counts, factors)[:, kept], rtol=1e-6
    )


def test_a_hostile_part_of_a_graph_is_seen_though_another_is_asked_for(three):
    graph = bundles.graph()
    graph.nodes[90] = node("Print", "map", "printed")
    bad = dataclasses.replace(three, graph=graph.bytes())
    for options in ({"meanings": OUTPUTS["annotate"]}, {"networks": [1]}):
        with pytest.raises(GraphRefusedError, match="'Print'"):
            open_network(bad, device="cpu", **options)


def test_weights_of_half_precision_are_bounded_by_what_they_make(three, monkeypatch):
    expected = signature_of(three.manifest.graph, three.genes, three.classes)
    made = 4 * (5 * 4 + 4 * 3 + 4 * 2)
    monkeypatch.setattr(graph_shapes, "MAX_BYTES", {"model.onnx": made})
    check_graph(three.graph, expected)
    monkeypatch.setattr(graph_shapes, "MAX_BYTES", {"model.onnx": made - 1})
    with pytest.raises(GraphRefusedError, match="half precision make over"):
        check_graph(three.graph, expected)


# Tasks


def test_a_bundle_of_several_tasks_imputes_as_one_of_imputing_alone(folder, example, tmp_path):
    alone = bundles.make(tmp_path / "alone", ("impute",))
    layers = []
    for model in (folder, alone):
        adata = example.copy()
        cellfill.impute(adata, model=model, gate=False)
        layers.append(adata.layers["imputed"].toarray())
    np.testing.assert_allclose(layers[0], layers[1], rtol=1e-6)


NOT_IMPUTING = {
    "impute": lambda example, model: cellfill.impute(example, model=model),
    "check": lambda example, model: cellfill.load(model).check(example, task="impute"),
    "load": lambda example, model: cellfill.load(model, tasks=("impute",)),
    "network": lambda example, model: cellfill.load(model).opened.network(),
}


@pytest.mark.parametrize("way", NOT_IMPUTING)
def test_a_model_that_does_not_impute_is_refused_with_what_it_does(way, example, tmp_path):
    model = bundles.make(tmp_path / "types", ("annotate", "embed"))
    says = r"small does not impute: it can name cell types \(cellfill annotate\) and embed cells \(cellfill embed\)"
    with pytest.raises(TaskError, match=says):
        NOT_IMPUTING[way](example, model)
    assert "imputed" not in example.layers
    assert cellfill.load(model, tasks=("annotate",)).manifest.tasks == ("annotate", "embed")
    assert cellfill.load(model).align(example).inputs_needed == parts.INPUTS


def test_a_loaded_model_travels_and_opens_a_graph_once_for_each_use(folder):
    opened = cellfill.load(folder, device="cpu").opened
    assert opened.network(tasks=("annotate",)) is opened.network(tasks=("annotate",))
    assert opened.network(tasks=("annotate",)).meanings == OUTPUTS["annotate"]
    assert set(opened.network(tasks=("embed", "annotate")).meanings) == {*OUTPUTS["annotate"], "embedding"}
    assert opened.network().meanings == ("expected",)
    other = pickle.loads(pickle.dumps(opened))
    assert other.bundle.classes == opened.bundle.classes
    assert other.bundle.reference == opened.bundle.reference


# Golden values


def test_verify_replays_golden_values_and_says_so(folder):
    found = verify(folder)
    assert found.sound
    assert "10 golden cells were run" in found.golden
    assert f"{TOLERANCE:.0e} is allowed" in found.golden


def test_of_format_1_verify_says_that_it_has_none():
    found = verify(MODEL)
    assert found.sound
    assert "no golden values" in found.golden


def test_without_onnx_runtime_verify_says_that_they_were_not_replayed(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    found = verify(folder)
    assert found.sound
    assert found.golden.startswith("Its golden values were not replayed. ONNX Runtime is not installed.")


def other_weight(files):
    graph = bundles.graph()
    graph.constants["type_b"] = constant("type_b", np.array([0.101, 0.2, -0.1], "f"))
    files["model.onnx"] = graph.bytes()


def other_neutral(files):
    rows = bundles.genes()
    rows[2][7] = "9"
    files["genes.tsv"] = parts.table(rows)


def other_mean(files):
    rows = bundles.genes()
    rows[1][6] = str(float(rows[1][6]) * 1.01)
    files["genes.tsv"] = parts.table(rows)


def other_order(files):
    rows, table = bundles.genes(), bundles.profiles()
    rows[3][:3], rows[5][:3] = rows[5][:3], rows[3][:3]  # the names of two genes: each column is the other's
    table[3][0], table[5][0] = table[5][0], table[3][0]
    files["genes.tsv"], files["profiles.tsv"] = parts.table(rows), parts.table(table)


def other_value(files):
    raw = json.loads(files["golden.json"])
    raw["outputs"][3]["values"][9][1] += 0.01
    files["golden.json"] = json.dumps(raw).encode()


@pytest.mark.parametrize("change", [other_weight, other_neutral, other_mean, other_order, other_value])
def test_what_is_not_what_the_author_ran_is_seen(change, tmp_path):
    files = bundles.sound()
    change(files)
    place = parts.write(tmp_path / "model", parts.seal(files))
    found = verify(place)
    assert not found.sound
    assert "golden.json does not hold: " in found.fault
    assert not any(file.fault for file in found.files)


def test_a_model_whose_graph_fails_is_no_sound_one(tmp_path):
    graph = bundles.graph()
    infinite(graph)
    found = verify(bundles.make(tmp_path / "model", model=graph.bytes()))
    assert "that is undefined, infinite or does not sum to 1" in found.fault


def test_golden_values_of_a_wide_output_are_of_some_of_its_columns(tmp_path):
    bundle = bundles.replaced(read_bundle(MODEL), format_version=2)
    golden = make_golden(bundle, bundles.sparse.csr_matrix(np.ones((2, len(bundle.genes)), "f")))
    (output,) = golden.outputs
    assert len(output.columns) == 100
    assert (output.columns[0], output.columns[-1]) == (0, len(bundle.genes.targets) - 1)
    assert len(golden.missing) == -(-len(bundle.genes.inputs) // 10)
    assert replay(dataclasses.replace(bundle, golden=golden)).fault == ""


def test_cells_without_counts_make_no_golden_values(three):
    empty = bundles.sparse.csr_matrix((2, len(three.genes)), dtype=np.float32)
    with pytest.raises(BundleError, match="no counts in the genes"):
        make_golden(three, empty)
    with pytest.raises(BundleError, match="1 to 20 cells, not 21"):
        make_golden(three, bundles.cells(21))


def test_the_manifest_of_format_2_is_strict(folder):
    text = (folder / "manifest.json").read_bytes()
    assert parse_manifest(format_manifest(parse_manifest(text))) == parse_manifest(text)
    raw = json.loads(text)
    for key in raw:
        if key in ("format", "format_version"):
            continue
        with pytest.raises(BundleError, match=f"missing keys: {key}"):
            parse_manifest(json.dumps({k: v for k, v in raw.items() if k != key}).encode())


# What else reads a model


@pytest.fixture(scope="module")
def types(tmp_path_factory):
    return bundles.make(tmp_path_factory.mktemp("types") / "types", ("annotate",))


def test_a_model_that_does_not_impute_is_shown(types, folder):
    html = cellfill.load(types)._repr_html_()
    assert "estimates" not in html
    assert "annotate" in html
    assert "estimates expected, expressed, posterior" in cellfill.load(folder)._repr_html_()
    lines = list(_lines(read_bundle(types).manifest))
    assert "tasks         annotate" in lines
    assert not any("estimates" in line or "sub-networks" in line for line in lines)
    figures = list(_figures(read_bundle(types).manifest.evaluations, each=True))
    assert any(line.endswith("40 cells, task annotate; left out") for line in figures)


def test_the_doctor_opens_it(types):
    found = cellfill.doctor(model=types, offline=True)
    assert found.sessions["cpu"] == ""


def test_its_genes_are_measured_and_none_of_them_is_to_be_filled(types, example):
    loaded = cellfill.load(types)
    found = loaded.align(example)
    assert (found.verdict, found.inputs_found, found.targets_known) == ("good", parts.INPUTS, 0)
    assert "fill" not in describe(found) + found._repr_html_()
    strange = example.copy()
    strange.var_names = [f"nothing{i}" for i in range(strange.n_vars)]
    refused = loaded.align(strange, min_coverage=0.0)
    assert refused.verdict == "refused"
    assert refused.refusal.startswith(f"The dataset has 0 of the {parts.INPUTS} genes that the model reads. ")


def test_recommend_sets_it_aside_in_one_line(types, folder, example, tmp_path):
    shutil.copytree(types, tmp_path / "types")
    shutil.copytree(folder, tmp_path / "three")
    found = cellfill.recommend(example, hub=tmp_path, offline=True)
    ranks = {rank.model.rpartition("/")[2]: rank for rank in found.ranks}
    assert {name: rank.stage for name, rank in ranks.items()} == {"three": "measured"}
    assert "types (annotate" in " ".join(found.notes)


def test_a_card_is_compared_with_what_the_model_does(types):
    bundle = read_bundle(types)
    faults = "; ".join(card_faults(dataclasses.replace(bundle, card=CARD)))
    assert "its pipeline_tag" not in faults
    assert "tags" not in faults
    assert "Quality gene by gene" not in faults
    assert "accuracy" not in faults
    wrong = CARD.replace("0.9\n", "0.8\n").replace("classification\ntags", "regression\ntags")
    faults = "; ".join(card_faults(dataclasses.replace(bundle, card=wrong)))
    assert "its pipeline_tag is 'tabular-regression', not 'tabular-classification'" in faults
    assert "it states 0.8 as accuracy (small (cellfill)) on cells, which the manifest does not" in faults


CARD = """---
library_name: cellfill
pipeline_tag: tabular-classification
tags: [cellfill, single-cell, scRNA-seq, cell-types, onnx, homo-sapiens, blood]
model-index:
- name: small
  results:
  - task:
      type: tabular-classification
      name: cell types of single cells
    dataset:
      type: cells
      name: cells
    metrics:
    - type: accuracy
      name: accuracy (small (cellfill))
      value: 0.9
    - type: macro_f1
      name: macro_f1 (small (cellfill))
      value: 0.8
    - type: ece
      name: ece (small (cellfill))
      value: 0.02
---
"""


def without_networks(data):
    rows = [line.split("\t") for line in data.decode().splitlines()]
    for row in rows[1:]:
        row[4:6] = "", ""
    return parts.table(rows)


def test_a_network_that_is_not_of_sub_networks_imputes_the_same(folder, example, tmp_path):
    def change(manifest):
        manifest["imputation"]["subnetworks"] = []
        manifest["graph"]["cut"] = None

    whole = bundles.make(tmp_path / "whole", manifest=change, genes=without_networks)
    assert not any("sub-networks" in line for line in _lines(read_bundle(whole).manifest))
    names = [read_bundle(whole).genes[i].symbol for i in (0, 3)]
    for options in ({"gate": False}, {"gate": False, "genes": names}, {}):
        layers = []
        for model in (folder, whole):
            adata = example.copy()
            cellfill.impute(adata, model=model, **options)
            layers.append(adata.layers["imputed"].toarray())
        np.testing.assert_allclose(layers[0], layers[1], rtol=1e-5)
    with pytest.raises(BundleError, match=r"names a sub-network that manifest\.json does not have \(0 there\)"):
        read_bundle(bundles.make(tmp_path / "named", manifest=change))


def test_an_output_on_the_way_to_another_is_cut_off():
    """The last hidden layer is an embedding, and what types are read from."""

    def deeper(raw):
        (output,) = (output for output in raw["graph"]["outputs"] if output["meaning"] == "embedding")
        output["name"], output["dimensions"] = "deep", [str(i + 1) for i in range(bundles.HIDDEN)]

    made = bundles.graph(("annotate", "embed"))
    made.nodes = {place: step for place, step in made.nodes.items() if b"map" not in step.content}
    made.constants.pop("map_w")
    del made.values["map"]
    made.values["deep"] = bundles.value(12, "deep", "cells", bundles.HIDDEN)
    raw = bundles.manifest(("annotate", "embed"))
    deeper(raw)
    form = parse_manifest(json.dumps(raw | {"files": {}}).encode()).graph
    genes = parse_genes(bundles.parts.table(bundles.genes(("annotate", "embed"))))
    classes = parse_classes(bundles.parts.table([bundles.COLUMNS, *bundles.CLASSES]))
    for meanings in ({"class_probabilities", "class_energy"}, {"embedding"}):
        graph, left = keep_outputs(made.bytes(), form, meanings)
        assert {output.meaning for output in left.outputs} == meanings
        check_graph(graph, signature_of(left, genes, classes))
