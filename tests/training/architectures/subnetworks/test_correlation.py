"""The genes that a target correlates best with, however few correlations are held at once."""

import numpy as np
import pytest

from cellfill_training import GeneTable
from cellfill_training.architectures.subnetworks import correlation
from cellfill_training.studies.blocks import stored_values
from cellfill_training.studies.cohort import harmonise


def pooled(cohort):
    """Return |Pearson| of all pairs of genes, their means taken off study by study."""
    counts = cohort.counts.toarray().astype(np.float64)
    for number in range(len(cohort.names)):
        cells = cohort.study == number
        counts[cells] -= counts[cells].mean(axis=0)
    norms = np.sqrt((counts**2).sum(axis=0))
    return np.abs(counts.T @ counts) / np.maximum(np.outer(norms, norms), 1e-6)


@pytest.fixture(scope="module")
def cohort(studies):
    both = harmonise(studies[:2], GeneTable())
    return both.take_genes(np.flatnonzero(both.measured.all(axis=0))[:90])


@pytest.mark.parametrize("held", [1, 4 * 20 * 150, 1 << 30])
@pytest.mark.parametrize("targets", [7, 50, 90])
def test_they_are_those_of_the_whole_matrix(cohort, monkeypatch, targets, held):
    monkeypatch.setattr(correlation, "_CORRELATIONS", held)
    monkeypatch.setattr("cellfill_training.studies.blocks.BLOCK", 64)
    groups = [range(first, min(first + 20, targets)) for first in range(0, targets, 20)]
    genes, strength = correlation.best_correlated(cohort, stored_values, groups=groups, count=4)
    whole = pooled(cohort)
    for group in map(np.array, groups):
        table = whole[group].copy()
        table[:, group] = -1
        wanted = -np.sort(-table, axis=1)[:, :4]
        np.testing.assert_allclose(-np.sort(-strength[group], axis=1), wanted, atol=2e-5)
        np.testing.assert_allclose(np.take_along_axis(table, genes[group], axis=1), strength[group], atol=2e-5)


def test_each_gene_stands_once(cohort):
    thirds = [range(0, 30), range(30, 60), range(60, 90)]
    genes, _ = correlation.best_correlated(cohort, stored_values, groups=thirds, count=60)
    for target, row in enumerate(genes):
        group = range(target // 30 * 30, target // 30 * 30 + 30)
        assert sorted(row) == sorted(set(range(90)) - set(group))
