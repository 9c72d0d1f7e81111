"""Where a graph runs: asked for, really taken, and said; with a stand-in for a GPU that is not here."""

import dataclasses
import sys
import types

import numpy as np
import pytest

import cellfill
from cellfill.bundle import read_bundle
from cellfill.errors import DeviceError, MissingDependencyError, UsageError
from cellfill.network.session import open_network
from conftest import MODEL
from runtime.fake_onnxruntime import CPU, CUDA, FakeRuntime


@pytest.fixture(scope="module")
def bundle():
    return read_bundle(MODEL)


@pytest.fixture
def fake(monkeypatch):
    def install(**options):
        runtime = FakeRuntime(**options)
        monkeypatch.setitem(sys.modules, "onnxruntime", runtime)
        return runtime

    return install


@pytest.mark.parametrize("device", ["cuda", "auto"])
def test_a_gpu_that_works_is_taken_and_said(bundle, fake, device, capsys):
    runtime = fake()
    network = open_network(bundle, device=device)
    assert (network.device, network.providers, network.remark) == ("cuda", (CUDA, CPU), "")
    assert runtime.preloaded == 1
    assert capsys.readouterr().out == ""
    assert runtime.opened[0][1] == {"enable_fallback": 0}


def test_the_memory_of_the_gpu_is_bounded_by_the_block_and_its_arithmetic_is_the_cpus(bundle, fake):
    runtime = fake()
    for block_size in (64, 1024):
        open_network(bundle, device="cuda", block_size=block_size)
    small, large = (providers[0][1] for providers, _, _ in runtime.opened)
    genes = len(bundle.genes.inputs) + len(bundle.genes.targets)
    assert small["arena_extend_strategy"] == "kSameAsRequested"
    assert small["use_tf32"] == "0"
    assert int(small["gpu_mem_limit"]) > len(bundle.graph)
    assert int(large["gpu_mem_limit"]) - int(small["gpu_mem_limit"]) == 4 * 16 * (1024 - 64) * genes


def test_cuda_is_refused_where_this_build_has_none(bundle):
    with pytest.raises(DeviceError, match=r"built without CUDA.*cellfill\[gpu\]") as caught:
        open_network(bundle, device="cuda")
    assert caught.value.exit_code == 5


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ({"taken": (CPU,)}, "fell back to CPUExecutionProvider instead of the GPU"),
        ({"taken": (CPU, CUDA)}, "fell back to CPU"),
        ({"taken": ()}, "fell back to nothing"),
        ({"failure": RuntimeError("CUDA failure 35:\n driver too old")}, "CUDA failure 35: driver too old"),
    ],
)
def test_a_gpu_that_does_not_work_is_an_error_for_cuda_and_the_cpu_with_a_remark_for_auto(
    bundle, fake, broken, message
):
    fake(**broken)
    with pytest.raises(DeviceError, match=message) as caught:
        open_network(bundle, device="cuda")
    assert "\n" not in str(caught.value)
    network = open_network(bundle, device="auto")
    assert (network.device, network.providers) == ("cpu", (CPU,))
    assert message in network.remark


def test_a_gpu_that_fails_midway_is_an_error_never_the_cpu(bundle, fake):
    fake(run_failure=RuntimeError("Failed to allocate memory"))
    network = open_network(bundle, device="cuda")
    block = np.ones((2, len(network.inputs)), dtype=np.float32)
    with pytest.raises(DeviceError, match=r"block of 2 cells: Failed to allocate memory Lower --block-size"):
        network.predict(block, np.ones(2, dtype=np.float32))


def test_a_gpu_is_given_one_block_at_once_and_never_a_larger_one(bundle, fake):
    from concurrent.futures import ThreadPoolExecutor

    runtime = fake()
    network = open_network(bundle, device="cuda", block_size=4)
    counts = np.random.default_rng(0).poisson(0.3, (10, len(network.inputs))).astype(np.float32)
    factors = np.linspace(0.5, 2, 10, dtype=np.float32)
    whole = open_network(bundle, device="cpu").predict(counts, factors)
    runtime.cells.clear()
    with ThreadPoolExecutor(4) as pool:
        for result in pool.map(lambda _: network.predict(counts, factors), range(4)):
            np.testing.assert_allclose(result, whole, rtol=1e-5)
    assert max(runtime.cells) == 4
    assert runtime.most_at_once == 1


def test_without_a_gpu_auto_is_the_cpu_and_nothing_to_remark(bundle):
    network = open_network(bundle)
    assert (network.device, network.providers, network.remark) == ("cpu", (CPU,), "")


@pytest.mark.parametrize(("threads", "spin"), [(None, False), (1, False), (2, True)])
def test_threads_and_spinning_reach_the_session_and_change_no_value(bundle, fake, threads, spin):
    block = np.random.default_rng(0).poisson(0.3, (5, len(bundle.genes.inputs))).astype(np.float32)
    factors = np.ones(5, dtype=np.float32)
    expected = open_network(bundle, device="cpu").predict(block, factors)
    runtime = fake(available=(CPU,))
    network = open_network(bundle, device="cpu", threads=threads, spin=spin)
    options = runtime.opened[0][2]
    assert options.intra_op_num_threads == (threads or 0)
    assert options.get_session_config_entry("session.intra_op.allow_spinning") == ("1" if spin else "0")
    np.testing.assert_allclose(network.predict(block, factors), expected, rtol=1e-6)


def test_an_unknown_device_is_refused():
    with pytest.raises(UsageError, match="must be one of auto, cpu, cuda"):
        cellfill.load(MODEL, device="tpu")


@pytest.mark.parametrize(("module", "message"), [(None, "not installed"), (types.ModuleType("x"), "damaged")])
def test_an_onnx_runtime_that_is_missing_or_half_uninstalled_is_said(bundle, monkeypatch, module, message):
    monkeypatch.setitem(sys.modules, "onnxruntime", module)
    with pytest.raises(MissingDependencyError, match=message):
        open_network(bundle)


def test_several_threads_may_predict_at_once(bundle):
    from concurrent.futures import ThreadPoolExecutor

    network = open_network(bundle, threads=1)
    blocks = [np.full((3, len(network.inputs)), i, dtype=np.float32) for i in range(6)]
    factors = np.ones(3, dtype=np.float32)
    alone = [network.predict(block, factors) for block in blocks]
    with ThreadPoolExecutor(3) as pool:
        together = list(pool.map(lambda block: network.predict(block, factors), blocks))
    np.testing.assert_array_equal(alone, together)


def test_a_graph_that_is_not_what_genes_tsv_states_is_refused(bundle):
    from cellfill.bundle import GeneIndex
    from cellfill.errors import BundleError

    fewer = GeneIndex([g for g in bundle.genes if not (g.is_target and g.subnetwork == 3)])
    with pytest.raises(BundleError, match=r"but the manifest and its tables state"):
        open_network(dataclasses.replace(bundle, genes=fewer))
