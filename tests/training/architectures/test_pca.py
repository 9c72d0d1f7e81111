"""Principal components: numpy's, of the cells that train; the default where cells are placed without labels."""

import numpy as np
import pytest

from cellfill.errors import UsageError
from cellfill_training.architectures.catalogue import architecture_of
from cellfill_training.fitting.early_stopping import split_cells
from cellfill_training.fitting.network_training import train_network
from cellfill_training.fitting.sparse_cells import SparseCells
from cellfill_training.parts.tensorflow_maths import TensorFlowMaths
from cellfill_training.recipes.command import FitAsked, options_of
from cellfill_training.studies.cohort import harmonise
from cellfill_training.studies.gene_table import GeneTable
from cellfill_training.workflow.networks.prepare import choose_genes, facts_of
from training.small import programmes, study_of

CELLS, COMPONENTS = 200, 4


@pytest.fixture(scope="module")
def found():
    """What a training found: levels of all cells, their places, which of them train, and the loss."""
    kind = architecture_of("pca")
    options = kind.options(min_detection=0.0, components=COMPONENTS)
    counts = np.random.default_rng(0).poisson(programmes(cells=CELLS)[0])
    cohort, levels = choose_genes(harmonise([study_of(counts, name="one")], GeneTable()), options)
    network = kind.load()(facts_of(cohort, levels), options, np.random.default_rng(0))
    cells, (training, held) = SparseCells(cohort, levels), split_cells(CELLS, options)
    before = network.parameters.values()
    done = train_network(network, cells, training, held)
    batch, maths = cells.batch(np.arange(CELLS)), TensorFlowMaths()
    centre = network.facts.scaling.centre
    x = network.facts.scaling.levels(maths, batch.counts, batch.size_factors).numpy() - centre
    places = network.outputs(maths, batch.counts, batch.size_factors)["embedding"].numpy()
    assert any((old != new).any() for old, new in zip(before, network.parameters.values(), strict=True))
    return x, places, training, held, done


def test_places_are_the_principal_components_of_the_cells_that_train(found):
    """Numpy's: the first by itself, all of them by how much of the variance they hold."""
    x, places, training, _, _ = found
    _, lengths, directions = np.linalg.svd(x[training].astype(np.float64), full_matrices=False)
    first = x @ directions[0]
    np.testing.assert_allclose(places[:, 0], first * np.sign(first @ places[:, 0]), atol=1e-3 * np.abs(first).max())
    held = (places[training].astype(np.float64) ** 2).sum(axis=0)
    assert (np.diff(held) <= 0).all()  # the largest first
    assert held.sum() == pytest.approx((lengths[:COMPONENTS] ** 2).sum(), rel=1e-4)


def test_the_loss_is_what_lies_outside_of_them_in_cells_that_do_not_train(found):
    x, places, _, held, done = found
    outside = (x[held] ** 2).sum(axis=1) - (places[held] ** 2).sum(axis=1)
    assert done.held_out_loss == pytest.approx(outside.mean(), rel=1e-4)
    assert done.held_out_loss < (x[held] ** 2).sum(axis=1).mean()
    assert done.epochs == 1


def test_it_is_what_places_cells_without_labels():
    options = options_of(FitAsked(task="embed"), {"components": 7})
    assert options.components == 7
    assert FitAsked(task="embed", labels="type").network is None
    assert FitAsked(task="annotate").network is None
    assert FitAsked(task="embed", architecture="dca").network == "dca"


def test_what_is_of_imputing_is_not_refused_in_the_name_of_a_network_that_nobody_typed():
    for asked, flag in (({"start": "human-pbmc"}, "--from"), ({"preset": "paper"}, "--preset")):
        with pytest.raises(UsageError, match=f"{flag} is of a training to impute.* leave out {flag}, or --task"):
            options_of(FitAsked(task="embed", **asked), {})


@pytest.mark.parametrize("strange", ["learning_rate", "max_epochs", "patience", "dimensions"])
def test_options_of_steps_mean_nothing_to_it(strange):
    with pytest.raises(UsageError, match=f"pca has no --{strange.replace('_', '-')}"):
        architecture_of("pca").options(**{strange: 2})
