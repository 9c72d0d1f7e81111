"""The error of a gene from few hidden counts."""

import numpy as np
import pytest

from cellfill.fitness.gene_errors import errors_by_gene


def drawn(seed, own_part, *, genes=800, number=15):
    """Squared errors of genes whose true error follows their mean, and differs from it by so much."""
    random = np.random.default_rng(seed)
    mean = np.exp(random.normal(0, 1.5, genes))
    truth = 0.1 * np.sqrt(mean) * np.exp(random.normal(0, own_part, genes))
    gene = np.repeat(np.arange(genes), number)
    return truth, random.gamma(0.5, truth[gene] / 0.5), gene, mean


@pytest.mark.parametrize("own_part", [0.0, 0.3, 1.0])
def test_it_is_nearer_the_truth_than_the_plain_mean(own_part):
    truth, squares, gene, mean = drawn(0, own_part)
    plain = np.bincount(gene, squares) / np.bincount(gene)
    found = errors_by_gene(squares, gene, mean)
    usual = 0.1 * np.sqrt(mean)
    assert np.mean(((found - truth) / usual) ** 2) < np.mean(((plain - truth) / usual) ** 2)


def test_genes_that_differ_are_not_levelled():
    truth, squares, gene, mean = drawn(1, 1.0, number=100)
    found = errors_by_gene(squares, gene, mean)
    assert np.corrcoef(np.log(found), np.log(truth))[0, 1] > 0.95


def test_a_gene_without_hidden_counts_gets_what_its_mean_foretells():
    truth, squares, gene, mean = drawn(2, 0.0, number=50)
    rest = gene != 7
    found = errors_by_gene(squares[rest], gene[rest], mean)
    assert found[7] == pytest.approx(truth[7], rel=0.4)


def test_nothing_hidden_and_no_counts_are_no_figures():
    assert np.isnan(errors_by_gene(np.zeros(0), np.zeros(0, dtype=np.intp), np.ones(3))).all()
    _, squares, gene, mean = drawn(3, 0.0)
    mean[5] = 0
    assert np.isnan(errors_by_gene(squares, gene, mean)[5])
