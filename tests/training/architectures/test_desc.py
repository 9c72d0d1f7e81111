"""DESC finds clusters in what its autoencoder gives, makes them tighter, and stops when few cells change theirs."""

import sys

import numpy as np
import pytest

from cellfill.errors import MissingDependencyError
from cellfill_training import fit_network
from cellfill_training.architectures.catalogue import architecture_of
from cellfill_training.fitting.early_stopping import split_cells
from cellfill_training.fitting.network_training import train_network
from cellfill_training.fitting.sparse_cells import SparseCells
from cellfill_training.parts.clusters import louvain
from cellfill_training.parts.tensorflow_maths import TensorFlowMaths
from cellfill_training.recipes.command import FitAsked, options_of
from cellfill_training.studies.cohort import harmonise
from cellfill_training.studies.gene_table import GeneTable
from cellfill_training.workflow.networks.prepare import choose_genes, facts_of
from training.small import programmes, study_of

EPOCHS = 12


@pytest.fixture(scope="module")
def trained():
    """A network of cells of two types, the kind of each, the cells, which of them trained, and the epochs."""
    kind = architecture_of("desc")
    options = kind.options(
        encoder="", dimensions=4, max_epochs=EPOCHS, batch_size=32, min_detection=0.0, resolution=0.5
    )
    _, counts, kinds = programmes(cells=220)
    cohort, levels = choose_genes(harmonise([study_of(counts)], GeneTable()), options)
    training, held = split_cells(220, options)
    network = kind.load()(facts_of(cohort, levels), options, np.random.default_rng(0))
    epochs = []
    cells = SparseCells(cohort, levels)
    train_network(network, cells, training, held, on_epoch=epochs.append)
    return network, kinds, cells, training, epochs


def test_what_clusters_need_is_asked_for_before_anything_is_done(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "igraph", None)
    said = []
    with pytest.raises(MissingDependencyError, match=r"^desc needs igraph: pip install '\S+\[evaluate\]'\.$"):
        fit_network([study_of(np.ones((30, 60)))], out=tmp_path / "m", architecture="desc", on_step=said.append)
    with pytest.raises(MissingDependencyError, match=r"^desc needs igraph"):
        options_of(FitAsked(architecture="desc"), {})
    assert said == []


def shares_of(trained):
    network, _, cells, _, _ = trained
    batch = cells.batch(np.arange(220))
    given = network.outputs(TensorFlowMaths(), batch.counts, batch.size_factors)
    return given["embedding"].numpy(), given["class_probabilities"].numpy()


def test_clusters_are_the_types_and_their_cells_are_counted(trained):
    network, kinds, _, training, _ = trained
    named = shares_of(trained)[1].argmax(axis=1)
    right = [np.bincount(kinds[named == cluster]).max() for cluster in np.unique(named)]
    assert sum(right) / 220 > 0.95
    assert list(network.groups()) == [f"cluster {n}" for n in range(1, len(network.groups()) + 1)]
    np.testing.assert_array_equal(
        [*network.groups().values()], np.bincount(named[training], minlength=len(network.groups()))
    )


def test_shares_are_of_students_t_around_the_middles(trained):
    places, shares = shares_of(trained)
    middles = trained[0].middles.numpy().T
    near = 1 / (1 + ((places[:, None] - middles[None]) ** 2).sum(axis=2))
    np.testing.assert_allclose(shares, near / near.sum(axis=1, keepdims=True), rtol=1e-4)


def test_training_makes_clusters_tighter_and_ends_between_targets(trained):
    _, _, _, _, epochs = trained
    starts = [place for place, epoch in enumerate(epochs) if epoch.number == 1]
    numbers = np.diff([*starts, len(epochs)])
    assert numbers[:2].tolist() == [EPOCHS // 2, EPOCHS]
    assert numbers[2] == EPOCHS or numbers[2] % 5 == 0
    whole = epochs[starts[1] : starts[2]]
    assert whole[-1].loss < whole[0].loss


def test_louvain_finds_groups_and_more_of_them_at_a_higher_resolution():
    rng = np.random.default_rng(0)
    middles = np.array([[0, 0], [0, 9], [9, 0]])
    places = np.repeat(middles, (90, 60, 30), axis=0) + rng.standard_normal((180, 2))
    found = louvain(places.astype(np.float32), neighbours=10, resolution=0.1, seed=0)
    np.testing.assert_allclose(found, middles, atol=0.5)  # the largest first
    assert len(louvain(places.astype(np.float32), neighbours=10, resolution=3.0, seed=0)) > 3


def test_genes_that_a_study_did_not_measure_count_for_nothing():
    _, counts, _ = programmes(cells=220)
    names = [f"gene{g}" for g in range(60)]
    parts = [study_of(counts[:110]), study_of(counts[110:, :30], name="panel", genes=names[:30])]
    options = architecture_of("desc").options(encoder="", dimensions=4, min_detection=0.0)
    cohort, levels = choose_genes(harmonise(parts, GeneTable()), options)
    network = architecture_of("desc").load()(facts_of(cohort, levels), options, np.random.default_rng(0))
    cells = SparseCells(cohort, levels).batch(np.arange(100, 120))
    maths = TensorFlowMaths()
    before = network._whole_loss(maths, cells).numpy()
    unknown = np.flatnonzero(~cohort.measured[1])
    last = network.decoder[0].bias.variable
    last.assign(np.where(np.isin(np.arange(60), unknown), 9.0, last.numpy()))
    after = network._whole_loss(maths, cells).numpy()
    np.testing.assert_array_equal(after[10:], before[10:])
    assert (after[:10] > before[:10]).all()
