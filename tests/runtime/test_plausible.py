"""Multiples of a decimal are no counts because they are multiples: how often each occurs tells."""

import numpy as np
import pytest
from scipy import sparse

from cellfill.counts.appearance import look
from cellfill.counts.plausible import are_plausible
from cellfill.counts.recover import recover
from conftest import DATA, EXAMPLE

FLOAT32 = 2.0**-23


@pytest.fixture(scope="module")
def shallow():
    import anndata

    return sparse.csr_matrix(anndata.read_h5ad(EXAMPLE).X)[:150].astype(np.float64)


@pytest.fixture(scope="module")
def deep():
    """Counts of deep cells (CEL-seq2)."""
    import anndata

    return sparse.csr_matrix(anndata.read_h5ad(DATA / "cell_lines_150.h5ad").X).astype(np.float64)


def of(matrix, values):
    made = sparse.csr_matrix((values, matrix.indices.copy(), matrix.indptr.copy()), shape=matrix.shape)
    made.eliminate_zeros()
    return made


def per(matrix, target=1e4):
    factors = target / np.asarray(matrix.sum(axis=1)).ravel()
    return sparse.csr_matrix(sparse.diags(factors) @ matrix)


def seen(matrix, dtype="float32"):
    return look(matrix.astype(dtype), dtype=np.dtype(dtype))


def without_ambient(x, share=0.1):
    """What the cells share of all molecules is taken off in this proportion, as SoupX does."""
    cell = np.repeat(np.arange(x.shape[0]), np.diff(x.indptr))
    totals, ambient = np.asarray(x.sum(axis=1)).ravel(), np.asarray(x.sum(axis=0)).ravel()
    return np.maximum(x.data - share * totals[cell] * (ambient / ambient.sum())[x.indices], 0)


def mostly_native(x):
    """Of a quarter of the values hardly anything is left, of the others most, as DecontX leaves it."""
    rng = np.random.default_rng(0)
    ambient = rng.random(x.nnz) < 0.25
    return x.data * np.where(ambient, rng.beta(0.5, 8, x.nnz), rng.beta(20, 1, x.nnz))


SCALED = {
    "counts times 0.1": lambda x: x * 0.1,
    "counts times 0.01": lambda x: x * 0.01,
    "counts times 0.001": lambda x: x * 0.001,
    "counts times 0.5": lambda x: x * 0.5,
    "counts times 0.9": lambda x: x * 0.9,
    "counts times 1.3": lambda x: of(x, np.round(1.3 * x.data, 1)),
    "log1p of counts times 0.1 (base e)": lambda x: of(x, np.log1p(0.1 * x.data)),
    "log1p of counts times 0.01 (base 10)": lambda x: of(x, np.log10(1 + 0.01 * x.data)),
}


@pytest.mark.parametrize("what", SCALED)
def test_counts_times_a_decimal_are_recovered(shallow, what):
    assert seen(SCALED[what](shallow)).seen == f"holds {what}"


def test_a_decimal_is_not_believed_of_the_highest_genes_of_deep_cells(deep):
    """They have more of 3 than of 1, as what was corrected has."""
    assert (deep.data == 3).sum() > (deep.data == 1).sum()
    assert seen(deep * 0.9).seen == "holds counts times 0.9"
    assert seen(deep * 0.1).kind is None


CORRECTED = {
    "0.87 times the counts, one decimal": (lambda x: np.round(0.87 * x.data, 1), 0.1),
    "1.31 times the counts, one decimal": (lambda x: np.round(1.31 * x.data, 1), 0.1),
    "0.3 more": (lambda x: x.data + 0.3, 0.1),
    "0.3 less": (lambda x: x.data - 0.3, 0.1),
    "0.5 less": (lambda x: x.data - 0.5, 0.5),
    "0.9 less": (lambda x: x.data - 0.9, 0.1),
    "without ambient molecules, one decimal": (lambda x: np.round(without_ambient(x), 1), 0.1),
    "native molecules, one decimal": (lambda x: np.round(mostly_native(x), 1), 0.1),
    "native molecules, two decimals": (lambda x: np.round(mostly_native(x), 2), 0.01),
    "halves, of molecules that were shared out": (
        lambda x: np.where(np.arange(x.nnz) % 5 == 0, np.maximum(x.data - 0.5, 0.5), x.data),
        0.5,
    ),
}
NEVER = ("normalised-counts", "log1p-counts", "counts")


@pytest.mark.parametrize("case", CORRECTED)
@pytest.mark.parametrize("data", ["shallow", "deep"])
def test_what_was_corrected_and_rounded_is_not_recovered(request, data, case):
    real = request.getfixturevalue(data)
    make, unit = CORRECTED[case]
    values = of(real, make(real))
    for form, matrix in (("linear", values), ("log1p", of(values, np.log1p(values.data)))):
        stored = matrix.astype(np.float32)
        multiples = recover(stored.data, stored.indptr, form=form, precision=FLOAT32)
        if data == "shallow":
            assert multiples.proven.all()  # they are multiples, and that is not enough
            assert not are_plausible(multiples, stored.indptr)
        found = seen(matrix)
        assert found.kind not in NEVER
        if found.kind is None and data == "shallow":
            said = f"whole multiples of {unit:g}, with fewer low ones than counts would have"
            assert said in found.seen or "it looks like log1p" in found.seen
        assert seen(matrix, "float64").kind == found.kind


@pytest.mark.parametrize("case", [name for name in CORRECTED if "halves" not in name])
def test_nor_is_it_once_it_was_normalised(shallow, case):
    values = per(of(shallow, CORRECTED[case][0](shallow)))
    for matrix in (values, of(values, np.log1p(values.data))):
        assert seen(matrix).kind is None


def test_values_close_to_counts_are_nearly_counts_in_any_precision(shallow):
    values = of(shallow, np.round(0.87 * shallow.data, 1))  # most are 0.9
    assert {seen(values, dtype).kind for dtype in ("float32", "float64")} == {"near-counts"}


def test_a_few_cells_tell_it_too(shallow):
    few = shallow[:12, np.argsort(-np.asarray(shallow.sum(axis=0)).ravel())[200:260]]
    assert few.nnz < 600
    assert seen(few * 0.1).kind == "normalised-counts"
    assert seen(per(few)).kind == "normalised-counts"
    for name in ("0.87 times the counts, one decimal", "0.3 more", "0.5 less", "0.9 less"):
        assert seen(of(few, CORRECTED[name][0](few))).kind not in NEVER


def test_counts_by_target_sum_are_not_taken_for_their_last_decimal(deep):
    """Of 0.3 and 0.6, which were 0.287 and 0.574, the counts are 1 and 2: not 3 and 6."""
    for digits in (1, 2):
        found = seen(of(deep, np.round(per(deep).data, digits)))
        assert found.kind is None


def test_the_highest_genes_of_deep_cells_are_recovered_where_each_cell_has_its_unit(deep):
    logs = per(deep)
    assert seen(of(logs, np.log1p(logs.data))).kind == "log1p-counts"
    assert seen(logs).kind == "normalised-counts"
