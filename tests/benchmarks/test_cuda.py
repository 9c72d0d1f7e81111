"""The script for a GPU, with a stand-in for one: every part that can run does, and the others say why not."""

import sys
import types

import numpy as np
import pytest

from conftest import MODEL, ROOT
from runtime.fake_onnxruntime import FakeRuntime

sys.path.append(str(ROOT / "benchmarks"))

from cellfill.bundle import read_bundle
from cellfill.network.session import open_network
from speed import cuda, devices


class OnTheHost:
    """Stands for a session's binding and for values on a GPU: all is in the host's memory."""

    def __init__(self, session):
        self._binding = session._real.io_binding()

    def bind_ortvalue_input(self, name, value):
        self._binding.bind_ortvalue_input(name, value)

    def bind_output(self, name, _):
        self._binding.bind_output(name, "cpu")

    def synchronize_outputs(self):
        self._binding.synchronize_outputs()


@pytest.fixture
def gpu(monkeypatch):
    """A machine with a GPU, as far as ONNX Runtime says."""
    from cellfill.network.devices import import_onnxruntime

    real = import_onnxruntime()
    fake = FakeRuntime()
    value = real.OrtValue.ortvalue_from_numpy
    fake.OrtValue = types.SimpleNamespace(ortvalue_from_numpy=lambda array, _device, _number: value(array))
    fake.InferenceSession.io_binding = property(lambda self: lambda: OnTheHost(self))
    fake.InferenceSession.run_with_iobinding = lambda self, bound: self._real.run_with_iobinding(bound._binding)
    monkeypatch.setitem(sys.modules, "onnxruntime", fake)
    monkeypatch.setattr(devices, "BLOCKS", (32,))
    monkeypatch.setattr(cuda, "FILE_CELLS", 600)
    monkeypatch.setattr(cuda, "CELLS", ROOT / "tests" / "data" / "pbmc_donor_a_300.h5ad")
    return fake


@pytest.fixture
def asked():
    return cuda.Asked(folder=MODEL, bundle=read_bundle(MODEL), rounds=1)


def test_every_part_that_a_gpu_needs_runs_and_training_says_why_not(gpu, asked, monkeypatch):
    monkeypatch.setattr(cuda, "BLOCK", 64)
    body, ran = cuda.run_parts(asked, until=float("inf"))
    assert ran == 3, body
    assert "| 32 |" in body
    rows = [line.split("|") for line in body.splitlines() if line.startswith(("| float", "| TF32"))]
    assert [row[1].strip() for row in rows] == ["float32", "TF32", "float16"]
    assert all(float(row[4]) < 1e-4 for row in rows)  # the stand-in computes in float32, whatever it is asked for
    assert body.count(" x |") == 2
    assert "did not run: TensorFlow sees no GPU" in body or "is not installed" in body
    asked_of_gpu = [options[0][1]["use_tf32"] for options, _, _ in gpu.opened if not isinstance(options[0], str)]
    assert "1" in asked_of_gpu


def test_a_graph_in_half_precision_is_near_and_not_the_same(asked):
    onnx = pytest.importorskip("onnx")
    reference = pytest.importorskip("onnx.reference")
    network = open_network(asked.bundle, device="cpu")
    counts, factors = devices.block_of(network, 8)
    right = network.predict(counts, factors)
    half = reference.ReferenceEvaluator(onnx.load_from_string(cuda.in_half(asked.bundle.graph)))
    (found,) = half.run(None, {"counts": counts, "size_factors": factors[:, None]})
    away = np.abs(found - right) / (right + 0.01)
    assert 1e-5 < np.quantile(away, 0.999) < 0.1


def test_without_a_gpu_every_part_says_so_and_nothing_is_kept(asked, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(cuda, "FILE_CELLS", 300)
    monkeypatch.setattr(cuda, "keep", lambda *_: pytest.fail("kept"))
    monkeypatch.setattr(sys, "argv", ["cuda.py", "--model", str(MODEL), "--rounds", "1"])
    monkeypatch.chdir(ROOT)
    with pytest.raises(SystemExit, match="No part ran"):
        cuda.main()
    said = capsys.readouterr().out
    assert said.count("did not run") >= 3
    assert "built without CUDA" in said


def test_a_part_that_fails_or_comes_too_late_does_not_stop_the_others(asked, monkeypatch):
    def fails(_):
        raise RuntimeError("CUDA error\n  700")

    monkeypatch.setattr(cuda, "PARTS", {"one": fails, "two": lambda _: "fine", "three": lambda _: "fine"})
    body, ran = cuda.run_parts(asked, until=float("inf"))
    assert ran == 2
    assert "did not run: CUDA error 700" in body
    body, ran = cuda.run_parts(asked, until=-1.0)
    assert ran == 0
    assert body.count("did not run: the time was over") == 3
