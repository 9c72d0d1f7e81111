"""Molecules that are hidden, and the gains of those who predict them."""

import numpy as np
import pytest
from scipy import sparse, stats

from cellfill.counts.matrix import as_counts
from cellfill.fitness.fitted import fit, fit_alone, gene_means
from cellfill.fitness.hiding import fold_molecules, split_molecules
from cellfill.fitness.molecules import measure_molecules
from cellfill.fitness.space import make_space
from cellfill.genes.align import match
from cellfill.network.cells import map_genes


@pytest.fixture(scope="module")
def space(model, _example):
    genes, network = model.genes, model.opened.network()
    alignment = match(genes, [list(_example.var_names)])
    gene_map = map_genes(alignment, genes, inputs=network.inputs)
    rows = alignment.gene_of_column[alignment.target_columns]
    return make_space(
        network,
        gene_map,
        gene_map.cells(as_counts(_example.X)),
        outputs=np.searchsorted(network.targets, rows)[:500],
        most=60,
        workers=1,
    )


def test_folds_share_no_molecule_and_hide_a_tenth():
    counts = sparse.random(200, 300, density=0.3, random_state=0, format="csr", data_rvs=lambda n: np.full(n, 5.0))
    folds = list(fold_molecules(counts, folds=4, seed=0))
    hidden = sum(part.toarray() for _, part in folds)
    assert (hidden <= counts.toarray()).all()
    for kept, part in folds:
        assert ((kept + part) != counts).nnz == 0
        low, high = stats.binom(int(counts.sum()), 0.1).interval(1 - 1e-6)
        assert low < part.sum() < high


def test_of_counts_that_are_not_whole_as_much_is_hidden():
    rng = np.random.default_rng(0)
    counts = sparse.random(200, 300, density=0.3, random_state=0, format="csr", data_rvs=lambda n: np.full(n, 0.97))
    counts.data[::3] += rng.random(len(counts.data[::3]))
    ones = counts.copy()
    ones.data = (ones.data < 1).astype(float)
    folds = list(fold_molecules(counts, folds=3, seed=0))
    for kept, part in folds:
        assert part.sum() == pytest.approx(0.1 * counts.sum(), rel=0.05)
        assert part.multiply(ones).sum() == pytest.approx(0.1 * counts.multiply(ones).sum(), rel=0.05)
        assert kept.min() >= 0
    given, rest = split_molecules(counts, seed=0)
    assert given.sum() == pytest.approx(0.9 * counts.sum(), rel=0.02)
    assert rest.min() >= 0


def test_the_cells_are_drawn_and_their_counts_are_the_datasets(space, _example):
    assert space.counts.shape == (60, space.gene_map.genes)
    totals = np.sort(np.asarray(space.counts.sum(axis=1)).ravel())
    every = np.asarray(_example.X.sum(axis=1)).ravel()
    assert len(totals) == 60
    assert totals.max() <= every.max()
    seen = space.observed(space.counts)
    assert seen.has_sorted_indices
    assert (seen != space.counts[:, space.columns]).nnz == 0


def test_gains_and_losses_are_those_of_the_dense_formula(space):
    measured = measure_molecules(space, folds=1, calibrated=True, seed=3)
    kept, hidden = next(fold_molecules(space.counts, folds=1, seed=3))
    left, rest = (space.observed(part).toarray().astype(float) for part in (kept, hidden))
    fitted = fit(space, kept, calibrated=True, meaning="expected")
    constant = fitted.cells.size_factors[:, None] * gene_means(fitted.cells, space.observed(kept)) / 9

    def loss(mean):
        return (mean - rest * np.log(mean)).sum(axis=0)

    for reading in ("plain", "level", "calibrated"):
        mean = np.concatenate([getattr(means, reading) for means in fitted.means()]) / 9
        gain = loss(constant) - loss(np.maximum(mean, 1e-7))
        np.testing.assert_allclose(measured.gains[reading], gain, rtol=2e-3, atol=2e-3)
        assert measured.loss_of(reading) == pytest.approx(loss(np.maximum(mean, 1e-7)).sum() / rest.size, rel=1e-4)
    assert measured.baseline_loss == pytest.approx(loss(constant).sum() / rest.size, rel=1e-5)
    floors = [loss(np.where(left > 0, left, floor) / 9).sum() for floor in (0.003, 0.01, 0.03, 0.1, 0.3)]
    assert measured.none_loss == pytest.approx(min(floors) / rest.size, rel=1e-5)
    taught = np.concatenate([m.calibrated for m in fit_alone(space, np.arange(500), fitted).means()]) / 9
    alone = (loss(constant) - loss(np.maximum(taught, 1e-7))).sum() / rest.sum()
    assert measured.alone == pytest.approx(alone, rel=1e-3, abs=1e-6)


def test_several_folds_are_less_noisy_than_one(space):
    one, four = (measure_molecules(space, folds=folds, calibrated=False) for folds in (1, 4))
    told = one.molecules > 2
    assert told.sum() > 10
    assert np.median(four.by_gene("plain")[1][told] / one.by_gene("plain")[1][told]) < 0.5


def test_a_permuted_model_gains_nothing_by_itself(space):
    """The same cells under other genes' names: only what the calibration learns from the cells is left."""
    import dataclasses

    order = np.random.default_rng(0).permutation(space.counts.shape[1])
    wrong = dataclasses.replace(space, counts=space.counts[:, order].sorted_indices())
    right, lost = (measure_molecules(s, folds=1, calibrated=True).per_molecule("level") for s in (space, wrong))
    assert right > 0 > lost


def test_what_cells_teach_alone_is_much_the_same_with_scores_that_the_model_had(space):
    kept, _ = next(fold_molecules(space.counts, folds=1, seed=3))
    some = np.arange(0, 500, 2)
    shared, own = (fit(space, kept, calibrated=True, meaning="expected", part=part) for part in ("scores", "level"))
    assert shared.calibration.scores > 0
    assert own.calibration.scores == 0
    with_shared, with_own = (fit_alone(space, some, fitted) for fitted in (shared, own))
    assert with_shared.calibration.score_genes.tolist() == shared.calibration.score_genes.tolist()
    first, second = (
        np.concatenate([m.calibrated for m in taught.means(some)]) for taught in (with_shared, with_own)
    )
    assert np.corrcoef(np.log(first.ravel() + 1e-6), np.log(second.ravel() + 1e-6))[0, 1] > 0.99
    left = np.setdiff1d(np.arange(len(space.network.targets)), space.outputs[some])
    assert (with_shared.calibration.factors[left] == 1).all()


def test_some_genes_stand_for_all_in_what_the_cells_teach_alone(space):
    every = measure_molecules(space, folds=1, calibrated=True)
    some = measure_molecules(space, folds=1, calibrated=True, most_alone=120)
    assert some.level_there == every.level_there
    assert some.alone != every.alone
    assert some.alone == pytest.approx(every.alone, rel=0.1)
    assert some.knowledge == pytest.approx(every.knowledge, rel=0.1)
