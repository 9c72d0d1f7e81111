"""Size factors and gene means are found again in cells that were drawn from them."""

import numpy as np
import pytest
from scipy import sparse

from cellfill_training import GeneTable, Study
from cellfill_training.fitting.levels import measure_levels
from cellfill_training.studies.cohort import harmonise

GENES, CELLS = 300, 400


@pytest.fixture(scope="module")
def drawn():
    """Two studies of the same tissue; the second lacks half of the genes and has its own level of one."""
    rng = np.random.default_rng(0)
    means = rng.gamma(0.5, 4, GENES) + 0.05
    depth = rng.lognormal(0, 0.4, 2 * CELLS)
    level = np.ones((2, GENES))
    level[1, 0] = 5
    rate = depth[:, None] * means * np.repeat(level, CELLS, axis=0)
    counts = rng.poisson(rate).astype(np.float32)
    names = tuple(f"G{i}" for i in range(GENES))
    half = GENES // 2
    cohort = harmonise(
        [
            Study(name="a", counts=sparse.csr_matrix(counts[:CELLS]), gene_names=(names,)),
            Study(name="b", counts=sparse.csr_matrix(counts[CELLS:, :half]), gene_names=(names[:half],)),
        ],
        GeneTable(),
    )
    return cohort, means, depth


def test_depth_is_found_again_although_one_study_lacks_half_of_the_genes(drawn):
    cohort, _, depth = drawn
    found = measure_levels(cohort).size_factors
    assert np.corrcoef(np.log(found), np.log(depth))[0, 1] > 0.97
    ratio = np.median(found[CELLS:] / depth[CELLS:]) / np.median(found[:CELLS] / depth[:CELLS])
    assert ratio == pytest.approx(1, abs=0.1)
    assert np.median(found) == pytest.approx(1, abs=0.02)


def test_means_are_found_again(drawn):
    cohort, means, depth = drawn
    found = measure_levels(cohort).means
    other = np.arange(1, GENES)
    np.testing.assert_allclose(found[other], means[other] * np.median(depth), rtol=0.25, atol=0.05)


def test_a_study_has_its_own_level_where_it_differs_and_one_where_it_did_not_measure(drawn):
    cohort, _, _ = drawn
    levels = measure_levels(cohort).study_levels
    assert levels[1, 0] > 2.5 * levels[0, 0]
    assert (levels[1, GENES // 2 :] == 1).all()
    assert np.median(levels[1, 1 : GENES // 2]) == pytest.approx(1, abs=0.1)


def test_centres_are_means_over_the_studies_that_measured_the_gene(drawn):
    cohort, _, _ = drawn
    plain = measure_levels(cohort, by_size_factor=False).centres
    counts = cohort.counts.toarray()
    np.testing.assert_allclose(plain[-1], np.log1p(counts[:CELLS, -1]).mean(), rtol=1e-5)
    np.testing.assert_allclose(plain[3], np.log1p(counts[:, 3]).mean(), rtol=1e-5)
    assert not np.allclose(plain, measure_levels(cohort).centres)
