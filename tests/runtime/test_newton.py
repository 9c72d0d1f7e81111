"""The regressions' steps against the same steps written plainly, and the memory that they use again."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import numpy as np
import pytest
from scipy import sparse

from cellfill.calibration.buffers import Buffers
from cellfill.calibration.newton import Solver, contrast
from cellfill.calibration.priors import root_dispersion
from cellfill.calibration.regression import regress
from cellfill.calibration.sample import Sample


@pytest.fixture
def block():
    """Means, counts, depth and scores of 30 genes in 200 cells; the counts follow the scores."""
    rng = np.random.default_rng(0)
    depth = rng.gamma(10, 0.1, 200)
    scores = rng.normal(size=(200, 3))
    mean = rng.gamma(1, 2, (30, 1)) * depth * np.exp(rng.normal(size=(30, 200)) * 0.5)
    counts = rng.poisson(mean * np.exp(rng.normal(size=(30, 3)) * 0.3 @ scores.T))
    mean, counts, depth, scores = (part.astype(np.float32) for part in (mean, counts, depth, scores))
    return mean, counts, depth, scores


def plainly(mean, counts, noise, rates, design, penalty, steps):
    """Newton's steps of one gene in float64."""
    design = np.column_stack([design, rates]).astype(float)
    found, now = np.zeros(design.shape[1]), mean.astype(float)
    for _ in range(steps):
        hessian = design.T @ (now[:, None] * design) / noise + np.diag(penalty)
        step = np.linalg.solve(hessian, design.T @ (counts - now) / noise - penalty * found)
        found = found + np.clip(step, -0.7, 0.7)
        found[-1] = np.clip(found[-1], -1, 0.5)
        now = mean * np.exp(np.clip(design @ found, -3, 3))
    return found, now.sum()


@pytest.mark.parametrize("steps", [1, 2, 4])
def test_the_steps_are_those_of_the_plain_formula(block, steps):
    mean, counts, depth, scores = block
    design = np.concatenate([np.ones((200, 1), dtype=np.float32), scores], axis=1)
    penalty = np.array([20.0, 5.0, 7.0, 9.0, 30.0])
    solver = Solver(depth, design, penalty)
    solver.solve(mean[::-1] * 3, counts[::-1].copy(), steps=2)  # what is left in its memory must not matter
    solution, centres, totals = solver.solve(mean, counts, steps=steps)
    rates, expected = contrast(mean, depth, np.empty_like(mean))
    np.testing.assert_allclose(centres, expected)
    noise = root_dispersion(mean, counts - mean)
    for gene in range(30):
        found, total = plainly(mean[gene], counts[gene], noise[gene], rates[gene], design, penalty, steps)
        np.testing.assert_allclose(solution[gene], found, rtol=1e-3, atol=1e-4)
        assert totals[gene] == pytest.approx(total, rel=1e-4)


def test_a_gene_of_few_counts_is_nearly_where_more_steps_would_take_it(block):
    mean, counts, depth, scores = block
    mean, counts = mean / 200, np.where(np.random.default_rng(1).random(counts.shape) < 1 / 200, counts, 0)
    assert (counts.sum(axis=1) < 30).mean() > 0.8
    design = np.concatenate([np.ones((200, 1), dtype=np.float32), scores], axis=1)
    solver = Solver(depth, design, np.array([20.0, 10.0, 10.0, 10.0, 20.0]))
    one, many = (solver.solve(mean, counts.astype(np.float32), steps=steps)[0] for steps in (1, 6))
    few = counts.sum(axis=1) < 30
    assert np.abs(one - many)[few].max() < 0.1 * np.abs(many).max()
    assert np.abs(many)[few].max() > 0.1


def test_genes_are_fitted_the_same_beside_others(block, monkeypatch):
    from cellfill.calibration import sample as module

    mean, counts, depth, scores = block
    counts[::3] = np.minimum(counts[::3], 1) * (np.arange(200) % 20 == 0)  # every third has a few counts
    sample = Sample(mean=mean, counts=sparse.csr_matrix(counts), size_factors=depth)
    whole = regress(sample, np.ones(30), depth, scores)
    monkeypatch.setattr(module, "_GENES", 7)
    monkeypatch.setattr(module, "_ENTRIES", 1)
    parted = regress(sample, np.ones(30), depth, scores)
    np.testing.assert_allclose(parted.weights, whole.weights, rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(sample.mean, mean)
    assert (sample.counts != sparse.csr_matrix(counts)).nnz == 0


def test_each_block_has_its_genes_whatever_a_worker_writes_in_the_last():
    rng = np.random.default_rng(0)
    mean, counts = rng.random((1000, 2000), dtype=np.float32), rng.poisson(0.1, (1000, 2000)).astype(np.float32)
    sample = Sample(mean=mean, counts=sparse.csr_matrix(counts), size_factors=np.ones(2000, np.float32), workers=3)
    genes, right = rng.permutation(1000)[:700], np.zeros(1000, dtype=bool)

    def work(part, its_mean, its_counts):
        right[part] = (its_mean == mean[part] * 2).all(axis=1) & (its_counts == counts[part]).all(axis=1)
        its_mean[:] = its_counts[:] = np.nan

    sample.each(work, factors=np.full(1000, 2.0), genes=genes)
    assert right[genes].all()
    assert right.sum() == 700


def test_threads_have_memory_of_their_own():
    buffers, together = Buffers(), Barrier(2)

    def fill(value):
        first = buffers.take("a", 3, 4)
        first[:] = value
        together.wait()
        again = buffers.take("a", 2, 4)
        assert np.shares_memory(first, again)
        assert not np.shares_memory(again, buffers.take("b", 2, 4))
        assert buffers.take("a", 30, 40).shape == (30, 40)
        return (again == value).all()

    with ThreadPoolExecutor(2) as pool:
        assert all(pool.map(fill, [1.0, 2.0]))
