"""What a matrix holds is seen; counts are found, or recovered exactly, or what stands in the way is said."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from scipy import sparse

from cellfill.counts.recover import recover
from cellfill.counts.source import choose_counts
from cellfill.errors import CountsError, DataError
from cellfill.genes.table import gene_table
from cellfill.readers.dataset import Dataset, Matrix
from conftest import DATA, EXAMPLE

FLOAT32 = 2.0**-23


def dataset(x, *, layers=None, raw=None, genes=None, raw_genes=None):
    """Return matrices as a reader gives them."""
    first = x if x is not None else next(iter(layers.values()))
    names = genes if genes is not None else [f"g{i}" for i in range(first.shape[1])]
    var = gene_table(pd.DataFrame(index=names))
    matrices = [Matrix(name="X", rows=x, var=var)] if x is not None else []
    matrices += [
        Matrix(name=f"layers[{name!r}]", rows=rows, var=var, layer=name) for name, rows in (layers or {}).items()
    ]
    if raw is not None:
        matrices.append(Matrix(name="raw.X", rows=raw, var=gene_table(pd.DataFrame(index=raw_genes))))
    return Dataset(
        cells=first.shape[0],
        var=var,
        matrices=tuple(matrices),
        dense=False,
        format="anndata",
        path=None,
        cell_names=lambda: np.array([str(i) for i in range(first.shape[0])]),
        uns=lambda _name: None,
        obs=lambda: None,
        rest=lambda: None,
        close=lambda: None,
    )


def test_a_factor_that_all_counts_of_a_cell_share_is_not_told_by_the_target_sum():
    counts = np.random.default_rng(0).poisson(1.0, (8, 60)) + (np.arange(60) == 0)
    counts[3] *= 2
    values = sparse.csr_matrix(np.log1p(counts * (1e4 / counts.sum(axis=1, keepdims=True))).astype(np.float32))
    found = recover(values.data, values.indptr, form="log1p", precision=FLOAT32)
    expected = sparse.csr_matrix(np.where(np.arange(8)[:, None] == 3, counts // 2, counts)).data
    np.testing.assert_array_equal(found.counts, expected)
    sums = np.add.reduceat(found.counts, values.indptr[:-1])
    np.testing.assert_allclose(found.units * sums, 1e4, rtol=1e-5)


def all_counts(source, cells=None):
    return source.counts(slice(0, cells or source.matrix.rows.shape[0]))


@pytest.fixture(scope="module")
def counts():
    """Real counts, 300 cells of at least one molecule."""
    import anndata

    return anndata.read_h5ad(EXAMPLE).X.tocsr()


@pytest.fixture(scope="module")
def deep():
    """Real counts of deep cells (CEL-seq2)."""
    import anndata

    return sparse.csr_matrix(anndata.read_h5ad(DATA / "cell_lines_150.h5ad").X)


def per(counts, target):
    factor = target / np.asarray(counts.sum(axis=1)).ravel()
    return sparse.csr_matrix(counts.multiply(factor[:, None])).astype(np.float32)


def logged(matrix, base=np.e):
    result = matrix.copy()
    result.data = (np.log1p(result.data) / np.float32(np.log(base))).astype(np.float32)
    return result


def same(found, expected):
    assert found.dtype == np.float32
    assert found.has_canonical_format
    assert (found != expected).nnz == 0
    assert found.nnz == expected.nnz


@pytest.mark.parametrize("kind", [sparse.csr_matrix, sparse.csc_matrix, lambda m: m.toarray(), sparse.csr_array])
@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "uint16"])
def test_counts_are_counts_in_any_matrix(counts, kind, dtype):
    source = choose_counts(dataset(kind(counts.astype(dtype))))
    assert (source.kind, source.saw, source.columns) == ("counts", "X holds counts", None)
    same(all_counts(source), counts)


MADE = {
    "counts per 10,000": lambda x: per(x, 1e4),
    "log1p of counts per 10,000 (base e)": lambda x: logged(per(x, 1e4)),
    "log1p of counts per 1,000,000 (base e)": lambda x: logged(per(x, 1e6)),
    "log1p of counts per 10,000 (base 2)": lambda x: logged(per(x, 1e4), 2),
    "log1p of counts per 10,000 (base 10)": lambda x: logged(per(x, 1e4), 10),
    "log1p of counts (base e)": logged,
    "counts times 37.5": lambda x: x * np.float32(37.5),
}


@pytest.mark.parametrize("data", ["counts", "deep"])
@pytest.mark.parametrize("what", MADE)
def test_counts_come_back_exactly_from_what_was_made_of_them(request, data, what):
    real = request.getfixturevalue(data)
    source = choose_counts(dataset(MADE[what](real)))
    factor = "but for a factor that all counts of a cell share, if any do"
    assert source.saw == f"X holds {what}: the counts were recovered exactly, {factor}"
    assert source.kind == ("log1p-counts" if "log1p" in what else "normalised-counts")
    same(all_counts(source), real)


def test_scanpys_own_steps_are_undone(counts):
    import anndata
    import scanpy as sc

    adata = anndata.AnnData(counts.copy())
    sc.pp.normalize_total(adata)
    sc.pp.log1p(adata)
    same(all_counts(choose_counts(dataset(adata.X))), counts)


@pytest.mark.parametrize("genes", [100, 300])
def test_genes_that_were_dropped_after_normalising_do_not_matter(deep, genes):
    kept = np.sort(np.random.default_rng(0).permutation(deep.shape[1])[:genes])
    source = choose_counts(dataset(logged(per(deep, 1e4))[:, kept]))
    assert "per 10,000 of more genes than there are here" in source.saw
    same(all_counts(source), deep[:, kept])


def test_four_decimals_are_enough_for_shallow_cells_and_two_are_not(counts):
    for digits, message in ((4, None), (2, "rounded to steps of 0.01: too coarse")):
        rounded = logged(per(counts, 1e4)).astype(np.float64)
        rounded.data = rounded.data.round(digits)
        if message is None:
            same(all_counts(choose_counts(dataset(rounded))), counts)
        else:
            with pytest.raises(CountsError, match=message):
                choose_counts(dataset(rounded))


def gene_lengths(x):
    return sparse.csr_matrix(x.multiply(1 / np.random.default_rng(0).uniform(0.2, 5, x.shape[1]))).astype(
        np.float32
    )


def by_gene_spread(x):
    logs = logged(per(x, 1e4)).toarray()
    return logs / np.maximum(logs.std(axis=0), 1e-3)


def noisy(x):
    logs = logged(per(x, 1e4)).toarray()
    return np.maximum(logs + np.random.default_rng(0).normal(0, 0.05, logs.shape), 0)


def with_one(value):
    def make(x):
        changed = x.copy()
        changed.data[7] = value
        return changed

    return make


REFUSED = {
    "centred": (lambda x: noisy(x) - 0.3, "negative values .* scaled, centred or corrected"),
    "scaled by gene": (by_gene_spread, "no multiples of counts"),
    "corrected": (noisy, "no multiples of counts"),
    "TPM": (lambda x: per(gene_lengths(x), 1e6), "sums of 1,000,000 a cell: it looks normalised, but not from"),
    "log1p of TPM": (
        lambda x: logged(per(gene_lengths(x), 1e6)),
        r"log1p .base e. of values that sum to 1,000,000",
    ),
    "FPKM": (gene_lengths, "not by one factor a cell|no multiples"),
    "square roots": (lambda x: x.sqrt(), "square roots of counts"),
    "binary": (lambda x: (x > 0).astype(np.float32), "it is binary"),
    "NaN": (with_one(np.nan), "NaN or infinite values .1 of"),
    "infinite": (with_one(np.inf), "NaN or infinite"),
    "negative": (with_one(-1), "negative values .the lowest is -1."),
    "huge": (with_one(1e9), "more than a cell has molecules"),
    "zeros": (lambda x: sparse.csr_matrix(x.shape, dtype=np.float32), "only zeros"),
    "no cells": (lambda x: x[:0], r"empty: its shape is \(0, "),
    "no genes": (lambda x: x[:, :0], "empty"),
    "half precision": (lambda x: logged(per(x, 1e4)).toarray().astype(np.float16), "no multiples|cannot"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_counts_cannot_be_had_from_is_refused_with_what_was_seen(deep, case):
    make, message = REFUSED[case]
    with pytest.raises(CountsError, match=message) as refused:
        choose_counts(dataset(make(deep)))
    assert "no layer that could hold them" in str(refused.value) or "empty" in message
    assert "\n" not in str(refused.value)


def test_decontaminated_counts_are_taken_as_they_are(counts):
    values = counts.copy()
    values.data = (values.data * np.random.default_rng(0).beta(60, 1, values.nnz)).astype(np.float32)
    source = choose_counts(dataset(values))
    assert source.kind == "near-counts"
    assert "nearly counts" in source.saw
    same(all_counts(source), values)


def test_a_layer_of_counts_is_used_before_counts_are_recovered(counts):
    logs, others = logged(per(counts, 1e4)), counts * 2
    source = choose_counts(dataset(logs, layers={"other": others, "counts": counts}))
    assert source.matrix.name == "layers['counts']"
    assert source.saw == "X holds log1p of counts per 10,000 (base e); layers['counts'] holds counts: used"
    assert choose_counts(dataset(logs, layers={"spliced": counts})).matrix.name == "X"
    assert choose_counts(dataset(counts, layers={"counts": others})).matrix.name == "X"
    assert choose_counts(dataset(None, layers={"z": counts})).saw == "X is absent; layers['z'] holds counts: used"


def test_raw_counts_are_used_in_the_genes_of_the_dataset(counts):
    names = [f"g{i}" for i in range(counts.shape[1])]
    kept = np.array([5, 3, 100, 42])
    scaled = counts[:, kept].toarray() - 0.5
    few = dataset(scaled, genes=[names[i] for i in kept], raw=counts, raw_genes=names)
    source = choose_counts(few)
    assert source.matrix.name == "raw.X"
    assert source.columns.tolist() == kept.tolist()
    same(all_counts(source), counts)  # all genes of raw predict, those of X are shown
    logs = dataset(scaled, genes=[names[i] for i in kept], raw=logged(per(counts, 1e4)), raw_genes=names)
    same(all_counts(choose_counts(logs)), counts)


def test_raw_counts_of_other_genes_are_no_use(counts):
    scaled = counts.toarray() - 0.5
    with pytest.raises(CountsError, match=r"negative values .*, and none of raw.X holds counts"):
        choose_counts(dataset(scaled, raw=counts, raw_genes=[f"h{i}" for i in range(counts.shape[1])]))


def test_the_layer_that_is_asked_for_is_judged_alike(counts):
    data = dataset(counts, layers={"logs": logged(per(counts, 1e4)), "scaled": counts.toarray() - 0.5})
    same(all_counts(choose_counts(data, layer="logs")), counts)
    assert "it was asked for" in choose_counts(data, layer="logs").saw
    with pytest.raises(CountsError, match=r"^layers\['scaled'\] holds negative"):
        choose_counts(data, layer="scaled")
    with pytest.raises(DataError, match="no layer 'absent'; layers: logs, scaled"):
        choose_counts(data, layer="absent")


@pytest.mark.parametrize("name", ["raw", "raw.X"])
def test_raw_can_be_asked_for_though_x_holds_counts(counts, name):
    names = [f"g{i}" for i in range(counts.shape[1])]
    kept = np.array([5, 3, 100, 42])
    few = dataset(counts[:, kept], genes=[names[i] for i in kept], raw=counts, raw_genes=names)
    assert choose_counts(few).matrix.name == "X"
    source = choose_counts(few, layer=name)
    assert source.saw == "raw.X holds counts; it was asked for"
    assert source.columns.tolist() == kept.tolist()
    same(all_counts(source), counts)


def test_a_layer_of_that_name_outranks_raw(counts):
    names = [f"g{i}" for i in range(counts.shape[1])]
    both = dataset(counts, layers={"raw": counts * 2}, genes=names, raw=counts, raw_genes=names)
    same(all_counts(choose_counts(both, layer="raw")), counts * 2)


@pytest.mark.parametrize(
    ("of_raw", "says"),
    [(lambda i: f"g{i + 3}", "raw lacks 3 of the"), (lambda i: f"g{max(i, 1) - 1}", "lacks 1 of the")],
)
def test_a_raw_without_all_genes_is_refused_where_it_is_asked_for(counts, of_raw, says):
    genes = range(counts.shape[1])
    few = dataset(counts, raw=counts, raw_genes=[of_raw(i) for i in genes])
    with pytest.raises(DataError, match=says):
        choose_counts(few, layer="raw")
    with pytest.raises(DataError, match="no layer 'absent'; layers: raw"):
        choose_counts(few, layer="absent")


def test_layers_are_pointed_to_where_there_are_any_and_by_their_names(counts):
    scaled = counts.toarray() - 0.5
    with pytest.raises(CountsError, match=r"and the data have no layer that could hold them\.$"):
        choose_counts(dataset(scaled))
    names = [f"h{i}" for i in range(counts.shape[1])]
    several = dataset(scaled, layers={"other": scaled, "spliced": counts}, raw=scaled, raw_genes=names)
    with pytest.raises(CountsError, match=r"with --layer \(layer=...\): other, spliced, raw\.$"):
        choose_counts(several)
    with pytest.raises(CountsError, match=r": spliced, raw, X\.$"):
        choose_counts(several, layer="other")


@pytest.mark.parametrize("wrong", [0.5, -1.0, np.nan, np.inf, 1e9])
def test_a_block_that_breaks_the_promise_names_its_cells(counts, wrong):
    many = sparse.vstack([counts] * 10, format="csr")
    data = dataset(many)
    source = choose_counts(data)
    hidden = many[2500:2510]
    hidden.data[3] = wrong
    tampered = sparse.vstack([many[:2500], hidden], format="csr")
    object.__setattr__(source.matrix, "rows", tampered)
    with pytest.raises(CountsError, match=r"^X holds .* in cells 2,500 to 2,509, though elsewhere it holds counts"):
        source.counts(slice(2500, 2600))
    same(source.counts(slice(0, 300)), counts)


def test_a_cell_that_was_corrected_afterwards_is_refused(counts):
    logs = logged(per(counts, 1e4))
    source = choose_counts(dataset(logs))
    changed = logs.copy()
    changed.data[: changed.indptr[1]] *= np.float32(1.01)
    object.__setattr__(source.matrix, "rows", changed)
    with pytest.raises(CountsError, match=r"no multiples of counts in 1 cells, in cells 0 to 299"):
        source.counts(slice(0, 300))


def test_only_a_sample_is_read_to_choose(counts):
    class Watched:
        shape, dtype = (1_000_000, counts.shape[1]), counts.dtype

        def __init__(self):
            self.read = []

        def __getitem__(self, rows):
            self.read.append(rows)
            return counts[: rows.stop - rows.start]

    rows = Watched()
    choose_counts(dataset(rows))
    assert sum(r.stop - r.start for r in rows.read) <= 2000
    assert min(r.start for r in rows.read) == 0
    assert max(r.stop for r in rows.read) == 1_000_000


@pytest.mark.parametrize("base", [np.e, 2, 10])
@settings(max_examples=60, deadline=None)
@given(
    real=npst.arrays(np.int64, (5, 30), elements=st.one_of(st.just(0), st.integers(1, 3), st.integers(1, 5000))),
    target=st.sampled_from([1e3, 1e4, 2371.0, 1e6]),
)
def test_log1p_of_any_counts_gives_them_back(base, real, target):
    real[:, 0] = 1  # a cell of which all counts share a factor is known up to it
    x = sparse.csr_matrix(real.astype(np.float32))
    form = {np.e: "log1p", 2: "log1p-base-2", 10: "log1p-base-10"}[base]
    logs = logged(per(x, target), base)
    found = recover(logs.data, logs.indptr, form=form, precision=FLOAT32)
    assert found.proven.all()
    np.testing.assert_array_equal(found.counts, x.data)
    np.testing.assert_allclose(found.units, target / real.sum(axis=1), rtol=1e-5)


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 9), st.lists(st.integers(1, 50), min_size=3, max_size=30), st.floats(0.01, 100))
def test_the_smallest_count_need_not_be_one(least, more, unit):
    real = np.array([least, least * 7 + 1, *(least + m for m in more)], dtype=np.float64)
    found = recover((real * unit).astype(np.float32), np.array([0, len(real)]), form="linear", precision=FLOAT32)
    np.testing.assert_array_equal(found.counts, real)


@given(npst.arrays(np.float64, 40, elements=st.floats(0.1, 8, allow_subnormal=False), unique=True))
def test_what_is_no_multiple_is_not_proven(values):
    far = np.array([1.0, 1.4142135, 2.7182818, 3.1415926])  # no common unit within the range of small counts
    found = recover(np.concatenate([values, far]), np.array([0, 44]), form="linear", precision=FLOAT32)
    assert not found.proven.any()


def test_a_fraction_among_counts_does_not_double_its_cell(counts):
    odd = counts.copy()
    odd.data[3] = 1.5
    source = choose_counts(dataset(odd))
    assert source.kind == "near-counts"
    same(all_counts(source), odd.astype(np.float32))


@pytest.mark.parametrize("dtype", ["uint8", "int8", "uint16"])
def test_small_counts_of_one_place_are_summed_without_overflow(dtype):
    most = np.iinfo(dtype).max
    x = sparse.csr_matrix((np.array([most, most, 1], dtype=dtype), [1, 1, 0], [0, 2, 3]), shape=(2, 2))
    assert all_counts(choose_counts(dataset(x))).toarray().tolist() == [[0, 2 * most], [1, 0]]
