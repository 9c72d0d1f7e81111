"""The protocols: what is hidden, how it is scored, and the baselines beside it."""

import numpy as np
import pytest
from scipy import sparse

from cellfill.fitness import baselines
from cellfill.fitness.hiding import dropout_curve, hide_again, hide_entries, split_molecules
from cellfill.fitness.metrics import masked_scores, poisson_loss, scores_by_gene


@pytest.fixture(scope="module")
def counts(studies):
    return studies[0].counts


def test_ten_entries_a_gene_are_hidden_and_at_most_half(counts):
    genes = np.arange(0, counts.shape[1], 3)
    masked = hide_entries(counts, genes, seed=0)
    hidden = np.bincount(masked.columns, minlength=counts.shape[1])
    detected = (counts.toarray() > 0).sum(axis=0)
    assert hidden[genes].tolist() == np.minimum(10, detected[genes] // 2).tolist()
    assert hidden.sum() == hidden[genes].sum()
    rebuilt = masked.counts.toarray()
    assert (rebuilt[masked.rows, masked.columns] == 0).all()
    rebuilt[masked.rows, masked.columns] = masked.truth
    np.testing.assert_array_equal(rebuilt, counts.toarray())


def test_low_counts_are_hidden_more_often(counts):
    genes = np.arange(counts.shape[1])
    midpoint, steepness = dropout_curve(counts)
    assert steepness < 0
    assert 0 < midpoint < 5
    masked = hide_entries(counts, genes, seed=0)
    assert np.log(masked.truth).mean() < np.log(counts.data).mean() - 0.05


def test_the_seed_decides_what_is_hidden(counts):
    genes = np.arange(50)
    first, again, other = (hide_entries(counts, genes, seed=s) for s in (0, 0, 1))
    np.testing.assert_array_equal(first.rows, again.rows)
    assert not np.array_equal(first.rows, other.rows)


def test_entries_are_drawn_as_numpy_draws_them_and_again_for_each_seed(counts):
    """What published figures hide does not change with how it is drawn."""
    genes = np.arange(counts.shape[1])[::2]
    columns = counts.tocsc()
    for seed, masked in zip((0, 3), hide_again(counts, genes, seeds=(0, 3)), strict=True):
        rng, (midpoint, steepness) = np.random.default_rng([seed, 5]), dropout_curve(counts)
        rows = []
        for gene in genes:
            own = slice(columns.indptr[gene], columns.indptr[gene + 1])
            chance = 1 / (1 + np.exp(-steepness * (np.log(columns.data[own].astype(np.float64)) - midpoint)))
            number = min(10, len(chance) // 2)
            if number:
                drawn = rng.choice(len(chance), number, replace=False, p=chance / chance.sum())
                rows.extend(columns.indices[own][drawn])
        np.testing.assert_array_equal(masked.rows, rows)
        np.testing.assert_array_equal(masked.rows, hide_entries(counts, genes, seed=seed).rows)


def test_molecules_are_split_and_none_is_lost(counts):
    kept, rest = split_molecules(counts, seed=0)
    np.testing.assert_array_equal((kept + rest).toarray(), counts.toarray())
    assert kept.sum() / counts.sum() == pytest.approx(0.9, abs=0.005)


def test_scores_are_on_log1p_counts():
    truth = np.float32([1, 3, 7])
    assert masked_scores(truth, truth) == {"mse": 0.0, "pearson": pytest.approx(1)}
    nothing = masked_scores(np.zeros(3, np.float32), truth)
    assert nothing["mse"] == pytest.approx((np.log([2, 4, 8]) ** 2).mean())
    assert nothing["pearson"] == 0


def test_scores_by_gene_agree_with_numpy_and_few_entries_have_none():
    rng = np.random.default_rng(0)
    gene = np.repeat([0, 1, 2], [40, 12, 9])
    truth, imputed = rng.poisson(3, 61).astype("f4") + 1, rng.gamma(2, 2, 61).astype("f4")
    mse, pearson = scores_by_gene(imputed, truth, gene, 4)
    for g in (0, 1):
        x, y = np.log1p(imputed[gene == g]), np.log1p(truth[gene == g])
        assert mse[g] == pytest.approx(((x - y) ** 2).mean(), rel=1e-5)
        assert pearson[g] == pytest.approx(np.corrcoef(x, y)[0, 1], rel=1e-4)
    assert np.isnan([mse[2], pearson[2], mse[3]]).all()


def test_the_poisson_loss_is_least_at_the_true_mean():
    rng = np.random.default_rng(0)
    mean = rng.gamma(1, 1, (200, 50)).astype(np.float32)
    drawn = sparse.csr_matrix(rng.poisson(mean).astype(np.float32))
    at = [poisson_loss(mean * f, drawn) for f in (0.8, 1, 1.25)]
    assert at[1] < min(at[0], at[2])
    direct = (mean - drawn.toarray() * np.log(mean)).mean()
    assert at[1] == pytest.approx(direct, rel=1e-4)


def test_the_mean_baseline_is_exact_where_cells_differ_in_depth_only():
    depth, level = np.array([1.0, 2, 4]), np.array([10.0, 20, 30])
    counts = np.outer(depth, level).astype(np.float32)
    np.testing.assert_allclose(baselines.gene_mean(sparse.csr_matrix(counts)), counts, rtol=0.01)
    truncated = baselines.gene_mean_truncated(sparse.csr_matrix(counts))
    assert (truncated >= 1).all()


def test_the_non_zero_baseline_finds_level_and_slope():
    rng = np.random.default_rng(0)
    depth, level = rng.lognormal(0, 0.5, 3000), rng.gamma(3, 1, 40)
    counts = rng.poisson(np.outer(depth, level)).astype(np.float32)
    found = baselines.nonzero_mean(sparse.csr_matrix(counts))
    seen = counts > 0
    flat = np.expm1(np.array([np.log1p(c[c > 0]).mean() for c in counts.T]))
    off = (np.log1p(found)[seen] - np.log1p(counts)[seen]) ** 2
    off_flat = (np.log1p(np.broadcast_to(flat, counts.shape))[seen] - np.log1p(counts)[seen]) ** 2
    assert off.mean() < 0.8 * off_flat.mean()
