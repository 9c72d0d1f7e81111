"""Graphs that no model needs: each is the sound one, spoiled in one way, and what must be said of it."""

import numpy as np

from cellfill.bundle.wire import join
from runtime.hostile import parts
from runtime.hostile.parts import constant, message, node, number, text, value, whole

ELSEWHERE = [
    message(13, text(1, "location"), text(2, "../../../../etc/passwd")),
    message(13, text(1, "offset"), text(2, "0")),
]
INNER = message(6, node("Exp", "x", "y"), text(2, "inner"))
HUGE = 1 << 40
EXP_BY_ADD = (text(2, "exp"), text(4, "Add"))


def spoil(change):
    """The bytes of the sound graph after a change to its parts."""

    def make():
        graph = parts.graph()
        change(graph)
        return graph.bytes()

    return make


def add(*fields):
    return spoil(lambda g: g.more.extend(fields))


def on_model(*fields):
    return spoil(lambda g: g.model.extend(fields))


def replace_constant(name, *arguments, **options):
    return spoil(lambda g: g.constants.update({name: constant(name, *arguments, **options)}))


def replace_node(place, *arguments):
    return spoil(lambda g: g.nodes.update({place: node(*arguments)}))


def insert(*arguments):
    """One more operator between the last two: it reads exp, and what it makes is multiplied."""

    def change(graph):
        graph.nodes = dict(enumerate([*graph.nodes.values()][:-1]))
        graph.nodes[100] = node(*arguments)
        graph.nodes[101] = node("Mul", "extra size_factors", "imputed_counts")

    return spoil(change)


def replace_value(name, place, *sizes, **options):
    return spoil(lambda g: g.values.update({name: value(place, name, *sizes, **options)}))


def raw(change):
    return lambda: change(parts.graph().bytes())


def wider(*arrays_and_nodes):
    """Operators in front of the last, with constants of their own."""

    def change(graph):
        for part in arrays_and_nodes:
            place = graph.constants if part.number == 5 else graph.nodes
            place[len(place) + 100] = part
        graph.nodes[999] = graph.nodes.pop(16)

    return spoil(change)


def half(graph, array=None, *, to=1, raw=None, more=()):
    """Store the last bias in half precision, and cast it first of all."""
    array = np.zeros((2, 1, 2), "f2") if array is None else array
    graph.constants["b2"] = constant("b2", array, kind=10, raw=raw)
    attribute = () if to is None else (whole("to", to),)
    steps = {-1: node("Cast", "b2", "wide_b2", *attribute, *more)} | graph.nodes
    graph.nodes = steps | {11: node("Add", "second wide_b2", "last")}


def halved(array=None, **options):
    return spoil(lambda g: half(g, array, **options))


NAN = np.array([[[np.nan, 0]], [[0, 0]]], dtype=np.float32)
INF = np.array([[[0, 0]], [[0, np.inf]]], dtype=np.float32)
FAR = np.array([[0, 1, 2], [2, 3, 7]], dtype=np.int32)
BELOW = np.array([[0, 1, 2], [2, 3, -1]], dtype=np.int32)

GRAPHS = {
    # Weights that are not in the graph
    "weights in another file": (
        replace_constant("w1", np.zeros((2, 3, 3), "f"), *ELSEWHERE, raw=b""),
        "another file",
    ),
    "a constant said to be elsewhere": (
        replace_constant("b2", np.zeros((2, 1, 2), "f"), number(14, 1)),
        "another file",
    ),
    "weights in an attribute, in another file": (
        insert("Constant", "", "extra", message(5, text(1, "value"), message(5, *ELSEWHERE), number(20, 4))),
        "'Constant', which is none",
    ),
    "a constant in an attribute of a known operator": (
        insert("Exp", "exp", "extra", message(5, text(1, "value"), message(5, *ELSEWHERE), number(20, 4))),
        "weights in an attribute",
    ),
    "sparse weights": (add(message(15, message(1, *ELSEWHERE))), "sparse weights"),
    "sparse weights in an attribute": (
        insert("Exp", "exp", "extra", message(5, text(1, "sparse_value"), message(22), number(20, 11))),
        "sparse weights",
    ),
    "weights in segments": (replace_constant("b2", np.zeros((2, 1, 2), "f"), message(3, number(1, 0))), "segments"),
    "weights as a list of numbers": (
        replace_constant("b2", np.zeros((2, 1, 2), "f"), text(4, np.zeros(4, "f").tobytes()), raw=b""),
        "not stored as raw data",
    ),
    # Operators
    "a custom operator": (
        insert("Evil", "exp", "extra", text(7, "com.evil")),
        "'Evil' of 'com.evil', not a standard",
    ),
    "an operator of ONNX Runtime's own": (
        insert("Gelu", "exp", "extra", text(7, "com.microsoft")),
        "'com.microsoft', not a standard",
    ),
    "another set of operators": (spoil(lambda g: g.opsets.append(("com.evil", 1))), "operators of 'com.evil'"),
    "a standard operator that no model needs": (insert("Identity", "exp", "extra"), "'Identity', which is none"),
    "a print on the screen": (insert("Print", "exp", "extra"), "'Print', which is none"),
    "random numbers": (insert("RandomNormalLike", "exp", "extra"), "'RandomNormalLike', which is none"),
    "a loop": (insert("Loop", "exp", "extra", message(5, text(1, "body"), INNER, number(20, 5))), "'Loop'"),
    "a choice": (insert("If", "exp", "extra", message(5, text(1, "then_branch"), INNER, number(20, 5))), "'If'"),
    "a scan": (insert("Scan", "exp", "extra", message(5, text(1, "body"), INNER, number(20, 5))), "'Scan'"),
    "a graph in an attribute of a known operator": (
        insert("Exp", "exp", "extra", message(5, text(1, "body"), INNER, number(20, 5))),
        "a graph inside a graph",
    ),
    "a function of its own": (on_model(message(25, text(1, "Exp"))), "functions of its own"),
    "an attribute by reference": (
        insert("Exp", "exp", "extra", message(5, text(1, "x"), text(21, "y"), number(20, 2))),
        "functions of its own",
    ),
    "an overloaded operator": (insert("Exp", "exp", "extra", text(8, "evil")), "overloaded"),
    "an operator of a thousand attributes": (
        insert("Exp", "exp", "extra", *(whole(f"a{i}", i) for i in range(1000))),
        "one attribute twice, or too many",
    ),
    "one attribute twice": (
        replace_node(4, "Transpose", "sub", "turned", whole("perm", [1, 0]), whole("perm", [0, 1])),
        "one attribute twice",
    ),
    "an attribute that is a text": (
        replace_node(4, "Transpose", "sub", "turned", message(5, text(1, "perm"), text(4, "x"), number(20, 3))),
        "not whole numbers",
    ),
    "an attribute that no model needs": (
        replace_node(5, "Gather", "turned places", "gathered", whole("batch_dims", 1)),
        "'batch_dims', which no model needs",
    ),
    "three inputs to an operator of two": (replace_node(1, "Add", "one div one", "more"), "takes 3 and gives 1"),
    # What is beside the operators
    "metadata that names a file": (
        on_model(message(14, text(1, "ort_config"), text(2, "/etc/passwd"))),
        "custom metadata",
    ),
    "metadata of the graph": (add(message(16, text(1, "file"), text(2, "x"))), "custom metadata"),
    "training information": (on_model(message(20, message(1, text(2, "start")))), "training information"),
    "quantization annotations": (add(message(14, text(1, "w1"))), "quantization annotations"),
    "types of inner values": (add(value(13, "exp", "cells", 99)), "types of inner values"),
    "devices to run on": (on_model(message(26, text(1, "gpu"))), "devices to run on"),
    "a field from the future": (on_model(number(99, 1)), r"a field \(99\) that this cellfill does not know"),
    "the mark of another format": (on_model(text(2, "ORTM, or so I say")), "the mark of another format"),
    # Versions
    "an operator set from the future": (
        spoil(lambda g: g.opsets.__setitem__(0, ("", 99))),
        "operator set 99, and the manifest says 18",
    ),
    "no operator set": (spoil(lambda g: g.opsets.clear()), "operator set 0"),
    "one operator set twice": (spoil(lambda g: g.opsets.append(("ai.onnx", 18))), "one operator set twice"),
    "an IR version from the future": (spoil(lambda g: setattr(g, "ir", 99)), "IR version 99.*newer cellfill"),
    "an IR version from the past": (spoil(lambda g: setattr(g, "ir", 3)), "IR version 3; this cellfill reads 4 to"),
    # Inputs and outputs
    "one more input": (spoil(lambda g: g.values.update(x=value(11, "x", "cells", 1))), "takes .*'x'"),
    "one input less": (spoil(lambda g: g.values.pop("size_factors")), r"takes \['counts'\]"),
    "an input of another name": (
        spoil(lambda g: g.values.update(counts=value(11, "other", "cells", parts.INPUTS))),
        "takes .*'other'",
    ),
    "an input twice": (spoil(lambda g: g.values.update(x=g.values["counts"])), "takes .*'counts'.*'counts'"),
    "one more output": (spoil(lambda g: g.values.update(x=value(12, "exp", "cells", 4))), "gives .*'exp'"),
    "an input of whole numbers": (replace_value("counts", 11, "cells", parts.INPUTS, kind=7), "other than float32"),
    "an input of texts": (replace_value("counts", 11, "cells", parts.INPUTS, kind=8), "other than float32"),
    "an input of three axes": (replace_value("counts", 11, "cells", parts.INPUTS, 1), "of the shape"),
    "an input of more genes": (replace_value("counts", 11, "cells", parts.INPUTS + 1), "of the shape"),
    "an input of a fixed number of cells": (replace_value("counts", 11, 7, parts.INPUTS), "of the shape"),
    "an input that is a list": (
        spoil(lambda g: g.values.update(counts=message(11, text(1, "counts"), message(2, message(4))))),
        "no array",
    ),
    "an input without a type": (
        spoil(lambda g: g.values.update(counts=message(11, text(1, "counts")))),
        "its type",
    ),
    "an output of more genes": (replace_value("imputed_counts", 12, "cells", 9), "of the shape"),
    "an output that nothing makes": (spoil(lambda g: g.nodes.pop(16)), "do not make 'imputed_counts'"),
    "a weight with the name of an input": (
        spoil(lambda g: g.constants.update(x=constant("counts", np.zeros((1, parts.INPUTS), "f")))),
        "'counts' is given twice",
    ),
    # Weights
    "a weight that is no number": (replace_constant("b2", NAN), "'b2' has weights that are infinite or no numbers"),
    "a weight that is infinite": (replace_constant("b2", INF), "'b2' has weights that are infinite or no numbers"),
    "weights of half precision": (
        replace_constant("b2", np.zeros((2, 1, 2), "f2"), kind=10),
        "half precision without a Cast",
    ),
    "weights of double precision": (replace_constant("b2", np.zeros((2, 1, 2), "f8"), kind=11), r"type \(11\)"),
    "weights of brain precision": (replace_constant("b2", np.zeros((2, 1, 2), "f2"), kind=16), r"type \(16\)"),
    "a half that is no number": (halved(np.array([[[np.nan, 0]], [[0, 0]]], "f2")), "'b2' has weights that"),
    "a half that is infinite": (halved(np.array([[[np.inf, 0]], [[0, 0]]], "f2")), "'b2' has weights that"),
    "a half of fewer bytes": (halved(np.zeros((2, 1, 2), "f2"), raw=b"\0" * 6), "needs 8 bytes and has 6"),
    "a half of more bytes": (halved(np.zeros((2, 1, 2), "f2"), raw=b"\0" * 16), "needs 8 bytes and has 16"),
    "a half of another shape": (halved(np.zeros((2, 2, 2), "f2")), "Add.*does not fit"),
    "a half that is cast twice": (
        spoil(lambda g: (half(g), g.nodes.update({50: node("Cast", "b2", "again", whole("to", 1))}))),
        "'b2' of half precision is cast twice",
    ),
    "a half that is read as it is, too": (
        spoil(lambda g: (half(g), g.nodes.update({11: node("Add", "second b2", "last")}))),
        "half precision without a Cast",
    ),
    "a cast to double": (halved(to=11), "Cast makes 'b2' something else"),
    "a cast to whole numbers": (halved(to=7), "Cast makes 'b2' something else"),
    "a cast to text": (halved(to=8), "Cast makes 'b2' something else"),
    "a cast to half": (halved(to=10), "Cast makes 'b2' something else"),
    "a cast to nothing": (halved(to=None), "Cast makes 'b2' something else"),
    "a cast to a list": (halved(to=[1]), "Cast makes 'b2' something else"),
    "a cast to what is 1 in 32 bits only": (halved(to=(1 << 32) + 1), "Cast makes 'b2' something else"),
    "a cast that saturates": (halved(more=(whole("saturate", 1),)), "'saturate', which no model needs"),
    "a cast of the cells": (insert("Cast", "exp", "extra", whole("to", 1)), "Cast reads 'exp', which is no"),
    "a cast of whole numbers": (
        insert("Cast", "places", "extra", whole("to", 1)),
        "Cast reads 'places', which is no constant",
    ),
    "a cast of what is float32": (insert("Cast", "b2", "extra", whole("to", 1)), "Cast reads 'b2', which is no"),
    "a cast of what was cast": (
        spoil(lambda g: (half(g), g.nodes.update({50: node("Cast", "wide_b2", "wider", whole("to", 1))}))),
        "Cast reads 'wide_b2', which is no constant of half",
    ),
    "a cast that the graph gives": (
        spoil(
            lambda g: (
                g.constants.update(other=constant("other", np.zeros((2, 2), "f2"), kind=10)),
                g.nodes.update({16: node("Cast", "other", "imputed_counts", whole("to", 1))}),
            )
        ),
        "do not make 'imputed_counts'",
    ),
    "a cast that comes too late": (
        spoil(lambda g: (half(g), g.nodes.update({50: g.nodes.pop(-1)}))),
        "reads 'wide_b2', which nothing before",
    ),
    "a cast by the name of a constant": (
        spoil(lambda g: (half(g), g.nodes.update({-1: node("Cast", "b2", "w1", whole("to", 1))}))),
        "'w1' is given twice",
    ),
    "places of half precision": (
        spoil(lambda g: (half(g), g.nodes.update({5: node("Gather", "turned wide_b2", "gathered")}))),
        "no constant of whole numbers",
    ),
    "weights that are texts": (replace_constant("b2", np.zeros((2, 1, 2), "f"), kind=8), r"type \(8\)"),
    "weights of an unknown type": (replace_constant("b2", np.zeros((2, 1, 2), "f"), kind=77), r"type \(77\)"),
    "a type that is 1 in 32 bits only": (
        replace_constant("b2", np.zeros((2, 1, 2), "f"), kind=(1 << 32) + 1),
        r"type \(4294967297\)",
    ),
    "fewer bytes than the shape needs": (
        replace_constant("b2", np.zeros((2, 1, 2), "f"), raw=b"\0" * 12),
        "needs 16 bytes and has 12",
    ),
    "more bytes than the shape needs": (
        replace_constant("b2", np.zeros((2, 1, 2), "f"), raw=b"\0" * 20),
        "needs 16 bytes and has 20",
    ),
    "a shape that overflows 64 bits": (
        replace_constant("b2", np.zeros(1, "f"), dims=(HUGE, HUGE, HUGE)),
        "needs 5,3.* bytes and has 4",
    ),
    "a shape that is nought in 64 bits": (
        replace_constant("b2", np.zeros(1, "f"), dims=(1 << 62, 1 << 62), raw=b""),
        "bytes and has 0",
    ),
    "a negative size": (replace_constant("b2", np.zeros(1, "f"), dims=(-2, -2)), r"has the shape \(-2, -2\)"),
    "an empty weight": (replace_constant("b2", np.zeros(1, "f"), dims=(2, 0), raw=b""), r"has the shape \(2, 0\)"),
    "a weight of a hundred axes": (replace_constant("b2", np.zeros(1, "f"), dims=(1,) * 100), "more than 8 axes"),
    "one weight twice": (
        spoil(lambda g: g.constants.update(x=g.constants["b2"])),
        "two constants have the name 'b2'",
    ),
    "whole numbers as weights": (replace_constant("b2", np.zeros((2, 1, 2), "i4")), "whole numbers as weights"),
    # Names
    "a constant without a name": (
        spoil(lambda g: g.constants.update(x=constant("", np.float32(1)))),
        "a constant without a name",
    ),
    "a node that reads what has no name": (
        spoil(lambda g: g.nodes.update({15: message(1, *(text(1, n) for n in ("cut", "")), *EXP_BY_ADD)})),
        "reads '', which nothing before",
    ),
    "a node that reads a constant without a name": (
        spoil(
            lambda g: (
                g.constants.update(x=constant("", np.float32(1))),
                g.nodes.update({15: message(1, *(text(1, n) for n in ("cut", "")), *EXP_BY_ADD)}),
            )
        ),
        "a constant without a name",
    ),
    "a node that gives what has no name": (
        wider(message(1, text(1, "cut"), text(2, ""), text(4, "Exp"))),
        "'' is given twice or is empty",
    ),
    "an input without a name": (
        spoil(lambda g: g.values.update(x=value(11, "", "cells", 1))),
        "an input or output has no name",
    ),
    "an output without a name": (
        spoil(lambda g: g.values.update(x=value(12, "", "cells", 1))),
        "an input or output has no name",
    ),
    "two nodes of one name": (
        wider(*(message(1, text(1, "cut"), text(2, n), text(3, "same"), text(4, "Exp")) for n in ("e1", "e2"))),
        "two nodes have the name 'same'",
    ),
    "a value with the name of a constant": (wider(node("Exp", "cut", "w1")), "'w1' is given twice"),
    "a value with the name of an input": (wider(node("Exp", "cut", "counts")), "'counts' is given twice"),
    "a constant with the name of the output": (
        spoil(lambda g: g.constants.update(x=constant("imputed_counts", np.float32(0)))),
        "'imputed_counts' is given twice",
    ),
    # Shapes
    "a shape of 32 bits": (replace_constant("flat", np.array([0, -1], "i4")), "whole numbers of 64 bits"),
    "a bound of 32 bits": (replace_constant("axis", np.array([1], "i4")), "whole numbers of 64 bits"),
    "genes that are not there": (replace_constant("places", FAR), "gathers what is not there"),
    "genes below the first": (replace_constant("places", BELOW), "gathers what is not there"),
    "genes by what the cells say": (
        replace_node(5, "Gather", "turned counts", "gathered"),
        "no constant of whole numbers",
    ),
    "cells that are gathered": (
        spoil(lambda g: g.nodes.update({4: node("Transpose", "sub", "turned", whole("perm", [0, 1]))})),
        "along no axis of genes",
    ),
    "weights that do not fit": (replace_constant("w1", np.zeros((2, 4, 3), "f")), "MatMul.*does not fit"),
    "cells mixed with cells": (
        wider(node("Transpose", "exp", "t", whole("perm", [1, 0])), node("MatMul", "exp t", "square")),
        "loses or mixes the cells",
    ),
    "a sum over the cells": (
        wider(node("Transpose", "exp", "t", whole("perm", [1, 0])), node("MatMul", "t exp", "sum")),
        "MatMul.*does not fit",
    ),
    "cells folded into genes": (replace_constant("flat", np.array([4, -1])), "Reshape.*mixes the cells"),
    "a slice of the cells": (replace_constant("axis", np.array([0])), "cuts what is not there"),
    "a slice of what is not there": (replace_constant("width", np.array([9])), "cuts what is not there"),
    "axes in no order": (
        replace_node(4, "Transpose", "sub", "turned", whole("perm", [1, 1])),
        "no order of its axes",
    ),
    "an operator of constants alone": (
        wider(constant("a", np.zeros((1, 1), "f")), node("Exp", "a", "b")),
        "loses or mixes the cells",
    ),
    "a value from nowhere": (replace_node(15, "Exp", "nothing", "exp"), "reads 'nothing', which nothing before"),
    "a circle": (replace_node(0, "Div", "imputed_counts size_factors", "div"), "'imputed_counts', which nothing"),
    "a value made twice": (wider(node("Exp", "cut", "div")), "'div' is given twice"),
    # Too much
    "weights that grow as they meet": (
        wider(
            constant("tall", np.zeros((3000, 1, 1), "f")),
            node("Add", "size_factors tall", "grown"),
            constant("long", np.zeros((1, 1, 3000), "f")),
            node("Add", "grown long", "grown more"),
        ),
        "over 2,097,152 values",
    ),
    "a gather that repeats a gene": (
        wider(constant("again", np.zeros((3000, 1000), "i4")), node("Gather", "turned again", "again_made")),
        "over 2,097,152 values",
    ),
    "too many operators": (
        wider(*(node("Exp", "cut" if i == 0 else f"e{i - 1}", f"e{i}") for i in range(1200))),
        "1,216 nodes, over the bound",
    ),
    "too many constants": (
        wider(*(constant(f"c{i}", np.float32(0)) for i in range(1200))),
        "constants, over the bound",
    ),
    # Bytes
    "no bytes": (lambda: b"", "it holds no graph"),
    "a graph cut off": (raw(lambda b: b[:-9]), "longer than the message|does not end|operator set"),
    "two graphs": (raw(lambda b: b + join([message(7, node("Exp", "a", "b"))])), "the field 7 twice"),
    "two IR versions": (raw(lambda b: b + join([number(1, 8)])), "the field 1 twice"),
    "two types of one constant": (
        replace_constant("b2", np.zeros((2, 1, 2), "f"), number(2, 1)),
        "the field 2 twice",
    ),
    "a text as IR version": (raw(lambda b: join([text(1, "x")]) + b), r"a field \(1\)"),
    "a pickle": (lambda: b"\x80\x04\x95\x0c\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94.", "refused"),
    "an archive": (lambda: b"PK\x03\x04" + b"\0" * 60, "refused"),
    "a million empty fields": (raw(lambda b: b + b"\x42\x00" * 1_000_000), "over 8,000 parts"),
    "a name of a megabyte": (replace_node(15, "Exp", "cut", "e" * (1 << 20)), "a name of 1,048,576 bytes"),
    "a name that steers the terminal": (replace_node(15, "Exp", "cut", "\x1b[2J"), "no printable text"),
    "a name that is no text": (
        spoil(lambda g: g.nodes.update({15: message(1, text(1, "cut"), text(2, b"\xff\xfe"), text(4, "Exp"))})),
        "no printable text",
    ),
    "an axis whose name is no text": (
        spoil(
            lambda g: g.values.update(
                counts=message(
                    11,
                    text(1, "counts"),
                    message(
                        2,
                        message(
                            1, number(1, 1), message(2, message(1, text(2, b"\xe3x")), message(1, number(1, 5)))
                        ),
                    ),
                )
            )
        ),
        "no printable text",
    ),
    "an axis with a size and a name": (
        spoil(
            lambda g: g.values.update(
                counts=message(
                    11,
                    text(1, "counts"),
                    message(2, message(1, number(1, 1), message(2, message(1, text(2, "n"), number(1, 5))))),
                )
            )
        ),
        "both a size and a name",
    ),
}
