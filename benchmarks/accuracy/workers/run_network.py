"""A published network as cellfill has it, trained on these cells by its published options."""

import os
import tempfile
import time
from itertools import pairwise
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from job import peak_memory, work

from cellfill_training import Study, architecture_options, fit_network
from cellfill_training.evaluation import Judge
from cellfill_training.memory import one_heap


def impute(counts, watch, arguments):
    """Return the estimate `expected`; ``fit`` is until it is trained, ``bundle`` until its folder is written."""
    one_heap()  # as cellfill-train does
    with watch.step("import"):
        import cellfill_training.fitting.network_training  # noqa: F401  which brings TensorFlow
    names = tuple(f"G{i}" for i in range(counts.shape[1]))
    study = Study(name="cells", counts=counts, gene_names=(names,))
    changes = {"max_epochs": arguments.epochs, "patience": arguments.epochs} if arguments.epochs else {}
    options = architecture_options(
        arguments.architecture, min_genes=1, min_detection=0.0, seed=arguments.seed, **changes
    )
    said = [("preparing", time.perf_counter(), time.process_time())]

    def step(text: str) -> None:
        said.append((text.split(maxsplit=1)[0], time.perf_counter(), time.process_time()))
        if said[-1][0] == "exporting":
            watch.memory["fit"] = peak_memory()

    with tempfile.TemporaryDirectory() as folder:
        bundle = fit_network(
            [study],
            out=Path(folder) / arguments.architecture,
            architecture=arguments.architecture,
            options=options,
            on_step=step,
        )
    said.append(("end", time.perf_counter(), time.process_time()))
    for (name, began, used), (_, ended, used_then) in pairwise(said):
        part = "fit" if name in ("preparing", "choosing", "training") else "bundle"
        watch.seconds[part] = watch.seconds.get(part, 0.0) + ended - began
        watch.cpu[part] = watch.cpu.get(part, 0.0) + used_then - used
    watch.remarks["epochs"] = int(bundle.manifest.provenance["epochs"])
    with watch.step("predict"):
        values, _ = Judge(bundle).predict(study, counts, estimate="expected", calibrate=False)
    return {"expected": values}


def options(parser) -> None:
    """Add which network, and how long it trains."""
    parser.add_argument("--architecture", required=True)
    parser.add_argument("--epochs", type=int, help="so many, with nothing that stops it [default: as it stops]")


if __name__ == "__main__":
    work(impute, packages=("cellfill", "cellfill-training", "tensorflow", "onnxruntime"), options=options)
