"""The training of a published network: which cells stop it, what is told of each phase, what is refused."""

import dataclasses

import numpy as np
import pytest

from cellfill_training.bare_tensorflow import tf
from cellfill_training.fitting.early_stopping import split_cells
from cellfill_training.fitting.network_training import train_network
from cellfill_training.fitting.sparse_cells import SparseCells
from cellfill_training.parts.layers import make_dense
from cellfill_training.parts.network import Network, Phase
from cellfill_training.parts.options import NetworkOptions
from cellfill_training.studies.cohort import harmonise
from cellfill_training.studies.gene_table import GeneTable
from cellfill_training.workflow.networks.prepare import choose_genes, facts_of
from training.small import programmes, study_of

CELLS = 90
OPTIONS = NetworkOptions(min_detection=0.0, max_epochs=3, batch_size=32, learning_rate=0.01)


class Twice(Network):
    """A layer that is trained first, by another loss, and one of types behind it."""

    def __init__(self, facts, options, rng, *, held=0.0):
        super().__init__(facts, options, rng)
        self.held = held
        self.first = make_dense(self.parameters, "first", len(facts.genes), 4)
        self.last = make_dense(self.parameters, "last", 4, 2)

    def phases(self):
        learnt = self.parameters.learnt
        yield Phase(name="before", loss=self.loss, learns=tuple(learnt[:2]))
        yield Phase(name="types", loss=self.loss, learns=tuple(learnt[2:]))

    def loss(self, maths, cells):
        missed = tf.reduce_sum(self._given(maths, cells.counts) ** 2, axis=1)
        return missed if maths.training else missed + self.held

    def outputs(self, maths, counts, size_factors):
        return {"class_probabilities": maths.softmax(self._given(maths, counts), 2)}

    def _given(self, maths, counts):
        return self.last(maths, maths.tanh(self.first(maths, counts)))


def trained(**changes):
    _, counts, kinds = programmes(cells=CELLS, genes=30)
    cohort, levels = choose_genes(harmonise([study_of(counts)], GeneTable()), OPTIONS)
    facts = facts_of(cohort, levels, types={"a": 40, "b": 50})
    network = Twice(facts, OPTIONS, np.random.default_rng(0), **changes)
    epochs = []
    cells = SparseCells(cohort, levels, label=kinds)
    train_network(network, cells, *split_cells(CELLS, OPTIONS), on_epoch=epochs.append, beside_trivial=True)
    return epochs


@pytest.mark.parametrize("keep", ["best", "last"])
def test_the_loss_that_is_told_is_that_of_the_weights_that_are_kept(keep):
    _, counts, kinds = programmes(cells=CELLS, genes=30)
    options = dataclasses.replace(OPTIONS, keep=keep, learning_rate=0.5, max_epochs=5)
    cohort, levels = choose_genes(harmonise([study_of(counts)], GeneTable()), options)
    network = Twice(facts_of(cohort, levels, types={"a": 40, "b": 50}), options, np.random.default_rng(0))
    epochs = []
    done = train_network(
        network, SparseCells(cohort, levels, label=kinds), *split_cells(CELLS, options), on_epoch=epochs.append
    )
    losses = [epoch.held_out_loss for epoch in epochs if epoch.stage == "types"]
    assert losses[-1] > min(losses)  # else the two are the same
    assert done.held_out_loss == pytest.approx(min(losses) if keep == "best" else losses[-1])


def test_what_has_not_begun_to_learn_is_measured_by_nothing_but_its_loss():
    told = [(epoch.stage, epoch.course.measure) for epoch in trained()]
    assert told == [("before", "loss")] * 3 + [("types", "accuracy")] * 3


@pytest.mark.parametrize("held", [np.nan, np.inf])
def test_a_held_out_loss_that_is_never_a_number_is_refused(held):
    with pytest.raises(FloatingPointError, match="do not train was never a number: lower --learning-rate"):
        trained(held=held)


def test_labelled_cells_and_others_stop_a_training_alike():
    labelled = np.zeros(200, dtype=bool)
    labelled[:7] = True
    options = NetworkOptions(held_out_fraction=0.1)
    training, held = split_cells(200, options, labelled=labelled)
    assert labelled[held].sum() == 1  # of 7: a cell at least
    assert len(held) == 1 + round(0.1 * 193)
    np.testing.assert_array_equal(np.sort(np.concatenate([training, held])), np.arange(200))
    for all_alike in (labelled | True, labelled & False):
        for known, split in zip(
            split_cells(200, options), split_cells(200, options, labelled=all_alike), strict=True
        ):
            np.testing.assert_array_equal(known, split)
    order = np.random.default_rng([0, 3]).permutation(200)
    np.testing.assert_array_equal(split_cells(200, options)[1], np.sort(order[:20]))  # as ever
