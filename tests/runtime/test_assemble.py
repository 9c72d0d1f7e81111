"""Imputed genes go back among the others; blocks of rows become one matrix, whatever their sizes."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from scipy import sparse

from cellfill.results.memory import MemorySink
from cellfill.results.named import Layer
from cellfill.tasks.imputation.assemble import dense_block, sparse_block

COUNTS = npst.arrays(np.float32, (9, 5), elements=st.integers(0, 3).map(float))


@given(COUNTS, npst.arrays(np.float32, (9, 5), elements=st.floats(0, 8, width=32)), st.sets(st.integers(0, 4)))
def test_imputed_columns_are_replaced_and_the_others_stay(counts, values, columns):
    where = np.array(sorted(columns), dtype=np.intp)
    expected = counts.copy()
    expected[:, where] = values[:, where]
    matrix = sparse.csr_matrix(counts)
    np.testing.assert_array_equal(dense_block(matrix, where, values[:, where], dtype="float32"), expected)
    block = sparse_block(matrix, where, values[:, where])
    np.testing.assert_array_equal(block.toarray(), expected)
    assert block.nnz == np.count_nonzero(expected)
    block.check_format(full_check=True)
    assert block.has_canonical_format
    np.testing.assert_array_equal(matrix.toarray(), counts)


@given(COUNTS, st.integers(1, 9))
def test_blocks_are_joined_in_order(values, size):
    dense, few = (MemorySink((9, 5), Layer(name="imputed", dense=way)) for way in (True, False))
    for start in range(0, 9, size):
        dense.add(values[start : start + size])
        few.add(sparse.csr_matrix(values[start : start + size]))
    np.testing.assert_array_equal(dense.layers()["imputed"], values)
    matrix = few.layers()["imputed"]
    np.testing.assert_array_equal(matrix.toarray(), values)
    assert matrix.nnz == np.count_nonzero(values)
    matrix.check_format(full_check=True)


def test_half_precision_is_kept():
    block = dense_block(
        sparse.csr_matrix(np.float32([[7, 0]])), np.array([1]), np.float32([[0.3]]), dtype="float16"
    )
    assert block.dtype == np.float16
    np.testing.assert_allclose(block, [[7, 0.3]], rtol=1e-3)
