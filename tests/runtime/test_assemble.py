"""Blocks of rows become one matrix, whatever their sizes."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from cellfill.assemble import DenseRows, SparseRows


@given(npst.arrays(np.float32, (9, 5), elements=st.integers(0, 3).map(float)), st.integers(1, 9))
def test_blocks_are_joined_in_order(values, size):
    dense, sparse = DenseRows(values.shape), SparseRows(values.shape, most=values.size)
    for start in range(0, 9, size):
        dense.add(values[start : start + size])
        sparse.add(values[start : start + size])
    np.testing.assert_array_equal(dense.matrix(), values)
    matrix = sparse.matrix()
    np.testing.assert_array_equal(matrix.toarray(), values)
    assert matrix.nnz == np.count_nonzero(values)
    matrix.check_format(full_check=True)
