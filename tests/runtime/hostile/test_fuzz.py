"""Mutated models, under the right hashes: each runs or is refused, in little time and memory, and that is all.

CELLFILL_FUZZ_EXAMPLES sets the number of examples a file; benchmarks/robustness/fuzz.py runs many.
"""

import os
import resource
import shutil
import signal
import tempfile
import warnings
from contextlib import contextmanager
from pathlib import Path

import anndata  # noqa: F401 - imported before an example is timed: on a busy machine it takes seconds
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import sparse

import cellfill
from cellfill.errors import CellfillError
from cellfill.loading import verify
from cellfill.network.cells import InputCells
from cellfill.network.predict import predict_outputs
from runtime import bundles
from runtime.hostile import parts
from runtime.hostile.mutations import mutated

EXAMPLES = int(os.environ.get("CELLFILL_FUZZ_EXAMPLES", "60"))
SECONDS, MEGABYTES = 5.0, 300
SOUND = {1: parts.sound(), 2: bundles.sound()}
CASES = [(form, name) for form, files in SOUND.items() for name in files if name != "README.md"]


@contextmanager
def bounded():
    """Fail what hangs, and what takes more memory than any small model may."""

    def ring(*_arguments):
        raise AssertionError(f"not done after {SECONDS} seconds")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak) / 1024
    assert grown < MEGABYTES, f"{grown:.0f} MB"


def use(files):
    """Load the model, impute with all and a part of it, have what else it gives; what came of it, or the error."""
    folder = Path(tempfile.mkdtemp())
    try:
        parts.write(folder / "model", files)
        counts = np.random.default_rng(1).poisson(1.5, (12, parts.INPUTS + 1)).astype(np.float32)
        names = [row[1] for row in parts.genes()[1:]]
        with bounded(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = cellfill.load(folder / "model")
            shape = model.impute_matrix(counts, names).shape
            model.impute_matrix(counts, names, genes=[names[3]], calibrate=False)
            if model.manifest.tasks != ("impute",):
                everything(model.opened)
            found = verify(folder / "model")
            assert found.sound or "golden.json does not hold" in found.fault
            return shape
    except CellfillError as error:
        said = str(error)
        assert said
        assert "ONNX Runtime cannot open" not in said  # what we let through, it opens
        assert "ONNX Runtime reads other" not in said
        assert "failed on a block" not in said
        assert said.replace(str(folder), "").isprintable()
        assert len(said) < 1500
        return error
    finally:
        shutil.rmtree(folder)


def everything(opened):
    """Have all that a model gives for some cells."""
    network = opened.network(tasks=opened.bundle.manifest.tasks)
    counts = np.random.default_rng(2).poisson(1.5, (5, len(network.inputs)))
    cells = InputCells(
        inputs=sparse.csr_matrix(counts.astype("f")),
        fill=np.zeros(len(network.inputs), "f"),
        size_factors=np.array([0, 0.5, 1, 2, 3], "f"),
    )
    given = predict_outputs(network, cells, network.meanings)
    if opened.bundle.classes is not None:
        summed = opened.bundle.classes.sum_up(given["class_probabilities"][1:])
        assert (summed <= 1.01).all()


@pytest.mark.parametrize("form", SOUND)
def test_the_sound_model_runs(form):
    assert use(parts.seal(SOUND[form])) == (12, parts.INPUTS + 1)


@pytest.mark.parametrize(("form", "name"), CASES)
def test_a_mutated_model_runs_or_is_refused(form, name):
    sound = parts.seal(SOUND[form])
    outcomes = {"refused": 0, "ran": 0}

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize="CELLFILL_FUZZ_EXAMPLES" not in os.environ,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
    )
    @given(st.data())
    def attempt(data):
        files = sound | {name: data.draw(mutated(name, sound[name]))}
        sealed = files if name == "manifest.json" else parts.seal(SOUND[form] | {name: files[name]})
        outcomes["refused" if isinstance(use(sealed), CellfillError) else "ran"] += 1

    attempt()
    print(name, outcomes)
    assert outcomes["refused"] > EXAMPLES / 4
