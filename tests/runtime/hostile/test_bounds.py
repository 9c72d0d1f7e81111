"""Graphs of a few kB that make much of a cell: fewer cells at once, so that memory stays bounded."""

import json
import subprocess
import sys

import numpy as np
import pytest

import cellfill
from cellfill.options.running import BLOCK_SIZE
from conftest import MODEL
from runtime.hostile import parts
from runtime.hostile.parts import constant, node

MOST = 150 << 20  # bytes of the values of one call


def large(side=1000):
    """The sound graph, and in front of its last operator side x side values of a cell that come to nothing."""
    graph = parts.graph()
    arrays = {
        "tall": np.zeros((1, side, 1), "f"),
        "long": np.zeros((1, 1, side), "f"),
        "three": np.array([0, 1, 1]),
        "two": np.array([0, -1]),
        "end": np.array([1]),
        "nil": np.float32(0),
    }
    graph.constants |= {name: constant(name, array) for name, array in arrays.items()}
    steps = [
        node("Reshape", "size_factors three", "s3"),
        node("Add", "s3 tall", "s4"),
        node("Add", "s4 long", "s5"),
        node("Reshape", "s5 two", "s6"),
        node("Slice", "s6 from end axis", "s7"),
        node("Mul", "s7 nil", "s8"),
        node("Add", "exp s8", "same"),
        node("Mul", "same size_factors", "imputed_counts"),
    ]
    graph.nodes = {place: step for place, step in graph.nodes.items() if place < 16} | dict(enumerate(steps, 100))
    return graph.bytes()


@pytest.fixture
def folder(tmp_path):
    return parts.write(tmp_path / "large", parts.seal(parts.sound() | {"model.onnx": large()}))


def blocks():
    rng = np.random.default_rng(2)
    counts = rng.poisson(1.0, (BLOCK_SIZE, parts.INPUTS)).astype(np.float32)
    return counts, rng.uniform(0.5, 2, BLOCK_SIZE).astype(np.float32)


def test_the_more_a_graph_makes_of_a_cell_the_fewer_it_is_given_at_once(folder, tmp_path, monkeypatch):
    plain = cellfill.load(parts.write(tmp_path / "plain", parts.seal(parts.sound()))).opened.network()
    network = cellfill.load(folder).opened.network()
    assert len((folder / "model.onnx").read_bytes()) < 10_000
    assert network.block_size < 20
    seen, run = [], type(network)._run

    def note(self, counts, factors, meanings):
        seen.append(len(counts))
        return run(self, counts, factors, meanings)

    monkeypatch.setattr(type(network), "_run", note)
    counts, factors = blocks()
    found = network.predict(counts, factors)
    assert sum(seen) == BLOCK_SIZE
    assert max(seen) * 4 * 2_000_000 <= MOST
    assert sum(cells < max(seen) for cells in seen) <= 1  # all alike, but for the rest
    np.testing.assert_allclose(found, plain.predict(counts, factors), rtol=1e-5)


def test_the_shipped_models_run_a_block_in_one_call():
    for folder in sorted(p for p in MODEL.parent.iterdir() if p.is_dir()):
        model = cellfill.load(folder)
        for task in model.manifest.tasks:
            assert model.opened.network(tasks=(task,)).block_size >= BLOCK_SIZE


def test_eight_threads_of_such_a_graph_take_no_gigabytes(folder):
    code = f"""
import json, resource
from concurrent.futures import ThreadPoolExecutor
import numpy as np, cellfill
network = cellfill.load({str(folder)!r}).opened.network()
counts, factors = np.ones(({BLOCK_SIZE}, {parts.INPUTS}), "f"), np.ones({BLOCK_SIZE}, "f")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with ThreadPoolExecutor(8) as pool:
    list(pool.map(lambda _: network.predict(counts, factors), range(8)))
print(json.dumps((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) < 8 * 2 * (MOST >> 20)
