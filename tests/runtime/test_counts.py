"""Raw counts are taken in any matrix type; anything else is refused, saying what was seen."""

import numpy as np
import pytest
from anndata import AnnData
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from scipy import sparse

from cellfill.counts.matrix import as_counts, remap_columns
from cellfill.counts.source import choose_counts
from cellfill.errors import CountsError
from cellfill.readers import dataset_of

COUNTS = np.array([[0, 3, 1], [2, 0, 0]])
KINDS = [
    np.asarray,
    sparse.csr_matrix,
    sparse.csc_matrix,
    sparse.coo_matrix,
    sparse.csr_array,
    sparse.csc_array,
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "uint8", "int32", "bool"])
def test_any_matrix_of_counts_is_taken(kind, dtype):
    result = as_counts(kind(COUNTS.astype(dtype)))
    assert sparse.issparse(result)
    assert result.format == "csr"
    assert result.dtype == np.float32
    np.testing.assert_array_equal(result.toarray(), COUNTS.astype(dtype).astype(np.float32))


@pytest.mark.parametrize("kind", [sparse.coo_matrix, sparse.csr_matrix, sparse.csc_matrix])
@pytest.mark.parametrize("dtype", ["uint8", "int8", "uint16", "bool"])
def test_entries_of_one_place_are_summed_without_overflow(kind, dtype):
    most = 1 if dtype == "bool" else np.iinfo(dtype).max
    twice = np.array([most, most]).astype(dtype)
    if kind is sparse.coo_matrix:
        given_matrix = kind((twice, ([0, 0], [1, 1])), shape=(1, 2))
    else:
        starts = [0, 2] if kind is sparse.csr_matrix else [0, 0, 2]
        given_matrix = kind((twice, [1 if kind is sparse.csr_matrix else 0] * 2, starts), shape=(1, 2))
    assert as_counts(given_matrix).toarray().tolist() == [[0, 2 * most]]


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        (np.log1p(COUNTS), "holds fractions .* it looks log-normalised"),
        (COUNTS * 1000.5, "it looks normalised or corrected"),
        (COUNTS - 1.0, "negative values .the lowest is -1.: it was scaled or centred"),
        (np.array([[1, np.nan]]), "NaN or infinite values .1 of 2"),
        (np.array([[1, np.inf]]), "NaN or infinite"),
        (np.array([[1, -np.inf]]), "NaN or infinite"),
        (np.zeros((3, 4)), "only zeros"),
        (np.zeros((0, 4)), r"empty: its shape is \(0, 4\)"),
        (np.zeros((4, 0)), r"empty: its shape is \(4, 0\)"),
        (np.ones(3), "empty|shape"),
        (np.array([[1.0, 1e9]]), "more than a cell has molecules"),
        (np.array([["a", "b"]]), "not numbers"),
        (np.array([[1 + 1j]]), "not numbers"),
        (np.array([[1, None]], dtype=object), "not numbers"),
        (None, "X is absent"),
        ([[1, 2]], "is a list"),
    ],
)
def test_what_is_not_counts_is_refused_with_what_was_seen(matrix, message):
    with pytest.raises(CountsError, match=message):
        as_counts(matrix)


@pytest.mark.parametrize("kind", KINDS[1:])
def test_sparse_fractions_are_refused(kind):
    with pytest.raises(CountsError, match=r"holds fractions \(2 of 3 stored values, for example"):
        as_counts(kind(COUNTS / 2))


@pytest.mark.parametrize(
    ("others", "says"), [((), "have no layer that could"), (("counts", "umi"), r"--layer .*: counts, umi\.$")]
)
def test_only_layers_that_there_are_are_pointed_to(others, says):
    with pytest.raises(CountsError, match=says):
        as_counts(COUNTS / 2, others=others)


def test_what_was_looked_at_is_not_pointed_to_as_a_layer_of_its_own():
    adata = AnnData(sparse.csr_matrix(COUNTS), layers={"umi": sparse.csr_matrix(COUNTS)})
    assert choose_counts(dataset_of(adata)).others == ("umi",)
    assert choose_counts(dataset_of(adata), layer="umi").others == ("X",)


def test_the_layer_is_named():
    with pytest.raises(CountsError, match=r"^layers\['spliced'\] holds negative"):
        as_counts(-COUNTS, where="layers['spliced']")


def test_the_users_matrix_is_left_as_it_is():
    given_matrix = sparse.csr_matrix(
        (np.float32([1, 2, 0, 4]), np.array([2, 2, 0, 1]), np.array([0, 3, 4])), shape=(2, 3)
    )
    before = [a.copy() for a in (given_matrix.data, given_matrix.indices, given_matrix.indptr)]
    result = as_counts(given_matrix)
    assert result.toarray().tolist() == [[0, 0, 3], [0, 4, 0]]
    remap_columns(result, np.array([0, 0, 0]), 1)
    assert result.toarray().tolist() == [[0, 0, 3], [0, 4, 0]]
    for array, was in zip((given_matrix.data, given_matrix.indices, given_matrix.indptr), before, strict=True):
        np.testing.assert_array_equal(array, was)


@given(
    npst.arrays(np.float32, (4, 6), elements=st.integers(0, 9).map(float)),
    st.lists(st.integers(-1, 4), min_size=6, max_size=6),
)
def test_remapping_sums_the_columns_that_go_to_one_place(counts, target):
    expected = np.zeros((4, 5), dtype=np.float32)
    for column, place in enumerate(target):
        if place >= 0:
            expected[:, place] += counts[:, column]
    result = remap_columns(sparse.csr_matrix(counts), np.array(target), 5)
    np.testing.assert_array_equal(result.toarray(), expected)
