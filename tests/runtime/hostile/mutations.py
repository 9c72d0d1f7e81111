"""Mutations of a sound model's files: of their bytes, and of what these mean, so that some get past the parsers."""

import copy
import json
import struct

from hypothesis import strategies as st

from cellfill.bundle.wire import BYTES, VARINT, Field, fields, join
from cellfill.errors import BundleError
from runtime.hostile import parts

ODD_NUMBERS = [0, 1, -1, 2, 3, 127, 128, 255, 1 << 16, 1 << 31, (1 << 32) + 1, 1 << 62, (1 << 63) - 1, -(1 << 63)]
ODD_TEXTS = ["", "0", "-1", "x", "counts", "w1", "w2", "b2", "places", "width", "size_factors", "\x00", "\x1b[2J"]
ODD_TEXTS += [
    "\u202e",
    "\u0661",
    "../x",
    "a" * 300,
    "1e308",
    "nan",
    "-0.0",
    "1e-320",
    "1" * 400,
    "0|0",
    "|",
    "If",
    "Cast",
]
_FEW = st.sampled_from([1, 1, 1, 2, 3])
# Drawn through `_odd_values`, which copies: a mutation of what was drawn must not reach the next example.
ODD_VALUES = [None, True, [], {}, [[]], 1.5, 1e308, -0.0, 1e-320, *ODD_NUMBERS, *ODD_TEXTS]


@st.composite
def of_bytes(draw, data):
    """Flip, cut, double, splice and insert."""
    for _ in range(draw(_FEW)):
        if not data:
            break
        start = draw(st.integers(0, len(data) - 1))
        end = min(start + draw(st.integers(1, 60)), len(data))
        part = data[start:end]
        kind = draw(st.sampled_from(["flip", "cut", "double", "splice", "insert", "end"]))
        if kind == "flip":
            data = data[:start] + bytes([part[0] ^ draw(st.integers(1, 255))]) + data[start + 1 :]
        elif kind == "cut":
            data = data[:start] + data[end:]
        elif kind == "double":
            data = data[:end] + part * draw(st.sampled_from([1, 2, 50])) + data[end:]
        elif kind == "splice":
            place = draw(st.integers(0, len(data)))
            data = data[:place] + part + data[place:]
        elif kind == "insert":
            data = data[:start] + draw(st.binary(min_size=1, max_size=12)) + data[start:]
        else:
            data = data[:start]
    return data


@st.composite
def same_length(draw, data):
    """Other bytes in the place of some, as of a float or a whole number."""
    place = draw(st.integers(0, len(data) - 1)) // 4 * 4
    new = draw(st.one_of(st.floats(width=32).map(_float_bytes), st.binary(min_size=1, max_size=8)))
    return (data[:place] + new + data[place + len(new) :])[: len(data)]


def _float_bytes(number):
    return struct.pack("<f", number)


@st.composite
def of_graph(draw, data):
    """Change, double or drop one field somewhere inside, the lengths around it set right."""
    for _ in range(draw(_FEW)):
        data = _inside(draw, data, depth=0)
    return data


def _inside(draw, data, *, depth):
    try:
        found = list(fields(data))
    except BundleError:
        found = []
    if not found or not draw(st.integers(0, 9)):
        return draw(st.one_of(same_length(data), same_length(data), of_bytes(data))) if data else data
    place = draw(st.integers(0, len(found) - 1))
    one = found[place]
    if one.kind == BYTES and depth < 8 and draw(st.integers(0, 9)):
        value = bytes(one.value)
        if draw(st.booleans()) and len(value) < 400:
            value = draw(st.sampled_from([value, *(t.encode() for t in ODD_TEXTS)])) if depth > 1 else value
        found[place] = Field(one.number, BYTES, _inside(draw, value, depth=depth + 1))
        return join(found)
    kind = draw(st.sampled_from(["value", "number", "drop", "double", "swap"]))
    if kind == "value":
        new = draw(st.sampled_from(ODD_NUMBERS)) % (1 << 64)
        found[place] = Field(one.number, VARINT, new) if one.kind == VARINT else one
    elif kind == "number":
        found[place] = Field(draw(st.integers(1, 30)), one.kind, one.value)
    elif kind == "drop":
        del found[place]
    elif kind == "double":
        found.insert(place, one)
    else:
        other = draw(st.integers(0, len(found) - 1))
        found[place], found[other] = found[other], found[place]
    return join(found)


@st.composite
def of_table(draw, data):
    """Another text in one field, or rows that are doubled, dropped or in another order."""
    rows = [line.split("\t") for line in data.decode().splitlines()]
    for _ in range(draw(_FEW)):
        row = draw(st.integers(0, len(rows) - 1))
        kind = draw(st.sampled_from(["field", "field", "field", "double", "drop", "swap"]))
        if kind == "field":
            column = draw(st.integers(0, len(rows[row]) - 1))
            same = [other[column] for other in rows[1:] if column < len(other)] or [""]
            number = st.floats(0, 1e9).map(lambda x: f"{x:.7g}")
            new = st.one_of(st.sampled_from(same), number, st.sampled_from(ODD_TEXTS), st.text(max_size=9))
            rows[row][column] = draw(new)
        elif kind == "double":
            rows.insert(row, list(rows[row]))
        elif kind == "drop" and len(rows) > 1:
            del rows[row]
        else:
            rows.append(rows.pop(row))
    return parts.table(rows) if draw(st.integers(0, 9)) else draw(of_bytes(parts.table(rows)))


@st.composite
def of_json(draw, data):
    """Another value at one place of the tree."""
    raw = json.loads(data)
    for _ in range(draw(_FEW)):
        at = raw
        while True:
            keys = list(at) if isinstance(at, dict) else range(len(at))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            if isinstance(at[key], dict | list) and draw(st.integers(0, 4)):
                at = at[key]
                continue
            kind = draw(st.sampled_from(["value", "value", "drop", "add"]))
            if kind == "value":
                at[key] = draw(st.one_of(_like(at[key]), _odd_values()))
            elif kind == "drop":
                del at[key]
            elif isinstance(at, dict):
                at[draw(st.text(max_size=9))] = draw(_odd_values())
            else:
                at.append(at[key])
            break
    return json.dumps(raw).encode()


def _odd_values():
    return st.sampled_from(ODD_VALUES).map(copy.deepcopy)


def _like(value):
    """Another value of the same kind."""
    if isinstance(value, str):
        return st.one_of(st.text(max_size=30), st.sampled_from(ODD_TEXTS))
    if isinstance(value, int):
        return st.one_of(st.integers(-3, 99), st.sampled_from(ODD_NUMBERS))
    return st.floats() if isinstance(value, float) else st.just(value)


def mutated(name, data):
    """Mutations of one file: of its bytes, or of what they mean."""
    of = {"onnx": of_graph, "tsv": of_table, "json": of_json}[name.rpartition(".")[2]]
    return st.one_of(of(data), of(data), of(data), of_bytes(data))
