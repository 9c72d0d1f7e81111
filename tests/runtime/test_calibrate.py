"""Calibration finds what a dataset has and a model lacks, and leaves a model that is right alone."""

import numpy as np
import pytest
from scipy import sparse

from cellfill.calibration.calibrate import MAX_CELLS, calibrate
from cellfill.calibration.regression import regress
from cellfill.calibration.sample import Sample
from cellfill.calibration.scores import fit_projection
from cellfill.network.cells import ModelCells

GENES = 240


class Told:
    """A network whose means are known: it looks the cell up by its first input."""

    def __init__(self, mean):
        self.mean = mean

    def predict(self, counts, size_factors):
        return self.mean[counts[:, 0].astype(int)].copy()


def dataset(mean, truth, *, seed=0, depth=None):
    """Counts drawn from ``truth``, and a model that says ``mean``; size factors are 1 if not given."""
    counts = np.random.default_rng(seed).poisson(truth).astype(np.float32)
    number = np.arange(len(mean), dtype=np.float32)[:, None]
    cells = ModelCells(
        counts=sparse.csr_matrix(counts),
        inputs=sparse.csr_matrix(number),
        fill=np.zeros(1, dtype=np.float32),
        size_factors=np.ones(len(mean), dtype=np.float32) if depth is None else depth.astype(np.float32),
    )
    return Told(mean.astype(np.float32)), cells, counts


def corrected(mean, truth, *, meaning="expected", measured=None, seed=0):
    network, cells, counts = dataset(mean, truth, seed=seed)
    measured = np.ones(mean.shape[1], dtype=bool) if measured is None else measured
    fitted = calibrate(network, cells, targets=np.arange(mean.shape[1]), measured=measured, meaning=meaning)
    return fitted, fitted.correct(mean.astype(np.float32), counts, cells.size_factors)


def regressed(mean, counts, scores=None):
    """Regress counts on a model's means at one depth; return the coefficients and the corrected means."""
    sample = Sample(mean=mean.T.copy(), counts=sparse.csr_matrix(counts.T), size_factors=np.ones(len(mean)))
    ones = np.ones(len(mean), dtype=np.float32)
    scores = np.zeros((len(mean), 0), dtype=np.float32) if scores is None else scores.astype(np.float32)
    found = regress(sample, np.ones(mean.shape[1]), ones, scores)
    design = np.concatenate([ones[:, None], np.log(ones)[:, None], scores], axis=1)
    return found, found.correct(mean, design)


def divergence(mean, truth):
    """Mean Kullback-Leibler divergence of Poisson counts."""
    return float((mean - truth + truth * np.log(truth / mean)).mean())


@pytest.fixture(scope="module")
def level():
    return np.random.default_rng(1).gamma(1, 0.6, GENES) + 0.1


def test_the_level_of_every_gene_becomes_that_of_the_data(level):
    mean = np.tile(level, (400, 1))
    truth = mean * np.random.default_rng(2).lognormal(0, 0.7, GENES)
    fitted, result = corrected(mean, truth)
    np.testing.assert_allclose(result.mean(axis=0), truth.mean(axis=0), rtol=0.4)
    assert np.corrcoef(np.log(fitted.factors), np.log(truth[0] / level))[0, 1] > 0.97
    assert divergence(result, truth) < 0.05 * divergence(mean, truth)


def test_structure_that_the_model_lacks_is_found_again(level):
    """Two types of cells that the model cannot tell apart; a third of the genes differ between them."""
    kind = np.arange(600) % 2
    effect = np.where(np.arange(GENES) % 3 == 0, 1.0, 0.0) * np.random.default_rng(3).choice([-1, 1], GENES)
    mean = np.tile(level, (600, 1))
    truth = mean * np.exp(np.outer(kind - 0.5, effect))
    fitted, result = corrected(mean, truth)
    assert fitted.part == "scores"
    assert fitted.scores > 0
    assert divergence(result, truth) < 0.6 * divergence(mean, truth)


def test_a_model_that_is_right_is_left_alone(level):
    truth = level * np.random.default_rng(4).lognormal(0, 0.5, (600, GENES))
    fitted, result = corrected(truth, truth)
    assert fitted.scores == 0
    assert divergence(result, truth) < 0.01


def test_a_contrast_that_is_too_weak_is_sharpened(level):
    kind = np.random.default_rng(5).normal(size=(600, 1)) * np.random.default_rng(6).choice([-1, 1], GENES)
    mean, truth = (level * np.exp(0.5 * kind)).astype(np.float32), level * np.exp(0.7 * kind)
    counts = np.random.default_rng(0).poisson(truth).astype(np.float32)
    found, result = regressed(mean, counts)
    common = counts.sum(axis=0) > 300
    assert np.median(found.slopes[common]) == pytest.approx(0.4, abs=0.12)  # 0.7 / 0.5 - 1, drawn towards 0
    assert divergence(result, truth) < 0.5 * divergence(mean, truth)


def test_genes_that_the_dataset_lacks_keep_what_the_model_says(level):
    mean = np.tile(level, (300, 1))
    measured = np.arange(GENES) % 2 == 0
    fitted, result = corrected(mean, np.where(measured, 3 * mean, 0), measured=measured)
    assert (fitted.factors[~measured] == 1).all()
    np.testing.assert_allclose(result[:, ~measured], mean[:, ~measured], rtol=1e-6)
    assert fitted.factors[measured].mean() > 2


@pytest.mark.parametrize("cells", [1, 2, 5, 19, 30])
def test_few_cells_change_little_and_nothing_breaks(level, cells):
    mean = np.tile(level, (cells, 1))
    fitted, result = corrected(mean, mean)
    assert np.isfinite(result).all()
    assert divergence(result, mean) < 0.1
    assert cells >= 20 or fitted.scores == 0


@pytest.mark.parametrize("cells", [2, 10, 19])
def test_on_fewer_than_twenty_cells_nothing_is_chosen(level, cells):
    """Too few to keep some aside: what has a prior is fitted; the scores, which have the most freedom, are not."""
    mean = np.tile(level, (cells, 1))
    fitted, _ = corrected(mean, mean * np.exp(np.where(np.arange(cells)[:, None] % 2, 2, -2)))
    assert fitted.part == "contrast"


@pytest.mark.parametrize(
    ("cells", "genes", "scores"), [(9, 240, 2), (400, 240, 4), (400, 1100, 14), (1000, 1100, 20)]
)
def test_there_are_as_many_scores_as_cells_and_genes_allow(cells, genes, scores):
    """0.7 x the root of the cells, one for 50 genes, twenty at the most; of a thousand genes."""
    mean = np.full((cells, genes), 0.5)
    network, some, _ = dataset(mean, mean)
    every = np.ones(genes, dtype=bool)
    fitted = calibrate(network, some, targets=np.arange(genes), measured=every, meaning="expected", part="scores")
    assert fitted.scores == scores
    assert len(fitted.score_genes) == min(genes, 1000)


@pytest.fixture(scope="module")
def depths():
    """Size factors from 0.15 to 6 around a median of about 0.6: a study shallower than the training cells."""
    return np.exp(np.random.default_rng(11).normal(-0.5, 0.8, 800)).clip(0.15, 6)


def everything():
    return {"targets": np.arange(GENES), "measured": np.ones(GENES, dtype=bool), "meaning": "expected"}


def test_structure_is_found_again_in_cells_of_any_depth(level, depths):
    effect = np.where(np.arange(GENES) % 3 == 0, 1.0, 0.0) * np.random.default_rng(3).choice([-1, 1], GENES)
    mean = 2 * level * depths[:, None]
    truth = mean * np.exp(np.outer(np.arange(800) % 2 - 0.5, effect))
    network, cells, counts = dataset(mean, truth, depth=depths)
    fitted = calibrate(network, cells, **everything())
    assert fitted.part == "scores"
    assert fitted.refinement.scale == pytest.approx(np.median(depths), rel=0.02)
    result = fitted.correct(mean.astype(np.float32), counts, cells.size_factors)
    for some, left in ((depths < 0.3, 0.8), (depths > 1.5, 0.4)):
        assert divergence(result[some], truth[some]) < left * divergence(mean[some], truth[some])


def test_a_contrast_is_sharpened_by_rates_and_not_by_depth(level, depths):
    """What is shallow is not low: with the contrast the counts of the shallowest cells stay at their level."""
    kind = np.random.default_rng(5).normal(size=(800, 1)) * np.random.default_rng(6).choice([-1, 1], GENES)
    mean, truth = (4 * level * np.exp(weight * kind) * depths[:, None] for weight in (0.5, 0.7))
    network, cells, counts = dataset(mean, truth, depth=depths)
    fitted = calibrate(network, cells, **everything(), part="contrast")
    assert np.median(fitted.refinement.coefficients.slopes) == pytest.approx(0.4, abs=0.1)
    result = fitted.correct(mean.astype(np.float32), counts, cells.size_factors)
    for some in (depths < 0.2, depths > 1.5):
        assert some.sum() > 50
        assert result[some].sum() == pytest.approx(truth[some].sum(), rel=0.05)


def test_counts_that_vary_more_than_poissons_move_levels_less():
    """That a gene's counts differ between cells is no reason to doubt the model's level of it."""
    rng = np.random.default_rng(12)
    mean = np.full((100, GENES), 2.0)
    network, cells, counts = dataset(mean, mean * rng.gamma(1, 1, mean.shape))
    fitted = calibrate(network, cells, **everything(), part="level")
    observed, predicted = counts.sum(axis=0), mean.sum(axis=0)
    some = np.abs(fitted.factors - 1) > 0.01
    prior = (predicted * fitted.factors - observed)[some] / (1 - fitted.factors[some])
    # Totals of 200 have the variance 600. Of it sqrt(3) x 200 is put down to counts, the rest to levels:
    # 1 / (254 / 200^2). With 200, as of Poisson counts, it would be 100.
    assert np.median(prior) == pytest.approx(157, abs=35)


def factors_of(observed, predicted, cells=4):
    """The factors of genes of which some cells have so many counts, and the model says so many, in all."""
    mean = np.tile(np.asarray(predicted) / cells, (cells, 1)).astype(np.float32)
    network, some, _ = dataset(mean, mean)
    counts = np.zeros((cells, len(observed)))
    counts[0] = observed
    some = ModelCells(
        counts=sparse.csr_matrix(counts.astype(np.float32)),
        inputs=some.inputs,
        fill=some.fill,
        size_factors=some.size_factors,
    )
    every = np.ones(len(observed), dtype=bool)
    return calibrate(
        network, some, targets=np.arange(len(observed)), measured=every, meaning="expected", part="level"
    ).factors


@pytest.mark.parametrize(("observed", "predicted"), [(0, 10), (30, 10), (300, 10), (5, 400)])
def test_a_gene_alone_is_drawn_to_the_models_level_with_the_weight_of_twenty_counts(observed, predicted):
    """Its level has a Gamma(20, 20) prior, and its counts are Poisson: the posterior mean."""
    np.testing.assert_allclose(factors_of([observed], [predicted]), [(20 + observed) / (20 + predicted)], rtol=1e-6)


def test_where_the_model_is_right_about_every_gene_its_level_weighs_most():
    """Nothing differs more than counts do: the variance is none, and the weight stays below 500 counts."""
    predicted = np.linspace(20, 60, 50)
    observed = predicted + np.where(np.arange(50) % 2, 2, -2)
    np.testing.assert_allclose(factors_of(observed, predicted), (500 + observed) / (500 + predicted), rtol=1e-6)


def test_where_the_model_is_wrong_about_every_gene_its_level_weighs_least():
    """Levels that differ by ten thousand: the variance is at its bound, and the weight at its own of 5 counts."""
    predicted = np.full(50, 100.0)
    observed = np.where(np.arange(50) % 2, 0, 10_000)
    np.testing.assert_allclose(factors_of(observed, predicted), (5 + observed) / (5 + predicted), rtol=1e-6)


def test_a_model_of_expressed_counts_is_compared_where_counts_are_not_zero(level):
    mean = 1 + np.tile(level, (500, 1))
    network, cells, counts = dataset(mean, np.tile(level, (500, 1)))
    fitted = calibrate(
        network, cells, targets=np.arange(GENES), measured=np.ones(GENES, dtype=bool), meaning="expressed"
    )
    seen = counts > 0
    observed, predicted = counts.sum(axis=0), (mean * seen).sum(axis=0)
    prior = (predicted * fitted.factors - observed) / (1 - fitted.factors)  # of (prior + o) / (prior + p)
    np.testing.assert_allclose(prior, np.median(prior), rtol=1e-2)
    assert 5 <= np.median(prior) <= 500
    assert fitted.refinement is None


def test_a_large_dataset_is_fitted_on_a_sample_that_its_order_does_not_decide(level):
    mean = level * np.exp(np.random.default_rng(3).normal(0, 0.5, (MAX_CELLS + 500, 1)))
    network, cells, _ = dataset(mean, 2 * mean**1.2)
    order = np.random.default_rng(7).permutation(len(mean))
    arguments = {"targets": np.arange(GENES), "measured": np.ones(GENES, dtype=bool), "meaning": "expected"}
    first = calibrate(network, cells, **arguments)
    again = calibrate(network, cells.take(order), **arguments)
    assert first.cells == again.cells == MAX_CELLS
    np.testing.assert_array_equal(first.factors, again.factors)
    np.testing.assert_allclose(
        first.refinement.coefficients.weights, again.refinement.coefficients.weights, atol=1e-5
    )


def test_scores_without_meaning_get_no_weight(level):
    rng = np.random.default_rng(8)
    mean = np.tile(level, (800, 1)).astype(np.float32)
    counts = rng.poisson(mean).astype(np.float32)
    found, _ = regressed(mean, counts, rng.normal(size=(800, 3)))
    assert np.abs(found.weights[2:]).max() < 0.05


def test_a_score_that_every_gene_follows_is_found(level):
    rng = np.random.default_rng(9)
    score, effect = rng.normal(size=(1500, 1)), rng.normal(0, 0.4, GENES)
    mean = np.tile(level, (1500, 1)).astype(np.float32)
    counts = rng.poisson(mean * np.exp(score * effect - effect**2 / 2)).astype(np.float32)
    found, _ = regressed(mean, counts, score)
    assert np.corrcoef(found.weights[2], effect)[0, 1] > 0.95


@pytest.fixture(scope="module")
def two_kinds(level):
    """A calibration with scores, and a block to correct."""
    effect = np.where(np.arange(GENES) % 3 == 0, 1.0, 0.0) * np.random.default_rng(3).choice([-1, 1], GENES)
    mean = np.tile(level, (600, 1)).astype(np.float32)
    network, cells, counts = dataset(mean, mean * np.exp(np.outer(np.arange(600) % 2 - 0.5, effect)))
    fitted = calibrate(
        network, cells, targets=np.arange(GENES), measured=np.ones(GENES, dtype=bool), meaning="expected"
    )
    assert fitted.scores > 0
    return fitted, mean[:50], counts[:50], cells.size_factors[:50]


def test_sparse_and_dense_counts_correct_alike(two_kinds):
    fitted, mean, counts, size_factors = two_kinds
    sparse_result = fitted.correct(mean, sparse.csr_matrix(counts), size_factors)
    np.testing.assert_allclose(sparse_result, fitted.correct(mean, counts, size_factors), rtol=1e-6)


def test_some_genes_can_be_corrected_alone(two_kinds):
    """The correction of a gene needs the model's means of no other."""
    fitted, mean, counts, size_factors = two_kinds
    genes = np.array([7, 3, 200])
    alone = fitted.take(genes).correct(mean[:, genes], counts, size_factors)
    np.testing.assert_allclose(alone, fitted.correct(mean, counts, size_factors)[:, genes], rtol=1e-5)


def test_a_cell_is_corrected_the_same_in_any_block(two_kinds):
    fitted, mean, counts, size_factors = two_kinds
    one = fitted.correct(mean[4:5], counts[4:5], size_factors[4:5])
    np.testing.assert_allclose(one, fitted.correct(mean, counts, size_factors)[4:5], rtol=1e-5)


def test_the_models_level_is_trusted_more_where_it_is_right(level):
    """Its weight is estimated from all genes: noise moves the genes of a right model less than of a wrong one."""
    mean = np.tile(0.05 * level, (200, 1))
    wrong = np.random.default_rng(2).lognormal(0, 1, GENES) * np.where(np.arange(GENES) < 60, 0, 1)
    rare = np.arange(60, GENES)
    right, _ = corrected(mean, mean)
    moved, _ = corrected(mean, mean * np.where(wrong > 0, wrong, 1))
    assert np.abs(np.log(right.factors[:60])).max() < 0.5 * np.abs(np.log(moved.factors[:60])).max()
    assert np.abs(np.log(moved.factors[rare])).mean() > np.abs(np.log(right.factors[rare])).mean()


def test_what_harms_is_left_out(level):
    """Counts of which each half of the cells says the contrary: nothing learnt from one holds in the other."""
    rng = np.random.default_rng(10)
    mean = np.tile(level, (40, 1))
    truth = mean * rng.lognormal(0, 2.5, mean.shape)
    fitted, _ = corrected(mean, truth)
    assert fitted.scores == 0


def test_the_counts_of_the_score_genes_alone_correct_alike(level, monkeypatch):
    monkeypatch.setattr("cellfill.calibration.fitting.SCORE_GENES", 110)
    effect = np.random.default_rng(3).choice([-1, 1], GENES)
    mean = np.tile(level, (600, 1)).astype(np.float32)
    truth = mean * np.exp(np.outer(np.arange(600) % 2 - 0.5, effect))
    _, cells, counts = dataset(mean, truth)
    fitted, _ = corrected(mean, truth)
    scored = counts[:, fitted.score_genes]
    assert scored.shape[1] == 110
    whole = fitted.correct(mean, counts, cells.size_factors)
    np.testing.assert_array_equal(fitted.correct(mean, scored, cells.size_factors), whole)


def test_threads_share_the_genes_and_change_no_value(level, monkeypatch):
    monkeypatch.setattr("cellfill.calibration.sample._GENES", 32)
    kinds = np.random.default_rng(1).integers(0, 2, 400)
    mean = np.tile(level, (400, 1))
    network, cells, _ = dataset(mean, np.where((kinds[:, None] == 1) & (np.arange(GENES) < 40), 4 * mean, mean))
    arguments = {"targets": np.arange(GENES), "measured": np.ones(GENES, dtype=bool), "meaning": "expected"}
    one, three = (calibrate(network, cells, workers=workers, **arguments) for workers in (1, 3))
    assert one.scores == three.scores > 0
    np.testing.assert_array_equal(one.factors, three.factors)
    for name in ("slopes", "weights", "levels"):
        first, second = (getattr(fitted.refinement.coefficients, name) for fitted in (one, three))
        np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize(("cells", "genes"), [(60, 200), (200, 60)])
def test_few_cells_and_few_genes_have_the_principal_axes_of_the_whole_decomposition(cells, genes):
    counts = np.random.default_rng(0).poisson(np.random.default_rng(1).gamma(1, 1, (cells, genes)))
    counts, depth = counts.astype(np.float32), np.ones(cells, dtype=np.float32)
    found = fit_projection(counts, depth, np.arange(genes), number=5)
    rates = counts.mean(axis=0, dtype=np.float64)
    residuals = np.clip((counts - rates) / np.sqrt(rates + 0.05), -5, 5)
    _, lengths, axes = np.linalg.svd(residuals - residuals.mean(axis=0), full_matrices=False)
    expected = axes[:5] / (lengths[:5, None] / cells**0.5)
    agreement = np.sign((expected * found.loadings.T).sum(axis=1))[:, None]
    np.testing.assert_allclose(found.loadings.T, expected * agreement, atol=1e-4)
