"""Imputing an AnnData: what is added, what stays, and what must not change the values."""

import anndata
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

import cellfill
from cellfill.errors import CountsError, DataError, EstimateError, GeneMatchError, UsageError
from cellfill.files import read_h5ad
from conftest import DATA, MODEL

# Values are products of float32 matrices: another order of summing changes the last digits.
CLOSE = {"rtol": 2e-5, "atol": 1e-7}


def dense(adata, key="imputed"):
    layer = adata.layers[key]
    return layer.toarray() if sparse.issparse(layer) else layer


def run(model, adata, **options):
    return model.impute(adata, copy=True, **options)


def test_it_works_in_place_and_returns_nothing(example):
    before = example.copy()
    assert cellfill.impute(example, model=MODEL) is None
    assert set(example.layers) == {"imputed"}
    assert set(example.var) - set(before.var) == {"imputed", "imputed_reason", "imputed_pearson"}
    assert set(example.uns) - set(before.uns) == {"cellfill"}


def test_a_copy_leaves_the_original_alone(model, example):
    result = run(model, example)
    assert "imputed" in result.layers
    assert not example.layers
    assert "cellfill" not in example.uns
    assert "imputed" not in example.var


def test_everything_that_was_there_is_carried_over(model, example):
    example.obsm["X_pca"] = np.ones((example.n_obs, 2))
    example.layers["other"] = example.X.copy()
    example.var["length"] = np.arange(example.n_vars)
    result = run(model, example)
    assert (result.X != example.X).nnz == 0
    assert (result.layers["other"] != example.layers["other"]).nnz == 0
    np.testing.assert_array_equal(result.obsm["X_pca"], example.obsm["X_pca"])
    pd.testing.assert_frame_equal(result.obs, example.obs)
    pd.testing.assert_series_equal(result.var["length"], example.var["length"])


def test_no_observed_count_changes_and_zeros_get_values(model, example):
    observed, imputed = example.X.toarray(), dense(run(model, example))
    np.testing.assert_array_equal(imputed[observed > 0], observed[observed > 0])
    genes = run(model, example).var["imputed"].to_numpy()
    filled = imputed[:, genes][observed[:, genes] == 0]
    assert (filled > 0).mean() > 0.999
    assert np.isfinite(imputed).all()
    np.testing.assert_array_equal(imputed[:, ~genes], observed[:, ~genes])


def test_the_provenance_says_what_was_done(model, example):
    result = run(model, example)
    record = result.uns["cellfill"]
    observed = example.X.toarray()[:, result.var["imputed"].to_numpy()]
    assert record["model"] == "human-pbmc"
    assert record["model_sha256"] == model.manifest.files["model.onnx"].sha256
    assert record["estimate"] == "expected"
    assert record["policy"] == "zeros"
    assert record["cells"] == 300
    assert record["genes_imputed"] == result.var["imputed"].sum() == observed.shape[1]
    assert record["zeros_filled"] == (observed == 0).sum()
    assert record["predictors_found"] < record["predictors_needed"]
    assert record["calibrated"] is True
    assert record["calibration"]["cells"] == 300
    assert run(model, example, calibrate=False).uns["cellfill"]["calibrated"] is False


def test_genes_that_are_not_imputed_say_why(model, example):
    var = run(model, example).var
    assert {"imputed", "not in the model"} <= set(var["imputed_reason"])
    assert ((var["imputed_reason"] == "imputed") == var["imputed"]).all()
    assert var.loc[~var["imputed"], "imputed_pearson"].isna().all()
    assert var.loc[var["imputed"], "imputed_pearson"].notna().mean() > 0.5


def test_another_key_stands_beside_the_first(model, example):
    model.impute(example)
    model.impute(example, key_added="rate", estimate="posterior")
    assert set(example.layers) == {"imputed", "rate"}
    assert example.uns["cellfill"]["estimate"] == "expected"
    assert example.uns["cellfill_rate"]["estimate"] == "posterior"
    # A zero that was seen speaks against a high rate.
    assert (dense(example, "rate") <= dense(example) * (1 + 1e-6)).all()


def test_imputing_twice_gives_the_same_values(model, example):
    first = run(model, example)
    np.testing.assert_array_equal(dense(first), dense(run(model, example)))
    np.testing.assert_array_equal(dense(first), dense(run(model, first)))


def test_the_order_of_cells_does_not_matter(model, example):
    order = np.random.default_rng(0).permutation(example.n_obs)
    shuffled = dense(run(model, example[order].copy()))
    np.testing.assert_allclose(shuffled, dense(run(model, example))[order], **CLOSE)


def test_the_order_of_genes_does_not_matter(model, example):
    order = np.random.default_rng(0).permutation(example.n_vars)
    shuffled = dense(run(model, example[:, order].copy()))
    np.testing.assert_allclose(shuffled, dense(run(model, example))[:, order], **CLOSE)


def test_ids_and_symbols_give_the_same_values(model):
    by_symbol = read_h5ad(DATA / "pbmc3k_400.h5ad")
    by_symbol = by_symbol[:, ~by_symbol.var_names.str.endswith("-1")].copy()  # four names "made unique"
    ids = by_symbol.var["ensembl_id"].to_numpy()
    del by_symbol.var["ensembl_id"]
    by_id, by_versioned_id, by_column = by_symbol.copy(), by_symbol.copy(), by_symbol.copy()
    by_id.var_names = ids
    by_versioned_id.var_names = [f"{i}.7" for i in ids]
    by_column.var_names = [f"row{i}" for i in range(len(ids))]
    by_column.var["gene_ids"] = ids
    expected = dense(run(model, by_symbol))
    for other in (by_id, by_versioned_id, by_column):
        np.testing.assert_allclose(dense(run(model, other)), expected, **CLOSE)


@pytest.mark.parametrize("block_size", [1, 7, 300, 10_000])
def test_the_block_size_does_not_matter(model, example, block_size):
    few = example[:40].copy() if block_size == 1 else example
    np.testing.assert_allclose(dense(run(model, few, block_size=block_size)), dense(run(model, few)), **CLOSE)


@pytest.mark.parametrize(
    "kind", [sparse.csc_matrix, sparse.csr_array, lambda x: x.toarray(), lambda x: x.toarray().astype(int)]
)
def test_the_kind_of_matrix_does_not_matter(model, example, kind):
    other = example.copy()
    other.X = kind(example.X)
    result = run(model, other)
    assert sparse.issparse(result.layers["imputed"]) == sparse.issparse(other.X)
    np.testing.assert_array_equal(dense(result), dense(run(model, example)))


def test_counts_may_be_in_a_layer(model, example):
    expected = dense(run(model, example))
    example.layers["counts"] = example.X.copy()
    example.X = example.X.log1p()
    np.testing.assert_array_equal(dense(run(model, example, layer="counts")), expected)
    assert run(model, example, layer="counts").uns["cellfill"]["counts"] == "layers['counts']"


def test_a_missing_gene_is_unknown_and_not_zero(model, example):
    """Without LYZ measured, monocytes still look like monocytes; with zeros for it they do so less."""
    known = example.var_names.isin(["LYZ", "S100A8", "S100A9", "FTL", "FTH1", "CST3", "TYROBP", "LST1"])
    full = run(model, example, calibrate=False, policy="all", estimate="expected")
    missing = run(model, example[:, ~known].copy(), calibrate=False, policy="all", estimate="expected")
    zeroed = example.copy()
    zeroed.X = sparse.csr_matrix(np.where(known, 0, example.X.toarray()).astype(np.float32))
    zeroed = run(model, zeroed, calibrate=False, policy="all", estimate="expected")
    monocytes = (example.obs["sorted_type"] == "CD14+ Monocyte").to_numpy()
    gene = "CD14"

    def level(adata):
        return dense(adata)[monocytes, adata.var_names.get_loc(gene)].mean()

    assert abs(level(missing) - level(full)) < abs(level(zeroed) - level(full))


def test_a_cell_without_counts_is_left_alone(model, example):
    counts = example.X.toarray()
    counts[3] = 0
    example.X = sparse.csr_matrix(counts)
    for estimate in ("expected", "expressed", "posterior"):
        result = run(model, example, estimate=estimate)
        assert result.uns["cellfill"]["empty_cells"] == 1
        assert dense(result)[3].sum() == 0
        assert dense(result)[4].sum() > counts[4].sum()


def test_expressed_is_never_below_one_and_the_others_are_close_to_zero(model, example):
    zero = example.X.toarray() == 0
    zero &= run(model, example).var["imputed"].to_numpy()
    filled = {e: dense(run(model, example, estimate=e))[zero] for e in model.manifest.estimates}
    assert filled["expressed"].min() >= 1
    assert np.median(filled["expected"]) < 0.05
    assert (filled["posterior"] <= filled["expected"] * (1 + 1e-6)).all()


def test_calibration_brings_each_gene_to_the_level_of_the_new_data(model, example):
    observed = example.X.toarray()
    plain = run(model, example, policy="all", estimate="expected", calibrate=False)
    calibrated = run(model, example, policy="all", estimate="expected")
    genes = plain.var["imputed"].to_numpy() & (observed.sum(axis=0) > 100)
    truth = observed[:, genes].sum(axis=0)

    def off(adata):
        return np.abs(np.log(dense(adata)[:, genes].sum(axis=0) / truth)).mean()

    assert off(calibrated) < 0.5 * off(plain)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda a: a.X.log1p(), CountsError, "it looks log-normalised"),
        (lambda a: -a.X, CountsError, "negative"),
        (lambda a: a.X.multiply(np.nan).tocsr(), CountsError, "NaN"),
        (lambda a: a.X.multiply(0).tocsr(), CountsError, "only zeros"),
    ],
)
def test_what_is_not_counts_is_refused_and_nothing_is_added(model, example, change, error, message):
    example.X = change(example)
    with pytest.raises(error, match=message):
        model.impute(example)
    assert not example.layers
    assert "cellfill" not in example.uns


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"estimate": "best"}, EstimateError, "must be one of"),
        ({"policy": "some"}, UsageError, "must be one of"),
        ({"block_size": 0}, UsageError, "at least 1"),
        ({"layer": "spliced"}, DataError, "no layer 'spliced'; layers: none"),
    ],
)
def test_options_that_mean_nothing_are_refused(model, example, options, error, message):
    with pytest.raises(error, match=message):
        model.impute(example, **options)


def test_genes_of_another_species_are_refused(model, example):
    example.var_names = [f"WBGene{i:08d}" for i in range(example.n_vars)]
    with pytest.raises(GeneMatchError, match="look like WBGene00000000"):
        model.impute(example)


def test_what_is_not_an_anndata_is_refused(model):
    with pytest.raises(DataError, match="takes an AnnData, not a ndarray"):
        model.impute(np.ones((2, 2)))


def test_names_that_occur_twice_are_not_imputed(model, example):
    names = example.var_names.to_list()
    names[names.index("LYZ")] = "CD14"
    with pytest.warns(UserWarning, match="not unique"):
        twice = anndata.AnnData(example.X, var=pd.DataFrame(index=names))
    result = run(model, twice)
    assert set(result.var.loc["CD14", "imputed_reason"]) == {"several columns match one gene"}
    np.testing.assert_array_equal(
        dense(result)[:, result.var_names == "CD14"], twice.X.toarray()[:, result.var_names == "CD14"]
    )
