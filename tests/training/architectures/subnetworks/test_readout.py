"""Rare genes are read off what common ones trained: told where their counts say so, and else left at their mean."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from cellfill.errors import UsageError
from cellfill_training import GeneTable, Study, options_for
from cellfill_training.architectures.subnetworks import readout
from cellfill_training.architectures.subnetworks.learning import fit_networks
from cellfill_training.architectures.subnetworks.prepare import prepare
from cellfill_training.fitting.early_stopping import split_cells
from cellfill_training.studies.cohort import harmonise

CELLS, COMMON = 600, 40


@pytest.fixture(scope="module")
def trained():
    """Two kinds of cells; 40 common genes tell them, ten rare ones are of one kind, ten of no kind."""
    rng = np.random.default_rng(0)
    kind = rng.random(CELLS) < 0.5
    fold = np.where(np.arange(COMMON)[None, :] % 2 == kind[:, None], 3.0, 0.5)
    marks = np.where(kind, 0.2, 0.002)[:, None] * np.ones((1, 10))
    flat = np.full((CELLS, 10), 0.1)
    counts = rng.poisson(np.hstack([2 * fold, marks, flat])).astype(np.float32)
    names = tuple(f"GENE{i}" for i in range(COMMON + 20))
    study = Study(name="two kinds", counts=sparse.csr_matrix(counts), gene_names=(names,))
    options = options_for("default", min_genes=1, min_detection=0.3, rare_cells=10, hidden=16, max_epochs=30)
    cohort, levels, plan = prepare(harmonise([study], GeneTable()), options)
    place = np.array([int(gene.symbol[4:]) for gene in cohort.genes])
    fitted = fit_networks(cohort, levels, plan, options)
    return cohort, levels, plan, options, fitted, place, kind


def means(trained):
    cohort, levels, _, _, fitted, _, _ = trained
    return fitted.networks.counts(cohort.counts.toarray(), levels.size_factors[:, None]).numpy()


def test_a_rare_gene_of_a_kind_is_told_and_one_of_no_kind_stays_at_its_mean(trained):
    _, levels, plan, _, fitted, place, kind = trained
    genes = place[: plan.targets]
    assert sorted(genes[plan.rare]) == list(range(COMMON, COMMON + 20))
    assert fitted.readout.genes == 20
    assert fitted.readout.held_out_gain > 0
    change = means(trained) / levels.size_factors[:, None] / levels.means[: plan.targets]
    mark, flat = np.isin(genes, range(COMMON, COMMON + 10)), genes >= COMMON + 10
    assert np.median(change[kind][:, mark]) > 4 * np.median(change[~kind][:, mark])
    assert 0.7 < np.median(change[kind][:, flat]) / np.median(change[~kind][:, flat]) < 1.4


def test_their_levels_are_those_of_the_cells_that_taught(trained):
    cohort, _, plan, options, *_ = trained
    training, _ = split_cells(CELLS, options)
    ours, truth = means(trained)[training][:, plan.rare], cohort.counts[training].toarray()[:, : plan.targets]
    np.testing.assert_allclose(ours.sum(axis=0), truth[:, plan.rare].sum(axis=0), rtol=0.01)


def test_they_change_nothing_of_the_common_genes(trained):
    cohort, levels, plan, options, fitted, *_ = trained
    before = [w.copy() for w in fitted.networks.snapshot()]
    _, held = split_cells(CELLS, options)
    readout.read_off_rare(fitted.networks, cohort, levels, plan, held=held)
    after = fitted.networks.snapshot()
    group = plan.group_size
    common = np.pad(~plan.rare, (0, len(plan.predictors) * group - plan.targets)).reshape(-1, 1, group)
    for old, new, name in zip(before, after, ("w1", "b1", "w2", "b2"), strict=True):
        kept = np.broadcast_to(common, new.shape) if name in ("w2", "b2") else np.ones(new.shape, dtype=bool)
        np.testing.assert_array_equal(old[kept], new[kept])


def test_the_held_out_cells_choose_how_far_a_rare_gene_may_go(trained, monkeypatch):
    cohort, levels, plan, options, fitted, *_ = trained
    _, held = split_cells(CELLS, options)
    monkeypatch.setattr(readout, "VARIANCES", (1e-6,))
    timid = readout.read_off_rare(fitted.networks, cohort, levels, plan, held=held)
    assert abs(timid.held_out_gain) < 0.05
    monkeypatch.setattr(readout, "VARIANCES", (1e-6, 1.0))
    free = readout.read_off_rare(fitted.networks, cohort, levels, plan, held=held)
    assert free.variance == 1.0
    assert free.held_out_gain > timid.held_out_gain + 0.05


def test_where_nothing_is_told_rare_genes_stay_at_their_means(trained, monkeypatch):
    cohort, levels, plan, options, fitted, *_ = trained
    _, held = split_cells(CELLS, options)
    monkeypatch.setattr(readout, "_loss", lambda _cells, solution: float(np.abs(solution).sum()))
    found = readout.read_off_rare(fitted.networks, cohort, levels, plan, held=held)
    assert (found.variance, found.held_out_gain) == (0, 0)
    change = means(trained) / levels.size_factors[:, None] / levels.means[: plan.targets]
    np.testing.assert_allclose(change[:, plan.rare], 1, rtol=1e-5)


def test_a_gene_that_no_cell_teaches_stays_at_its_mean(trained):
    cohort, levels, plan, options, fitted, *_ = trained
    gene = int(np.flatnonzero(plan.rare)[0])
    counts = cohort.counts.toarray()
    _, held = split_cells(CELLS, options)
    counts[np.setdiff1d(np.arange(CELLS), held), gene] = 0  # its molecules are in held-out cells alone
    other = replace(cohort, counts=sparse.csr_matrix(counts))
    readout.read_off_rare(fitted.networks, other, levels, plan, held=held)
    change = means(trained)[:, gene] / levels.size_factors / levels.means[gene]
    np.testing.assert_allclose(change, 1, rtol=1e-5)


def test_a_published_loss_reads_nothing_off():
    with pytest.raises(UsageError, match="rare_cells"):
        options_for("paper", rare_cells=30)
