"""MMD-ResNet moves a batch onto another, leaves that where it is, and says which batches there are."""

import numpy as np
import pytest
import typer

import cellfill_training.cli.program
from cellfill.errors import DataError, UsageError
from cellfill_training import fit_network
from cellfill_training.architectures.catalogue import architecture_of
from cellfill_training.bare_tensorflow import tf
from cellfill_training.fitting.early_stopping import split_cells
from cellfill_training.fitting.network_training import train_network
from cellfill_training.fitting.sparse_cells import SparseCells
from cellfill_training.parts.discrepancy import kernel_width, mean_discrepancy
from cellfill_training.parts.tensorflow_maths import TensorFlowMaths
from cellfill_training.studies.cohort import harmonise
from cellfill_training.studies.gene_table import GeneTable
from cellfill_training.workflow.networks.prepare import choose_genes, facts_of
from training.small import programmes, study_of

CELLS = 250


def made(sizes=(CELLS, CELLS), **changes):
    """A network, its cells, and which train; each batch has more of some genes than the others."""
    kind = architecture_of("mmd-resnet")
    small = {"encoder": "16", "components": 8, "batch_size": 64, "learning_rate": 0.02, "max_epochs": 60}
    options = kind.options(min_detection=0.0, **small, **changes)
    mean, _, _ = programmes(cells=sum(sizes))
    rng, studies = np.random.default_rng(0), []
    for number, part in enumerate(np.split(mean, np.cumsum(sizes)[:-1])):
        part[:, number :: 5 * len(sizes)] *= 4
        studies.append(study_of(rng.poisson(part), name=f"batch {number}"))
    cohort, levels = choose_genes(harmonise(studies, GeneTable()), options)
    network = kind.load()(facts_of(cohort, levels), options, np.random.default_rng(0))
    return network, SparseCells(cohort, levels), split_cells(sum(sizes), options)


@pytest.fixture(scope="module")
def trained():
    network, cells, split = made(reference="batch 1")
    train_network(network, cells, *split)
    batch, maths = cells.batch(np.arange(2 * CELLS)), TensorFlowMaths()
    before = network.standard(maths, batch.counts, batch.size_factors).numpy()
    after = network.outputs(maths, batch.counts, batch.size_factors)["embedding"].numpy()
    return before, after / network.spread.numpy()


def test_a_batch_comes_to_lie_on_the_reference_which_stays(trained):
    before, after = trained
    width = kernel_width(before[CELLS:])
    apart = [float(mean_discrepancy(places[:CELLS], before[CELLS:], width)) for places in (before, after)]
    assert apart[1] < 0.35 * apart[0]
    moved = np.sqrt(((after - before) ** 2).mean(axis=1))
    assert np.median(moved[CELLS:]) < 0.2 * np.median(moved[:CELLS])


def test_the_discrepancy_is_as_numpy_has_it():
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((30, 3)), rng.standard_normal((40, 3)) + 1
    middle = kernel_width(y)
    distances = np.sqrt(((y[:, None] - y[None]) ** 2).sum(axis=2))
    assert middle == pytest.approx(np.median(np.sort(distances, axis=1)[:, 1:25]))

    def kernel(a, b):
        squared = ((a[:, None] - b[None]) ** 2).sum(axis=2)
        return sum(np.exp(-squared / width**2).mean() for width in (middle / 2, middle, middle * 2))

    wanted = np.sqrt(kernel(x, x) - 2 * kernel(x, y) + kernel(y, y))
    assert float(mean_discrepancy(tf.constant(x), tf.constant(y), middle)) == pytest.approx(wanted, rel=1e-5)


@pytest.mark.parametrize(
    ("batches", "reference", "message"),
    [
        (1, None, "there is but one, batch 0: name the column"),
        (2, "x", r"no batch 'x' for --reference; there are batch 0, batch 1\."),
    ],
)
def test_one_batch_and_an_unknown_reference_are_refused_before_anything_is_done(
    tmp_path, batches, reference, message
):
    said = []
    studies = [study_of(np.ones((30, 60)), name=f"batch {number}") for number in range(batches)]
    options = architecture_of("mmd-resnet").options(reference=reference)
    with pytest.raises(UsageError, match=message):
        fit_network(studies, out=tmp_path / "m", architecture="mmd-resnet", options=options, on_step=said.append)
    assert said == []


@pytest.mark.parametrize(
    ("few", "changes", "message"),
    [
        (20, {}, r"^\d\d cells of the batch batch 2 train, too few .*: leave that batch out, or give more"),
        (1, {"seed": 1}, r"^1 cell of the batch batch 2 trains, too few"),
        (20, {"reference": "batch 2"}, r"batch 2 train, too few .*: name another --reference, or give more"),
    ],
)
def test_a_batch_of_few_cells_is_refused(few, changes, message):
    network, cells, split = made(sizes=(60, 60, few), **changes)
    with pytest.raises(DataError, match=message):
        train_network(network, cells, *split)


def test_the_command_has_the_column_of_batches_and_the_reference():
    commands = typer.main.get_command(cellfill_training.cli.program.app).commands
    said = {flag for parameter in commands["fit"].params for flag in parameter.opts}
    assert {"--by", "--batch", "--reference", "--keep-reference"} <= said
