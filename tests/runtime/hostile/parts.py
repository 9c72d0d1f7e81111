"""A small sound model, made part by part so that each part can be spoiled; graphs are written by hand.

It has the exporters' form: six genes, two sub-networks of two targets each, three hidden neurons.
"""

import hashlib
import json
from dataclasses import dataclass, field

import numpy as np

from cellfill.bundle.wire import BYTES, VARINT, Field, join
from conftest import MODEL

NETWORKS, PREDICTORS, HIDDEN, GROUP = 2, 3, 3, 2
INPUTS, TARGETS = 5, 4
FLOAT, INT32, INT64 = 1, 6, 7
KINDS = {"f": FLOAT, "i4": INT32, "i8": INT64}


def number(place, value):
    return Field(place, VARINT, value % (1 << 64))


def text(place, value):
    return Field(place, BYTES, value if isinstance(value, bytes) else value.encode())


def message(place, *fields):
    return Field(place, BYTES, join(fields))


def whole(name, values):
    """An attribute of whole numbers: one, or a list."""
    if isinstance(values, int):
        return message(5, text(1, name), number(3, values), number(20, 2))
    return message(5, text(1, name), *(number(8, v) for v in values), number(20, 7))


def node(operator, inputs, output, *more):
    return message(1, *(text(1, name) for name in inputs.split()), text(2, output), text(4, operator), *more)


def constant(name, array, *more, kind=None, dims=None, raw=None):
    """An initializer, in fields: its sizes, its type, its name, its bytes."""
    array = np.asarray(array)
    kind = kind or {"f": FLOAT, "i": INT32 if array.dtype.itemsize == 4 else INT64}[array.dtype.kind]
    dims = array.shape if dims is None else dims
    raw = array.tobytes() if raw is None else raw
    return message(5, *(number(1, d) for d in dims), number(2, kind), text(8, name), text(9, raw), *more)


def value(place, name, *sizes, kind=FLOAT, more=()):
    """An input (11) or an output (12); a size that is a text is a name."""
    axes = [message(1, text(2, s) if isinstance(s, str) else number(1, s)) for s in sizes]
    return message(place, text(1, name), message(2, message(1, number(1, kind), message(2, *axes))), *more)


@dataclass(slots=True)
class Graph:
    """A graph in parts; what a test changes is what it gets."""

    ir: int = 8
    opsets: list = field(default_factory=lambda: [("", 18)])
    model: list = field(default_factory=list)
    nodes: dict = field(default_factory=dict)
    constants: dict = field(default_factory=dict)
    values: dict = field(default_factory=dict)
    more: list = field(default_factory=list)

    def bytes(self):
        inner = [*self.nodes.values(), text(2, "g"), *self.constants.values(), *self.values.values(), *self.more]
        opsets = [message(8, *([text(1, d)] if d else []), number(2, v)) for d, v in self.opsets]
        return join([number(1, self.ir), *self.model, message(7, *inner), *opsets])


def graph():
    """The graph of the exporters."""
    rng = np.random.default_rng(5)

    def weights(*shape):
        return rng.normal(0, 0.3, shape).astype(np.float32)

    arrays = {
        "axis": np.array([1]),
        "b1": weights(NETWORKS, 1, HIDDEN),
        "b2": weights(NETWORKS, 1, GROUP),
        "flat": np.array([0, -1]),
        "from": np.array([0]),
        "input_centres": weights(INPUTS),
        "one": np.float32(1),
        "places": np.array([[0, 1, 2], [2, 3, 4]], dtype=np.int32),
        "w1": weights(NETWORKS, PREDICTORS, HIDDEN),
        "w2": weights(NETWORKS, HIDDEN, GROUP),
        "width": np.array([TARGETS]),
    }
    steps = [
        node("Div", "counts size_factors", "div"),
        node("Add", "one div", "more"),
        node("Log", "more", "log"),
        node("Sub", "log input_centres", "sub"),
        node("Transpose", "sub", "turned", whole("perm", [1, 0])),
        node("Gather", "turned places", "gathered", whole("axis", 0)),
        node("Transpose", "gathered", "back", whole("perm", [0, 2, 1])),
        node("MatMul", "back w1", "first"),
        node("Add", "first b1", "hidden"),
        node("Relu", "hidden", "relu"),
        node("MatMul", "relu w2", "second"),
        node("Add", "second b2", "last"),
        node("Transpose", "last", "joined", whole("perm", [1, 0, 2])),
        node("Reshape", "joined flat", "wide"),
        node("Slice", "wide from width axis", "cut"),
        node("Exp", "cut", "exp"),
        node("Mul", "exp size_factors", "imputed_counts"),
    ]
    return Graph(
        nodes=dict(enumerate(steps)),
        constants={name: constant(name, array) for name, array in arrays.items()},
        values={
            "counts": value(11, "counts", "cells", INPUTS),
            "size_factors": value(11, "size_factors", "cells", 1),
            "imputed_counts": value(12, "imputed_counts", "cells", TARGETS),
        },
    )


def genes():
    """Rows of genes.tsv in lists of fields: genes of the shipped model, in the small one's roles."""
    lines = (MODEL / "genes.tsv").read_text().splitlines()
    by_name = {line.split("\t")[1]: line.split("\t") for line in lines[1:]}
    rows = [by_name[name] for name in ("PYURF", "NUDC", "SKIC3", "EZH1", "ANKIB1", "KLHL6")]
    roles = [("both", "0", "0"), ("both", "0", "0"), ("input", "", "0|1")]
    roles += [("both", "1", "1"), ("input", "", "1"), ("target", "1", "")]
    for row, role in zip(rows, roles, strict=True):
        row[3:6] = role
        row[8] = "" if role[0] == "target" else "0.2"
    return [lines[0].split("\t"), *rows]


def table(rows):
    return "".join("\t".join(row) + "\n" for row in rows).encode()


def manifest():
    """The shipped model's manifest, for the small graph."""
    raw = json.loads((MODEL / "manifest.json").read_text())
    raw["name"], raw["subnetworks"] = "small", raw["subnetworks"][:NETWORKS]
    raw["min_coverage"] = 0.0
    return raw


def sound():
    """The four files of the sound model; the manifest's records are written by `seal`."""
    return {
        "README.md": b"---\nlibrary_name: cellfill\n---\n\n# small\n",
        "genes.tsv": table(genes()),
        "model.onnx": graph().bytes(),
        "manifest.json": manifest(),
    }


def seal(files):
    """Give the manifest the sizes and hashes of the other files, so that only what they hold can be refused."""
    raw = files["manifest.json"] | {
        "files": {
            name: {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
            for name, data in files.items()
            if name != "manifest.json"
        }
    }
    return files | {"manifest.json": json.dumps(raw).encode()}


def write(folder, files):
    """Write files into a new folder, and return it."""
    folder.mkdir(parents=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder
