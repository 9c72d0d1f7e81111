"""What is let through, ONNX Runtime opens and runs: in every operator set and file format that is read."""

import dataclasses
import itertools

import numpy as np
import pytest

from cellfill.bundle import read_bundle
from cellfill.bundle.graph_check import IR_VERSIONS, OPSETS, check_graph, signature_of
from cellfill.errors import GraphRefusedError
from cellfill.network.devices import gpu_options, open_session
from runtime.hostile import parts
from runtime.hostile.parts import constant, node, whole

TO_FLAT = np.array([0, -1])
ONE = np.array([0])


def with_more(*more):
    graph = parts.graph()
    for place, part in enumerate(more):
        (graph.constants if part.number == 5 else graph.nodes)[100 + place] = part
    return graph


# Each is sound, or is refused; more than the exporters write, and near what they write.
VARIANTS = {
    "as it is": parts.graph,
    "a shape with an attribute": lambda: with_more(
        constant("new", TO_FLAT), node("Reshape", "exp new", "x", whole("allowzero", 0))
    ),
    "a shape of 32 bits": lambda: with_more(constant("new", TO_FLAT.astype("i4")), node("Reshape", "exp new", "x")),
    "a place of 32 bits": lambda: with_more(constant("new", ONE.astype("i4")), node("Gather", "turned new", "x")),
    "a place that is no list": lambda: with_more(constant("new", np.array(0)), node("Gather", "turned new", "x")),
    "a place on another axis": lambda: with_more(
        constant("new", ONE), node("Gather", "exp new", "x", whole("axis", 1))
    ),
    "an axis as a list": lambda: with_more(
        constant("new", ONE), node("Gather", "turned new", "x", whole("axis", [0]))
    ),
    "an order as a number": lambda: with_more(node("Transpose", "exp", "x", whole("perm", 1))),
    "no order": lambda: with_more(node("Transpose", "exp", "x")),
    "bounds of 32 bits": lambda: with_more(
        *(constant(n, np.array([i], "i4")) for n, i in (("s", 0), ("e", 2), ("a", 1))),
        node("Slice", "exp s e a", "x"),
    ),
    "bounds of both": lambda: with_more(
        constant("s", ONE.astype("i4")), constant("e", np.array([2])), node("Slice", "turned s e from", "x")
    ),
    "bounds that are no lists": lambda: with_more(
        *(constant(n, np.array(i)) for n, i in (("s", 0), ("e", 2), ("a", 1))), node("Slice", "exp s e a", "x")
    ),
    "weights first": lambda: with_more(
        constant("new", np.ones((2, parts.TARGETS), "f")),
        node("Transpose", "exp", "t", whole("perm", [1, 0])),
        node("MatMul", "new t", "x"),
    ),
    "whole weights": lambda: with_more(constant("new", np.ones((1, 1), "i8")), node("Add", "exp new", "x")),
    "eight axes": lambda: with_more(
        constant("new", np.array([0, -1, 1, 1, 1, 1, 1, 1])), node("Reshape", "exp new", "x")
    ),
    "weights of half precision": lambda: with_more(
        constant("new", np.ones((1, 4), "f2"), kind=10),
        node("Cast", "new", "wide_new", whole("to", 1)),
        node("Add", "exp wide_new", "x"),
    ),
    "weights of half precision that nothing reads": lambda: with_more(
        constant("new", np.ones((1, 4), "f2"), kind=10), node("Cast", "new", "wide_new", whole("to", 1))
    ),
    "a constant that nothing reads": lambda: with_more(constant("new", ONE)),
    "the domain by its name": lambda: dataclasses.replace(parts.graph(), opsets=[("ai.onnx", 18)]),
}


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return read_bundle(parts.write(tmp_path_factory.mktemp("agree") / "m", parts.seal(parts.sound())))


def runs(graph, expected):
    """Return whether the graph is let through; if so it must run."""
    try:
        check_graph(graph, expected)
    except GraphRefusedError:
        return False
    gpu = gpu_options(len(graph), cells=1, genes=1)
    session = open_session(graph, expected=expected, device="cpu", threads=1, spin=False, gpu=gpu).session
    cells = {"counts": np.ones((3, parts.INPUTS), "f"), "size_factors": np.ones((3, 1), "f")}
    assert session.run(["imputed_counts"], cells)[0].shape == (3, parts.TARGETS)
    return True


@pytest.mark.parametrize("variant", VARIANTS)
def test_what_is_let_through_runs_in_every_operator_set(variant, bundle):
    whole_graph = signature_of(bundle.manifest.graph, bundle.genes)
    let_through = set()
    for opset, ir in itertools.product(OPSETS, (IR_VERSIONS[0], IR_VERSIONS[-1])):
        graph = VARIANTS[variant]()
        graph.opsets, graph.ir = [(domain, opset) for domain, _ in graph.opsets], ir
        if runs(graph.bytes(), dataclasses.replace(whole_graph, opset=opset)):
            let_through.add(opset)
    assert let_through in (set(), set(OPSETS), set(OPSETS) - {13})
    if variant == "as it is":
        assert let_through == set(OPSETS)
