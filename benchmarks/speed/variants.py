"""Smaller kinds of number for the graph's weights, on a CPU: what they gain in speed and lose in accuracy.

Usage: python benchmarks/speed/variants.py --data FOLDER [--model FOLDER]

int8: ONNX Runtime's dynamic quantisation of the matrix products, one scale a weight (it cannot run batched products
with one a column). float16: every weight and value inside the graph. Speed: one thread, blocks of 256 real cells,
the variants in turn, best of forty. Accuracy: counts against those of float32, the same cells in blocks of 8
against one block, and masked scores of `expressed` without calibration, as in transfer/held_out.py, on all
cells of the study that the model never saw.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from types import ModuleType

sys.path.insert(0, str(Path(__file__).parents[1]))

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from cellfill.bundle import graph_check, read_bundle
from cellfill.fitness.hiding import hide_entries
from cellfill.fitness.metrics import masked_scores
from cellfill.genes.align import align
from cellfill.network.cells import map_genes
from cellfill.network.devices import import_onnxruntime
from cellfill.network.predict import predict_blocks
from cellfill.network.session import open_network
from cellfill_training import read_study
from cellfill_training.evaluation import Judge
from cellfill_training.studies.study import filter_cells
from common import keep, need, table

MODEL = Path("model_cards/human-pbmc")
STUDY = "h5ad/zheng_pbmc14k_3500.h5ad"
BLOCK, FEW, REPEATS = 256, 8, 40


def part_of_onnxruntime(name: str) -> ModuleType:
    """Import a module of ONNX Runtime, whose telemetry is off."""
    return importlib.import_module(f"{import_onnxruntime().__name__}.{name}")


def int8(graph: bytes) -> bytes:
    """Return the graph with its matrix products in int8, scales found cell block by cell block."""
    quantization = part_of_onnxruntime("quantization")
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "a.onnx", Path(folder) / "b.onnx"
        source.write_bytes(graph)
        quantization.quantize_dynamic(source, target, weight_type=quantization.QuantType.QInt8)
        return target.read_bytes()


def float16(graph: bytes) -> bytes:
    """Return the graph with float16 inside, float32 in and out."""
    import onnx

    proto = part_of_onnxruntime("transformers.float16").convert_float_to_float16(
        onnx.load_from_string(graph), keep_io_types=True
    )
    return proto.SerializeToString()


def main() -> None:
    """Measure and keep the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", type=Path, default=MODEL)
    arguments = parser.parse_args()
    need("onnx", "onnxruntime", "tensorflow")
    bundle = read_bundle(arguments.model)
    study = filter_cells(read_study(arguments.data / STUDY), min_genes=200)
    graph_check.check_graph = lambda *_: None  # these graphs are ours: no model may have such operators
    made = {
        "float32": bundle.graph,
        "float16": float16(bundle.graph),
        "int8": int8(bundle.graph),
    }
    bundles = {name: replace(bundle, graph=graph) for name, graph in made.items()}
    networks = {name: open_network(b, device="cpu", threads=1) for name, b in bundles.items()}
    found = align(bundle.genes, study.gene_names)
    cells = map_genes(found, bundle.genes, inputs=networks["float32"].inputs).cells(study.counts)
    some = cells.take(np.arange(BLOCK))
    seconds = dict.fromkeys(made, float("inf"))
    for _ in range(REPEATS):
        for name, network in networks.items():
            started = time.perf_counter()
            list(predict_blocks(network, some, block_size=BLOCK))
            seconds[name] = min(seconds[name], time.perf_counter() - started)
    exact = next(predict_blocks(networks["float32"], some, block_size=BLOCK))[1]

    judge = Judge(bundle)
    detected = np.diff(study.counts.tocsc().indptr) / study.counts.shape[0]
    scored = judge.targets(study)
    masked = hide_entries(study.counts, scored[detected[scored] >= 0.05], seed=0)
    rows = []
    for name, graph in made.items():
        given = next(predict_blocks(networks[name], some, block_size=BLOCK))[1]
        relative = np.abs(given - exact) / np.maximum(np.abs(exact), 1e-6)
        small = np.concatenate([b for _, b in predict_blocks(networks[name], some, block_size=FEW)])
        by_block = np.abs(small - given) / np.maximum(np.abs(given), 1e-6)
        values, _ = Judge(bundles[name]).predict(study, masked.counts, estimate="expressed", calibrate=False)
        scores = masked_scores(values[masked.rows, masked.columns], masked.truth)
        rows.append(
            [
                name,
                f"{len(graph) / 1e6:.1f}",
                f"{seconds['float32'] / seconds[name]:.2f} ({BLOCK / seconds[name]:,.0f})",
                f"{relative.mean():.1e} / {relative.max():.1e}",
                f"{by_block.max():.1e}",
                f"{scores['mse']:.5f} / {scores['pearson']:.4f}",
            ]
        )
    header = ["weights", "MB", "speed, float32 = 1 (cells/s)", "off by, mean / most", "off by block, most"]
    header.append("MSE / Pearson")
    body = f"human-pbmc on {study.name}, {study.counts.shape[0]:,} cells, one thread.\n\n" + table(header, rows)
    keep(Path(__file__).with_name("variants.md"), "python benchmarks/speed/variants.py --data FOLDER", body)


if __name__ == "__main__":
    main()
