"""cellfill: a preset trained on these cells, or a bundle applied to them; each read plain and calibrated."""

import os
import tempfile
import time
from itertools import pairwise
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from job import read_names, work

from cellfill.bundle import read_bundle
from cellfill_training import Study, fit, options_for
from cellfill_training.evaluation import Judge
from cellfill_training.memory import one_heap


def trained(counts, watch, *, preset: str, seed: int, max_epochs: int | None):
    """Train a preset on all genes of the cells; the names are made up, so that none is a duplicate."""
    one_heap()  # as cellfill-train does
    with watch.step("import"):
        import cellfill_training.architectures.subnetworks.learning  # noqa: F401  which brings TensorFlow
    names = tuple(f"G{i}" for i in range(counts.shape[1]))
    study = Study(name="cells", counts=counts, gene_names=(names,))
    options = options_for(preset, min_genes=1, min_detection=0.0, seed=seed, max_epochs=max_epochs)
    said: list[tuple[str, float, float]] = []
    with tempfile.TemporaryDirectory() as folder, watch.step("fit"):
        bundle = fit(
            [study],
            out=Path(folder) / preset,
            preset=preset,
            options=options,
            targets=names,
            on_step=lambda text: said.append((text.split()[0], time.perf_counter(), time.process_time())),
        )
    said.append(("end", time.perf_counter(), time.process_time()))
    for number, name in ((1, "steps"), (2, "steps_cpu")):
        watch.remarks[name] = {one[0]: two[number] - one[number] for one, two in pairwise(said)}
    watch.remarks["epochs"] = int(bundle.manifest.provenance["epochs"])
    return bundle, study


def impute(counts, watch, arguments):
    """Return all estimates that the model has, plain and calibrated; NaN for a gene that it does not fill."""
    if arguments.model is None:
        bundle, study = trained(
            counts, watch, preset=arguments.preset, seed=arguments.seed, max_epochs=arguments.epochs
        )
    else:
        bundle = read_bundle(arguments.model)
        study = Study(name="cells", counts=counts, gene_names=read_names(arguments.counts))
    judge = Judge(bundle)
    unfilled = np.setdiff1d(np.arange(counts.shape[1]), judge.targets(study))
    estimates = {}
    for variant, step in (("", "predict"), ("calibrated.", "calibrated predict")):
        for place, estimate in enumerate(bundle.manifest.estimates):
            with watch.step(step if place == 0 else "other estimates"):
                values, _ = judge.predict(study, counts, estimate=estimate, calibrate=bool(variant))
            values[:, unfilled] = np.nan
            estimates[variant + estimate] = values
    return estimates


def options(parser) -> None:
    """Add what tells the two uses apart."""
    parser.add_argument("--preset", default="default")
    parser.add_argument("--model", type=Path)
    parser.add_argument("--epochs", type=int, help="stop after so many [default: when it learns no more]")


if __name__ == "__main__":
    work(impute, packages=("cellfill", "cellfill-training", "tensorflow", "onnxruntime"), options=options)
