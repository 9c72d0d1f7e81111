"""Imputing an AnnData: what is added, what stays, and what must not change the values."""

import anndata
import numpy as np
import pandas as pd
import pytest
import scanpy
from anndata import read_h5ad
from scipy import sparse

import cellfill
from cellfill.errors import CountsError, DataError, EstimateError, GeneMatchError, UsageError
from conftest import DATA, MODEL

# Values are products of float32 matrices: another order of summing changes the last digits.
CLOSE = {"rtol": 2e-5, "atol": 1e-7}


def dense(adata, key="imputed"):
    layer = adata.layers[key]
    return layer.toarray() if sparse.issparse(layer) else layer


def run(model, adata, **options):
    """Impute a copy; without the check of the model, which takes most of the time and has tests of its own."""
    return model.impute(adata, copy=True, **({"gate": False} | options))


def test_it_works_in_place_and_returns_nothing(example):
    before = example.copy()
    assert cellfill.impute(example, model=MODEL) is None
    assert set(example.layers) - {None} == {"imputed"}  # by that name anndata 0.13 lists X
    assert set(example.var) - set(before.var) == {
        "imputed",
        "imputed_reason",
        "imputed_pearson",
        "imputed_gain",
        "imputed_known",
    }
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
    before = example.copy()
    model.impute(example, policy="all")
    assert (example.X != before.X).nnz == 0
    assert (example.layers["other"] != before.layers["other"]).nnz == 0
    np.testing.assert_array_equal(example.obsm["X_pca"], before.obsm["X_pca"])
    pd.testing.assert_frame_equal(example.obs, before.obs)
    pd.testing.assert_series_equal(example.var["length"], before.var["length"])


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
    assert set(example.layers) - {None} == {"imputed", "rate"}
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


@pytest.mark.parametrize(("seed", "suffix"), [(0, ".1"), (1, "-2"), (2, ".12")])
def test_a_gene_in_several_columns_predicts_as_in_one(model, example, seed, suffix):
    """Counts of some genes are split at random into two columns, and the columns shuffled."""
    rng = np.random.default_rng(seed)
    whole = example[:30].copy()
    genes = rng.choice(whole.n_vars, 300, replace=False)
    counts = whole.X.toarray().astype(int)
    part = rng.binomial(counts[:, genes], 0.5)
    counts[:, genes] -= part
    names = [*whole.var_names, *(whole.var_names[genes] + suffix)]
    both = anndata.AnnData(np.hstack([counts, part]).astype(np.float32), var=pd.DataFrame(index=names))
    shuffled = both[:, rng.permutation(both.n_vars)].copy()
    options = {"calibrate": False, "gate": False, "policy": "all"}
    plain, split = run(model, whole, **options), run(model, shuffled, **options)
    kept = split.var_names[split.var["imputed"]]
    assert set(kept) == set(whole.var_names[plain.var["imputed"]]) - set(whole.var_names[genes])
    np.testing.assert_allclose(dense(split[:, kept]), dense(plain[:, kept]), **CLOSE)


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


def test_log_normalised_counts_are_turned_back(model, example):
    expected = dense(run(model, example))
    scanpy.pp.normalize_total(example, target_sum=1e4)
    scanpy.pp.log1p(example)
    result = run(model, example)
    np.testing.assert_allclose(dense(result), expected, **CLOSE)
    assert "log1p of counts per 10,000" in result.uns["cellfill"]["saw"]


def test_bare_matrices_are_imputed(model, example):
    expected = dense(run(model, example))
    names = example.var_names.to_list()
    found = model.impute_matrix(example.X, names, gate=False)
    assert sparse.issparse(found)
    np.testing.assert_array_equal(found.toarray(), expected)
    np.testing.assert_array_equal(model.impute_matrix(example.X.toarray(), names, gate=False), expected)
    with pytest.raises(DataError, match="one name a column"):
        model.impute_matrix(example.X, names[:-1])
    with pytest.raises(DataError, match=r"Transpose it: counts\.T, in R t\(counts\)"):
        model.impute_matrix(example.X.T, names)
    with pytest.raises(UsageError, match=r"in R list\('CD3D'\)"):
        model.impute_matrix(example.X, names, genes="CD3D")


def test_a_backed_file_is_imputed(model, example, tmp_path):
    expected = dense(run(model, example))
    example.write_h5ad(tmp_path / "in.h5ad")
    backed = anndata.read_h5ad(tmp_path / "in.h5ad", backed="r")
    model.impute(backed, gate=False)
    np.testing.assert_allclose(dense(backed), expected, **CLOSE)


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


def outlier(counts):
    """A barcode with 10,000 molecules of one gene and nothing else."""
    counts[0] = 0
    counts[0, 1234] = 10_000


def deep(counts):
    counts[0] *= 20


def one_gene(counts):
    counts[0, 777] += 1500


@pytest.mark.parametrize("change", [outlier, deep, one_gene])
def test_one_odd_cell_does_not_change_the_others(model, example, change):
    plain = dense(run(model, example))
    counts = example.X.toarray()
    change(counts)
    example.X = sparse.csr_matrix(counts)
    odd = dense(run(model, example))
    zero = counts[1:] == 0
    ratio = np.abs(np.log(np.maximum(odd[1:][zero], 1e-6) / np.maximum(plain[1:][zero], 1e-6)))
    assert np.median(ratio) < 0.05
    assert np.quantile(ratio, 0.999) < np.log(2)


@pytest.mark.parametrize(("barcodes", "molecules"), [(3000, 0), (3000, 5)])
def test_empty_droplets_do_not_change_the_cells(model, example, barcodes, molecules):
    plain = dense(run(model, example))
    rng = np.random.default_rng(0)
    ambient = np.asarray(example.X.sum(axis=0)).ravel() / example.X.sum()
    droplets = rng.poisson(molecules * np.tile(ambient, (barcodes, 1))).astype(np.float32)
    counts = sparse.vstack([example.X, sparse.csr_matrix(droplets)], format="csr")
    both = run(model, anndata.AnnData(counts, var=example.var))
    np.testing.assert_allclose(dense(both)[:300], plain, rtol=1e-3, atol=1e-5)
    assert both.uns["cellfill"]["calibration"]["cells"] == 300
    assert both.uns["cellfill"]["shallow_cells"] == barcodes


def test_antibody_counts_are_not_rna(model, example):
    plain = dense(run(model, example))
    tags = np.full((300, 3), 800, dtype=np.float32)
    counts = sparse.hstack([example.X, sparse.csr_matrix(tags)], format="csr")
    var = pd.DataFrame(index=[*example.var_names, "CD14", "CD19", "CD4"])
    var["feature_types"] = ["Gene Expression"] * example.n_vars + ["Antibody Capture"] * 3
    with pytest.warns(UserWarning, match="not unique"):
        cite = anndata.AnnData(counts, var=var)
    result = run(model, cite)
    np.testing.assert_allclose(dense(result)[:, :-3], plain, **CLOSE)
    assert set(result.var["imputed_reason"].iloc[-3:]) == {"not gene expression"}
    assert (dense(result)[:, -3:] == 800).all()


@pytest.mark.parametrize(
    ("prepare", "options", "message"),
    [
        (
            lambda a: a.layers.update(counts=a.X.copy()),
            {"layer": "counts", "key_added": "counts"},
            "layer of the counts",
        ),
        (lambda a: a.layers.update(imputed=a.X.copy()), {}, r"have layers\['imputed'\] already"),
        (lambda a: a.var.insert(0, "imputed", 1), {}, r"have var\['imputed'\] already"),
        (lambda a: a.uns.update(cellfill="mine"), {}, r"have uns\['cellfill'\] already"),
        (lambda _a: None, {"key_added": "a/b"}, "without a slash"),
        (lambda _a: None, {"key_added": ""}, "without a slash"),
        (lambda _a: None, {"key_added": None}, "without a slash"),
        (lambda _a: None, {"block_size": 2.5}, "whole number"),
        (lambda _a: None, {"block_size": True}, "whole number"),
        (lambda _a: None, {"block_size": np.True_}, "whole number"),
        (lambda _a: None, {"threads": True}, "whole number"),
        (lambda _a: None, {"threads": np.int64(0)}, "whole number"),
        (lambda _a: None, {"drop_below": False}, "must be a count"),
        (lambda _a: None, {"drop_below": np.float32(1)}, "must be a count"),
        (lambda _a: None, {"min_coverage": True}, "must be a share"),
    ],
)
def test_what_cellfill_did_not_write_is_not_overwritten(model, example, prepare, options, message):
    prepare(example)
    before = example.copy()
    with pytest.raises(UsageError, match=message):
        model.impute(example, **options)
    assert set(example.layers) == set(before.layers)
    assert list(example.var) == list(before.var)


def test_columns_of_var_may_have_one_label_twice(model, example):
    plain = dense(run(model, example))
    example.var["note"] = "x"
    example.var.insert(0, "note", "y", allow_duplicates=True)
    model.impute(example, gate=False)
    np.testing.assert_array_equal(dense(example), plain)


def test_half_precision_counts_are_taken(model, example):
    few = example[:30].copy()
    counts = np.minimum(few.X.toarray(), 100)
    few.X = counts
    plain = dense(run(model, few))
    few.X = counts.astype(np.float16)
    np.testing.assert_array_equal(dense(run(model, few)), plain)


def test_a_model_that_is_no_path_is_refused(example):
    with pytest.raises(UsageError, match="must be a folder, an alias"):
        cellfill.impute(example, model=None)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda a: a.X.sqrt(), CountsError, "square roots"),
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


def test_a_few_hundred_variable_genes_are_enough_and_as_many_at_random_are_not(model, example):
    counts = example.X.toarray()
    spread = np.argsort(-(counts.var(axis=0) / np.maximum(counts.mean(axis=0), 1e-9)))[:300]
    assert run(model, example[:, spread].copy()).uns["cellfill"]["genes_imputed"] > 200
    drawn = np.random.default_rng(0).permutation(example.n_vars)[:600]
    with pytest.raises(GeneMatchError):
        run(model, example[:, drawn].copy())


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
