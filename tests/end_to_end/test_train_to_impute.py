"""The whole way: train in one process, impute in another that cannot import TensorFlow."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from anndata import read_h5ad

from cellfill.bundle import read_bundle
from conftest import DATA, ROOT


def run(*command, **environment):
    return subprocess.run(
        [sys.executable, *map(str, command)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | environment,
    )


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A model trained by the command line on one study, and what the command said."""
    folder = tmp_path_factory.mktemp("trained") / "tiny"
    done = run(
        *("-m", "cellfill_training.cli", "fit", DATA / "pbmc3k_400.h5ad", "--out", folder),
        *("--group-size", 120, "--hidden", 24, "--max-targets", 300, "--min-genes", 50, "--max-epochs", 3),
        *("--hold-out", DATA / "pbmc_donor_a_300.h5ad", "--species", "Homo sapiens"),
    )
    assert done.returncode == 0, done.stderr
    return folder, done.stderr


def test_training_says_how_it_goes(trained):
    folder, said = trained
    words = (
        "epoch 1: ",
        "nats a cell better",
        "on held-out cells",
        "still learn",
        "s left, then export and judging",
    )
    for word in (*words, "exporting to ONNX", f"wrote {folder}"):
        assert word in said
    assert "judged on pbmc_donor_a_300: hidden counts come back with" in said


def test_a_process_without_tensorflow_says_what_tensorflow_says(trained, tmp_path):
    folder, _ = trained
    source, result = DATA / "pbmc_donor_a_300.h5ad", tmp_path / "out.h5ad"
    (tmp_path / "blocked").mkdir()
    for name in ("tensorflow", "keras", "tf2onnx", "onnx"):
        (tmp_path / "blocked" / f"{name}.py").write_text("raise ImportError('not here')")
    done = run(
        *("-m", "cellfill.cli", "impute", source, "--model", folder, "--output", result),
        *("--estimate", "expected", "--policy", "all", "--no-calibrate", "--json", "--quiet"),
        PYTHONPATH=str(tmp_path / "blocked"),
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["cells"] == 300
    imputed = read_h5ad(result)
    genes = imputed.var["imputed"].to_numpy()
    names = imputed.var_names[genes]
    expected = _tensorflow(folder, read_h5ad(source), names)
    np.testing.assert_allclose(imputed.layers["imputed"].toarray()[:, genes], expected, rtol=1e-4, atol=1e-6)


def _tensorflow(folder, adata, names):
    """Run the weights of the graph in TensorFlow, from the gene index alone: no code of the runtime."""
    import onnx
    import tensorflow as tf
    from onnx import numpy_helper

    bundle = read_bundle(folder)
    tensors = onnx.load_from_string(bundle.graph).graph.initializer
    weights = {tensor.name: numpy_helper.to_array(tensor) for tensor in tensors}
    gather, w1, b1, w2, b2 = (weights[name] for name in ("places", "w1", "b1", "w2", "b2"))
    column = {gene.symbol: i for i, gene in enumerate(bundle.genes)}
    counts = adata.X.toarray()
    # scanpy writes UQCR11-1 where R writes UQCR11.1: cellfill knows both.
    place = {name.replace(".", "-"): i for i, name in enumerate(adata.var_names)}
    place |= {name: i for i, name in enumerate(adata.var_names)}
    neutral = bundle.genes.column("neutral")
    shared = [g for g in bundle.genes if g.symbol in place]
    depth = sum(counts[:, place[g.symbol]] for g in shared) / sum(g.mean for g in shared)
    inputs = np.stack(
        [
            np.log1p(
                counts[:, place[bundle.genes[i].symbol]] / depth
                if bundle.genes[i].symbol in place
                else np.full(len(counts), neutral[i])
            )
            - np.log1p(neutral[i])
            for i in bundle.genes.inputs
        ],
        axis=1,
    ).astype(np.float32)
    hidden = tf.nn.relu(tf.matmul(tf.transpose(tf.gather(inputs, gather, axis=1), (1, 0, 2)), w1) + b1)
    last = tf.transpose(tf.matmul(hidden, w2) + b2, (1, 0, 2))
    z = tf.reshape(last, (len(counts), -1))[:, : len(bundle.genes.targets)]
    full = np.exp(z) * depth[:, None]  # the gene's mean is in the last bias
    output = {int(row): i for i, row in enumerate(bundle.genes.targets)}
    return full[:, [output[column.get(name, column.get(name.replace(".", "-")))] for name in names]]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["fit", "absent.h5ad"], 3, "there is no such file"),
        (["fit", DATA / "pbmc3k_400.h5ad", "--dropout", "2"], 2, "a share from 0 to 1"),
        (["fit", DATA / "pbmc3k_400.h5ad", "--layer", "x"], 3, "no layer 'x'"),
        (["fit", DATA / "pbmc3k_400.h5ad", "--gene-table", "absent.csv"], 3, "No gene table"),
        (["fit", DATA / "pbmc3k_400.h5ad", "--min-genes", "5000"], 3, "lower --min-genes"),
        (["fit", DATA / "pbmc3k_400.h5ad", "--targets", "absent.txt"], 3, "No gene list"),
        (["recipe", "absent.toml", "--data", "."], 3, "No recipe at absent.toml"),
        (
            ["fit", DATA / "pbmc3k_400.h5ad", "--words", ROOT / "training" / "recipes" / "human-pbmc.toml"],
            2,
            "words are of a study",
        ),
    ],
)
def test_bad_training_input_is_one_line_and_an_exit_code(tmp_path, arguments, code, message):
    done = run("-m", "cellfill_training.cli", *arguments, "--out", tmp_path / "model")
    assert done.returncode == code, done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "model").exists()


def test_help_lists_every_option_of_a_preset():
    import dataclasses

    from cellfill_training import FitOptions

    shown = run("-m", "cellfill_training.cli", "fit", "--help", COLUMNS="200").stdout
    for field in dataclasses.fields(FitOptions):
        assert "--" + field.name.replace("_", "-") in shown


def test_help_says_what_the_species_does_besides_the_card():
    shown = " ".join(run("-m", "cellfill_training.cli", "fit", "--help", COLUMNS="300").stdout.split())
    assert "the model refuses data of another; with unknown it refuses none" in shown


def test_help_does_not_import_tensorflow():
    code = (
        "import sys, cellfill_training.cli as c\nsys.argv = ['x', '--help']\n"
        "try:\n    c.main()\nexcept SystemExit:\n    pass\n"
        "print([m for m in ('tensorflow', 'numpy', 'anndata') if m in sys.modules])"
    )
    assert run("-c", code).stdout.strip().endswith("[]")
