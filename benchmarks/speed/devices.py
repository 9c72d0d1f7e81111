"""The graph alone, on the CPU and on a GPU of the same machine: cells a second, by block size and threads.

Usage: python benchmarks/speed/devices.py [--model FOLDER] [--rounds N]

The floor is numpy's float32 matrix product (1,024 x 1,024, all cores) doing the graph's multiplications. The
floor and all arrangements run in turn, a few blocks each, round after round, and the best of the rounds counts:
other work on the machine slows all alike. CPU arrangements: one caller with all cores inside a product, whose idle
threads spin or not; and as many callers as cores, one thread each. On the GPU: blocks from the host's memory and
back, the first call (which loads kernels), and the share of the time that moving data takes (against the same
blocks already there).
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np

from cellfill.bundle import Bundle, read_bundle
from cellfill.errors import DeviceError
from cellfill.network.devices import import_onnxruntime
from cellfill.network.session import Network, open_network
from common import gpu, keep, need, table

MODEL = Path("model_cards/human-pbmc")
BLOCKS = (32, 64, 128, 256, 512, 1024)
CELLS = 512  # a round of every arrangement; short, so that some round is undisturbed
SIDE, FLOOR = 1024, ("floor", 0)


def flops(bundle: Bundle) -> float:
    """Return the multiplications and additions of the graph's matrix products for one cell."""
    hidden = int(bundle.manifest.architecture.options["hidden"])
    return sum(2.0 * hidden * (s.predictors + s.targets) for s in bundle.manifest.subnetworks)


def product() -> Callable[[], None]:
    """Return a round of numpy's float32 matrix product."""
    a = np.random.default_rng(0).standard_normal((SIDE, SIDE)).astype(np.float32)

    def work() -> None:
        a @ a

    return work


def block_of(network: Network, cells: int) -> tuple[np.ndarray, np.ndarray]:
    """Return counts and size factors; mostly zeros, as in real cells."""
    rng = np.random.default_rng(1)
    counts = rng.poisson(rng.gamma(0.2, 1.0, len(network.inputs)), (cells, len(network.inputs)))
    return counts.astype(np.float32), rng.uniform(0.5, 2, cells).astype(np.float32)


def one_caller(network: Network, block: tuple[np.ndarray, np.ndarray]) -> Callable[[], None]:
    """Return a round of one thread that asks for block after block."""
    calls = cells_in_round(len(block[0]), 1) // len(block[0])

    def work() -> None:
        for _ in range(calls):
            network.predict(*block)

    return work


def many_callers(network: Network, block: tuple[np.ndarray, np.ndarray], pool: ThreadPoolExecutor, callers: int):
    """Return a round in which several threads share the blocks."""
    calls = cells_in_round(len(block[0]), callers) // len(block[0])

    def work() -> None:
        list(pool.map(lambda _: network.predict(*block), range(calls)))

    return work


def measure(rounds: dict[tuple[str, int], Callable[[], None]], repeats: int) -> dict[tuple[str, int], float]:
    """Return the seconds of a round of every arrangement, the best of the repeats."""
    best = dict.fromkeys(rounds, np.inf)
    for work in rounds.values():
        work()
    for _ in range(repeats):
        for key, work in rounds.items():
            started = time.perf_counter()
            work()
            best[key] = min(best[key], time.perf_counter() - started)
    return best


def cells_in_round(size: int, callers: int) -> int:
    """Return how many cells a round of so large blocks has."""
    return size * max(CELLS // size, callers)


def on_cpu(bundle: Bundle, repeats: int) -> str:
    """Return the table of the CPU's arrangements."""
    cores = os.cpu_count() or 1
    networks = {
        f"1 caller, {cores} threads": open_network(bundle, device="cpu", threads=cores),
        f"1 caller, {cores} threads that spin": open_network(bundle, device="cpu", threads=cores, spin=True),
        "1 caller, 1 thread": open_network(bundle, device="cpu", threads=1),
    }
    shared = open_network(bundle, device="cpu", threads=1)
    together = f"{cores} callers, 1 thread each"
    with ThreadPoolExecutor(cores) as pool:
        rounds = {FLOOR: product()}
        for size in BLOCKS:
            block = block_of(shared, size)
            for name, network in networks.items():
                rounds[name, size] = one_caller(network, block)
            rounds[together, size] = many_callers(shared, block, pool, cores)
        seconds = measure(rounds, repeats)
    rate = 2 * SIDE**3 / seconds.pop(FLOOR)
    floor = rate / flops(bundle)
    found = {
        (name, size): cells_in_round(size, cores if name == together else 1) / taken
        for (name, size), taken in seconds.items()
    }
    names = list(dict.fromkeys(name for name, _ in found))
    rows = [[name, *(f"{found[name, b]:,.0f} ({found[name, b] / floor:.2f})" for b in BLOCKS)] for name in names]
    lead = (
        f"CPU: cells a second, and as a share of the floor of {floor:,.0f} "
        f"({flops(bundle) / 1e6:.2f} MFLOP a cell at {rate / 1e9:.0f} GFLOP/s), by cells a block:"
    )
    return f"{lead}\n\n{table(['threads', *map(str, BLOCKS)], rows)}"


def on_gpu(bundle: Bundle, repeats: int) -> str:
    """Return the table of the GPU, or why there is none."""
    rows = []
    for size in BLOCKS:
        started = time.perf_counter()
        try:
            network = open_network(bundle, device="cuda", block_size=size)
        except DeviceError as error:
            return f"CUDA: not measured, no CUDA here. {error}"
        opened = time.perf_counter() - started
        block = block_of(network, size)
        started = time.perf_counter()
        network.predict(*block)
        first = time.perf_counter() - started
        seconds = measure(
            {("host", size): one_caller(network, block), ("gpu", size): resident(network, block)}, repeats
        )
        host, gpu = seconds.values()
        rate = cells_in_round(size, 1) / host
        rows.append([str(size), f"{rate:,.0f}", f"{1 - gpu / host:.0%}", f"{first:.2f}", f"{opened:.2f}"])
    header = ["cells a block", "cells a second", "moving data", "first call, s", "opening, s"]
    return f"CUDA:\n\n{table(header, rows)}"


def resident(network: Network, block: tuple[np.ndarray, np.ndarray]) -> Callable[[], None]:
    """Return a round whose blocks lie in the GPU's memory already, and whose results stay there."""
    array_on = import_onnxruntime().OrtValue.ortvalue_from_numpy
    session = network._session
    values = {"counts": block[0], "size_factors": block[1][:, None]}
    binding = session.io_binding()
    for name, meaning in network._inputs.items():
        binding.bind_ortvalue_input(name, array_on(values[meaning], "cuda", 0))
    for name in network._outputs.values():
        binding.bind_output(name, "cuda")
    calls = cells_in_round(len(block[0]), 1) // len(block[0])

    def work() -> None:
        for _ in range(calls):
            session.run_with_iobinding(binding)
        binding.synchronize_outputs()

    return work


def main() -> None:
    """Measure and keep the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=MODEL)
    parser.add_argument("--rounds", type=int, default=60)
    arguments = parser.parse_args()
    need("onnxruntime")
    bundle = read_bundle(arguments.model)
    body = f"{hardware()} Model {bundle.manifest.name}.\n\n" + "\n\n".join(
        [on_cpu(bundle, arguments.rounds), on_gpu(bundle, arguments.rounds)]
    )
    keep(Path(__file__).with_name("devices.md"), "python benchmarks/speed/devices.py", body)


def hardware() -> str:
    """Return the names of the processor and of the GPU, if any."""
    import platform

    names = [platform.processor() or platform.machine()]
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [x.partition(":")[2].strip() for x in info.read_text().splitlines() if x.startswith("model name")][
            :1
        ]
    return ", ".join(filter(None, [*names, gpu()])) + "."


if __name__ == "__main__":
    main()
