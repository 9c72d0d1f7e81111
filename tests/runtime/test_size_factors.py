"""Size factors measure depth, and genes that were not measured do not change them."""

import numpy as np
from scipy import sparse

from cellfill.counts.size_factors import size_factors

MEANS = np.array([4.0, 2.0, 1.0, 1.0])


def factors(counts, measured):
    return size_factors(sparse.csr_matrix(np.float32(counts)), MEANS, np.array(measured, dtype=bool))


def test_a_cell_at_the_training_means_has_one_and_twice_the_counts_make_two():
    np.testing.assert_allclose(factors([MEANS, 2 * MEANS], [1, 1, 1, 1]), [1, 2])


def test_genes_that_were_not_measured_do_not_make_a_cell_look_shallow():
    np.testing.assert_allclose(factors([[0, 2, 1, 1]], [0, 1, 1, 1]), [1])
    np.testing.assert_allclose(factors([[0, 2, 1, 1]], [1, 1, 1, 1]), [0.5])


def test_a_cell_without_counts_has_none():
    assert factors([[0, 0, 0, 0]], [1, 1, 1, 1]).tolist() == [0]


def test_columns_of_a_dataset_count_for_their_gene_and_those_of_none_do_not():
    """Of the columns the first two are one gene, the third is none, the last is a gene; two genes are lacking."""
    measured = np.array([True, False, False, True])
    found = size_factors(
        sparse.csr_matrix(np.float32([[1, 3, 50, 1], [0, 2, 0, 0.5]])),
        MEANS,
        measured,
        gene_of_column=np.array([0, 0, -1, 3]),
    )
    np.testing.assert_allclose(found, [1, 0.5])
