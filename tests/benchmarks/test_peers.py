"""The peers that are written here from their papers: what must hold of them."""

import numpy as np
import pytest
from alra import alra, choose_rank, complete
from knn import knn, nearest
from scipy import sparse
from spectrum import leading


@pytest.fixture(scope="module")
def counts():
    """Three kinds of cell, each with its own genes on."""
    rng = np.random.default_rng(0)
    level = rng.gamma(1, 1, (3, 400)) * (rng.random((3, 400)) < 0.5)
    kind, depth = np.repeat([0, 1, 2], 60), rng.lognormal(0, 0.4, 180)
    return sparse.csr_matrix(rng.poisson(level[kind] * depth[:, None]).astype(np.float32))


@pytest.mark.parametrize("shape", [(40, 90), (90, 40)])
@pytest.mark.parametrize("form", [np.asarray, sparse.csr_matrix])
def test_leading_singular_vectors_are_those_of_the_whole_decomposition(shape, form):
    matrix = np.random.default_rng(1).standard_normal(shape)
    left, values, right = leading(form(matrix), number=5)
    exact_left, exact, exact_right = np.linalg.svd(matrix, full_matrices=False)
    np.testing.assert_allclose(values, exact[:5])
    wanted = exact_left[:, :5] * exact[:5] @ exact_right[:5]
    np.testing.assert_allclose((left * values) @ right, wanted, atol=1e-8)


def test_the_rank_is_the_last_spacing_that_noise_does_not_have():
    rng = np.random.default_rng(2)
    noise = 20 - 0.1 * np.arange(96) + rng.normal(0, 0.01, 96)
    assert choose_rank(np.concatenate([[90, 70, 60, 40], noise])) == 4


def test_alra_keeps_what_was_observed_and_finds_zeros(counts):
    imputed, rank = alra(counts)
    dense = counts.toarray()
    assert rank >= 2
    assert (imputed >= 0).all()
    assert (imputed[dense > 0] > 0).all()
    assert (imputed[dense == 0] == 0).any()
    assert (imputed[dense == 0] > 0).any()


def test_alra_fills_genes_that_a_kind_has_and_not_those_that_it_lacks(counts):
    imputed, _ = alra(counts)
    dense = counts.toarray()
    kind = np.repeat([0, 1, 2], 60)
    there = np.array([(dense[kind == k] > 0).mean(axis=0) for k in range(3)])[kind]
    zero = dense == 0
    assert (imputed[zero & (there > 0.7)] > 0).mean() > 0.9
    assert (imputed[zero & (there == 0)] > 0).mean() < 0.2


def test_alra_gives_each_gene_the_mean_and_spread_of_what_was_seen(counts):
    seen = np.log1p(counts.toarray())
    low_rank = (
        seen @ np.linalg.svd(seen, full_matrices=False)[2][:3].T @ np.linalg.svd(seen, full_matrices=False)[2][:3]
    )
    completed = complete(seen, low_rank)
    kept = low_rank > np.abs(np.quantile(low_rank, 0.001, axis=0))
    gene = int(np.argmax((seen > 0).mean(axis=0)))
    # Values that the scaling takes below zero are cut, so mean and spread hold where there are none.
    moved = completed[kept[:, gene], gene]
    assert (moved > 0).all()
    assert moved.mean() == pytest.approx(seen[seen[:, gene] > 0, gene].mean())
    assert moved.std(ddof=1) == pytest.approx(seen[seen[:, gene] > 0, gene].std(ddof=1))


def test_alra_is_on_the_scale_of_the_cells_own_library(counts):
    deeper = counts.copy()
    deeper.data[deeper.indptr[7] : deeper.indptr[8]] *= 3
    once, thrice = alra(counts)[0], alra(deeper)[0]
    np.testing.assert_allclose(thrice[7], 3 * once[7], rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(thrice[8], once[8], rtol=1e-4, atol=1e-6)


def test_the_pool_of_identical_cells_is_their_mean():
    kinds = np.random.default_rng(3).poisson(2, (2, 50)) + 1
    depth = np.tile([1, 2, 4], 20)
    kind = np.repeat([0, 1], 30)
    counts = (kinds[kind] * depth[:, None]).astype(np.float32)
    np.testing.assert_allclose(knn(sparse.csr_matrix(counts), number=15), counts, rtol=1e-5)


def test_the_pool_is_the_neighbours_sum_at_the_cells_own_library(counts):
    pooled = knn(counts, number=15)
    library = np.asarray(counts.sum(axis=1)).ravel()
    np.testing.assert_allclose(pooled.sum(axis=1), library, rtol=1e-5)


def test_a_cell_is_among_its_own_neighbours_and_the_others_are_the_nearest():
    points = np.random.default_rng(4).standard_normal((1203, 3))
    found = nearest(points, number=6)
    for cell in (0, 999, 1000, 1202):
        wanted = np.argsort(((points - points[cell]) ** 2).sum(axis=1))[:6]
        assert set(found[cell]) == set(wanted)
        assert cell in found[cell]
