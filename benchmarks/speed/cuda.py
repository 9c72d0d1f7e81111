"""All that a GPU is asked, by one command within ten minutes: what ran, and what did not, and why.

Usage: python benchmarks/speed/cuda.py [--model FOLDER] [--minutes N]

Needs nothing but the repository and ONNX Runtime for CUDA; what else a part needs is looked for in its turn. In
this order: the graph alone by block, with the first call and the share of moving data (as `devices.py`); its
products in TF32, which the runtime leaves off, and in float16, each beside float32 by speed and by how far values
move; imputing from file to file on both devices, by default and without calibration and check; training on both.
A part that fails, or whose turn comes after the time is over, is a line in the result, and the others run.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np

import cellfill
from cellfill.bundle import Bundle, read_bundle
from cellfill.bundle.manifest import IMPUTED
from cellfill.network.devices import CPU, CUDA, import_onnxruntime
from cellfill.network.session import open_network
from common import keep, need, table
from speed.devices import block_of, hardware, on_gpu
from speed.throughput import best

MODEL = Path("model_cards/human-pbmc")
CELLS = Path("tests/data/pbmc_donor_a_300.h5ad")
BLOCK, FILE_CELLS, EPOCHS = 1024, 20_000, 5
RATE, DID_NOT = "cells a second", "did not run: "


class NotRunError(Exception):
    """Why a part did not run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The model, and how often a block is run."""

    folder: Path
    bundle: Bundle
    rounds: int


def graph_alone(asked: Asked) -> str:
    """Return the table of `devices.py`."""
    said = on_gpu(asked.bundle, asked.rounds)
    if said.startswith("CUDA: not measured"):
        raise NotRunError(said.partition(": ")[2])
    return said


def precision(asked: Asked) -> str:
    """Return speed and accuracy of other products than those of float32."""
    cpu = open_network(asked.bundle, device="cpu")
    block = block_of(cpu, BLOCK)
    right = cpu.predict(*block)
    rows = []
    for name, graph, options in (
        ("float32", lambda: asked.bundle.graph, {"use_tf32": "0"}),
        ("TF32", lambda: asked.bundle.graph, {"use_tf32": "1"}),
        ("float16", lambda: in_half(asked.bundle.graph), {"use_tf32": "0"}),
    ):
        try:
            found, seconds = products(graph(), asked.bundle, options, block, asked.rounds)
        except Exception as error:  # onnxruntime's errors share no root but Exception
            rows.append([name, said_in_short(error), "", ""])
            continue
        away = np.abs(found - right) / (right + 0.01)
        shares = [f"{value:.1e}" for value in (np.quantile(away, 0.5), np.quantile(away, 0.999))]
        rows.append([name, f"{BLOCK / seconds:,.0f}", *shares])
    if all(not row[-1] for row in rows):
        raise NotRunError(rows[0][1].removeprefix(DID_NOT))
    header = ["products in", RATE, "relative distance from the CPU, median", "of one in a thousand"]
    return table(header, rows)


def products(
    graph: bytes, bundle: Bundle, options: dict[str, str], block: tuple[Any, Any], rounds: int
) -> tuple[np.ndarray, float]:
    """Run a graph on the GPU, whatever its form; return the values, and the seconds of a block."""
    runtime = import_onnxruntime()
    if CUDA not in runtime.get_available_providers():
        raise NotRunError("this ONNX Runtime was built without CUDA")
    settings = runtime.SessionOptions()
    settings.log_severity_level = 4
    session = runtime.InferenceSession(graph, settings, providers=[(CUDA, {"device_id": "0", **options}), CPU])
    if session.get_providers()[0] != CUDA:
        raise NotRunError("no session opens on the GPU")
    values = {"counts": block[0], "size_factors": block[1][:, None]}
    feed = {given.name: values[given.meaning] for given in bundle.manifest.graph.inputs}
    name = next(out.name for out in bundle.manifest.graph.outputs if out.meaning in IMPUTED)
    found = session.run([name], feed)[0]
    return found, best(lambda: session.run([name], feed), times=rounds)


def in_half(graph: bytes) -> bytes:
    """Return a graph whose products of matrices are of float16: cast before each, and back."""
    if find_spec("onnx") is None:
        raise NotRunError("onnx is not installed")
    import onnx
    from onnx import TensorProto, helper

    model = onnx.load_from_string(graph)
    nodes = []
    for number, node in enumerate(model.graph.node):
        if node.op_type != "MatMul":
            nodes.append(node)
            continue
        for place, name in enumerate(list(node.input)):
            node.input[place] = f"half_{number}_{place}"
            nodes.append(helper.make_node("Cast", [name], [node.input[place]], to=TensorProto.FLOAT16))
        result, node.output[0] = node.output[0], f"half_{number}_out"
        nodes += [node, helper.make_node("Cast", [node.output[0]], [result], to=TensorProto.FLOAT)]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    del model.graph.value_info[:]
    return model.SerializeToString()


def file_to_file(asked: Asked) -> str:
    """Return seconds from file to file, on the CPU and on the GPU."""
    if find_spec("anndata") is None:
        raise NotRunError("anndata is not installed")
    from speed.tiles import write_tiled

    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        source, out = Path(scratch) / "cells.h5ad", Path(scratch) / "out.h5ad"
        write_tiled(CELLS, source, cells=FILE_CELLS)
        for name, options in (
            ("by default", {}),
            ("no calibration, no check", {"calibrate": False, "gate": False}),
        ):
            seconds = {}
            for device in ("cpu", "cuda"):
                started = time.perf_counter()
                cellfill.impute_file(
                    source, out, model=asked.folder, device=device, drop_below=0.05, overwrite=True, **options
                )
                seconds[device] = time.perf_counter() - started
            ratio = seconds["cpu"] / seconds["cuda"]
            rows.append([name, *(f"{value:.1f}" for value in seconds.values()), f"{ratio:.1f} x"])
    return f"{FILE_CELLS:,} cells:\n\n{table(['', 'CPU, s', 'CUDA, s', 'faster'], rows)}"


def training(_: Asked) -> str:
    """Return the seconds of a short fit on both; products of half precision are no choice of the trainer."""
    absent = [name for name in ("tensorflow", "cellfill_training") if find_spec(name) is None]
    if absent:
        raise NotRunError(f"{', '.join(absent)} is not installed")
    from cellfill_training.bare_tensorflow import tf

    if not tf.config.list_physical_devices("GPU"):
        raise NotRunError("TensorFlow sees no GPU")
    from cellfill_training import fit, options_for, read_study

    rows = []
    for device in ("CPU", "GPU"):
        with tf.device(f"/{device}:0"), tempfile.TemporaryDirectory() as scratch:
            started = time.perf_counter()
            fit([read_study(CELLS)], out=Path(scratch) / "model", options=options_for("default", max_epochs=EPOCHS))
            rows.append([device, f"{time.perf_counter() - started:.1f}"])
    return f"{EPOCHS} epochs, all of a fit:\n\n{table(['device', 'seconds'], rows)}"


PARTS: dict[str, Callable[[Asked], str]] = {
    "The graph alone": graph_alone,
    "Other products": precision,
    "File to file": file_to_file,
    "Training": training,
}


def said_in_short(error: Exception) -> str:
    """Return why something did not run, in a line."""
    reason = " ".join(str(error).split())[:300] or type(error).__name__
    return f"{DID_NOT}{reason}"


def run_parts(asked: Asked, *, until: float) -> tuple[str, int]:
    """Return what each part says, and how many ran; a part begins before ``until``, or not at all."""
    said, ran = [], 0
    for name, part in PARTS.items():
        started = time.monotonic()
        try:
            if started > until:
                raise NotRunError("the time was over")
            body = part(asked)
            ran += 1
        except Exception as error:  # whatever it is, the parts after it are still worth their minutes
            body = said_in_short(error)
        said.append(f"**{name}** ({time.monotonic() - started:.0f} s). {body}")
    return "\n\n".join(said), ran


def main() -> None:
    """Measure and keep the tables; where no part ran, nothing is kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=MODEL)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--rounds", type=int, default=30)
    arguments = parser.parse_args()
    need("onnxruntime")
    until = time.monotonic() + 60 * arguments.minutes
    bundle = read_bundle(arguments.model)
    asked = Asked(folder=arguments.model, bundle=bundle, rounds=arguments.rounds)
    body, ran = run_parts(asked, until=until)
    body = f"{hardware()} Model {bundle.manifest.name}.\n\n{body}"
    if not ran:
        print(body)
        raise SystemExit("No part ran: nothing is kept.")
    keep(Path(__file__).with_name("cuda.md"), "python benchmarks/speed/cuda.py", body)


if __name__ == "__main__":
    main()
