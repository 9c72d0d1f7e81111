"""Bounds of counts: quantiles are exact, cover what they promise, and go everywhere that the layer goes."""

import anndata
import dask.array as da
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from scipy.stats import nbinom

import cellfill
from cellfill.calibration.quantiles import count_quantile, distribution
from cellfill.errors import CountsError, EstimateError, UsageError
from cellfill.fitness.hiding import split_molecules
from cellfill.tasks.imputation.options import check_bounds
from conftest import EXAMPLE, MODEL

BOUNDS = ("imputed_lower", "imputed_upper")


@given(
    st.floats(2**-14, 4096, width=32),
    st.floats(2**-6, 1024, width=32),
    st.sampled_from([0.005, 0.025, 0.25, 0.5, 0.8, 0.975, 0.999]),
)
def test_a_quantile_is_the_least_count_that_is_reached(mean, phi, probability):
    found = count_quantile(np.full((1, 2), mean, np.float32), np.full(2, phi, np.float32), probability)
    assert found.dtype == np.float32
    one = np.array([float(found[0, 0])])
    reached, before = (distribution(count, np.array([mean]), np.array([phi]))[0] for count in (one, one - 1))
    assert reached >= probability - 1e-5
    assert before <= probability + 1e-5
    assert reached == pytest.approx(nbinom.cdf(one[0], phi, phi / (phi + mean)), rel=1e-6)


def test_quantiles_of_nothing_are_nothing():
    assert count_quantile(np.zeros((2, 3), np.float32), np.ones(3, np.float32), 0.99).sum() == 0


@pytest.fixture(scope="module")
def halves():
    """Two halves of the molecules of some cells: to impute from, and to look up."""
    cells = anndata.read_h5ad(EXAMPLE)
    seen, hidden = split_molecules(cells.X.astype(np.float32), seed=0, share=0.5)
    return anndata.AnnData(seen, var=cells.var.copy(), obs=cells.obs[[]].copy()), hidden


@pytest.fixture(scope="module")
def bounded(halves, model):
    return model.impute(halves[0], interval=0.8, gate=False, copy=True)


def test_counts_that_nothing_was_fitted_to_fall_inside_as_often_as_promised(halves, bounded, model):
    lower, upper = (bounded.layers[name].toarray() for name in BOUNDS)
    filled = bounded.var["imputed"].to_numpy()
    truth = halves[1].toarray()
    mean = model.impute(halves[0], policy="all", gate=False, copy=True).layers["imputed"].toarray()
    many = filled & (mean > 5)
    inside = ((truth >= lower) & (truth <= upper))[many]
    assert many.sum() > 5000
    # Whole counts: what lies on a bound is inside, 5 to 8 % of counts about such means.
    assert 0.78 < inside.mean() < 0.92
    assert (truth < lower)[many].mean() == pytest.approx(0.08, abs=0.04)
    assert (truth > upper)[many].mean() == pytest.approx(0.08, abs=0.04)


def test_bounds_are_whole_counts_about_the_mean_and_what_is_left_alone_has_its_own(halves, bounded):
    lower, upper = (bounded.layers[name].toarray() for name in BOUNDS)
    assert (lower <= upper).all()
    assert (lower == np.floor(lower)).all()
    alone = ~bounded.var["imputed"].to_numpy()
    seen = halves[0].X.toarray()
    assert alone.any()
    np.testing.assert_array_equal(lower[:, alone], seen[:, alone])
    np.testing.assert_array_equal(upper[:, alone], seen[:, alone])
    assert bounded.uns["cellfill"]["interval"] == 0.8
    assert list(bounded.uns["cellfill"]["layers_beside"]) == list(BOUNDS)
    assert bounded.uns["cellfill"]["dispersion_factor"] > 0


def test_the_layer_is_as_without_bounds_and_a_wider_interval_holds_a_narrower_one(halves, bounded, model):
    plain = model.impute(halves[0], gate=False, copy=True)
    assert abs(plain.layers["imputed"] - bounded.layers["imputed"]).max() == 0
    wide = model.impute(halves[0], interval=0.95, gate=False, copy=True)
    assert (wide.layers[BOUNDS[1]] - bounded.layers[BOUNDS[1]]).min() >= 0
    assert (bounded.layers[BOUNDS[0]] - wide.layers[BOUNDS[0]]).min() >= 0


def test_quantiles_are_the_bounds_and_nothing_is_added(halves, bounded, model):
    cells = halves[0].copy()
    found = model.quantiles(cells, [0.1, 0.5, 0.9], gate=False)
    assert list(found) == [0.1, 0.5, 0.9]
    for probability, name in zip((0.1, 0.9), BOUNDS, strict=True):
        assert abs(found[probability] - bounded.layers[name]).max() == 0
    assert (found[0.5] - found[0.1]).min() >= 0
    assert not cells.layers
    assert not cells.uns
    assert list(model.quantiles(cells[:40].copy(), 0.5, gate=False)) == [0.5]


@pytest.mark.parametrize("wrong", [[], [0], [1.0], [0.5, 2], ["a"], [0.01] * 100, None, 1, "0.5"])
def test_what_is_no_probability_is_refused(example, model, wrong):
    with pytest.raises(UsageError, match="probabilit"):
        model.quantiles(example, wrong)


@pytest.mark.parametrize("wrong", [0, 1, 90, -0.5, float("nan"), "0.9"])
def test_what_is_no_interval_is_refused(example, model, wrong):
    with pytest.raises(UsageError, match=r"interval is .*above 0 and below 1"):
        model.impute(example, interval=wrong)


def test_a_model_without_dispersions_has_no_bounds():
    with pytest.raises(EstimateError, match="no dispersions"):
        check_bounds(("expected", "expressed"))


def test_bounds_of_an_earlier_result_go_and_what_a_person_named_so_stays(halves, bounded, model):
    again = bounded.copy()
    model.impute(again, gate=False)
    assert set(again.layers) - {None} == {"imputed"}
    again.layers["imputed_lower"] = again.X.copy()
    with pytest.raises(UsageError, match=r"layers\['imputed_lower'\]"):
        model.impute(again, interval=0.5, gate=False)
    kept = model.impute(again, gate=False, copy=True)
    assert abs(kept.layers["imputed_lower"] - again.X).max() == 0


@pytest.mark.parametrize("ending", ["h5ad", "zarr"])
def test_files_hold_bounds_and_a_run_that_was_cut_goes_on(tmp_path, halves, model, ending):
    source, output = tmp_path / "cells.h5ad", tmp_path / f"filled.{ending}"
    few = halves[0][:120].copy()
    few.write_h5ad(source)
    options = {"model": MODEL, "interval": 0.8, "gate": False, "block_size": 32, "resume": True}

    def stop(done, _cells):
        if done >= 64:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cellfill.impute_file(source, output, on_block=stop, **options)
    cellfill.impute_file(source, output, **options)
    found = anndata.read_h5ad(output) if ending == "h5ad" else anndata.read_zarr(output)
    model.impute(few, interval=0.8, gate=False)
    for name in ("imputed", *BOUNDS):
        np.testing.assert_allclose(found.layers[name].toarray(), few.layers[name].toarray(), rtol=2e-5, atol=1e-7)
    plain = tmp_path / f"again.{ending}"
    cellfill.impute_file(output, plain, model=MODEL, gate=False)
    found = anndata.read_h5ad(plain) if ending == "h5ad" else anndata.read_zarr(plain)
    assert set(found.layers) - {None} == {"imputed"}


@pytest.mark.parametrize("name", ["filled.csv", "filled"])
def test_one_matrix_has_no_room_for_bounds(tmp_path, monkeypatch, name):
    """And that is said before any cell is looked at."""
    monkeypatch.setattr("cellfill.runs.to_file.carry_over", lambda *_, **__: pytest.fail("cells were read first"))
    with pytest.raises(UsageError, match="would hold one matrix"):
        cellfill.impute_file(EXAMPLE, tmp_path / name, model=MODEL, interval=0.9, gate=False)
    assert not list(tmp_path.iterdir())


def test_lazy_and_dense_bounds(halves, bounded, model):
    few = halves[0][:60].copy()
    few.X = few.X.toarray()
    dense = model.impute(few, interval=0.8, gate=False, dtype="float16", copy=True)
    lazy = few.copy()
    lazy.X = da.from_array(few.X, chunks=(25, -1))
    model.impute(lazy, interval=0.8, gate=False)
    for name in BOUNDS:
        assert dense.layers[name].dtype == np.float16
        assert not sparse.issparse(dense.layers[name])
        np.testing.assert_array_equal(np.asarray(lazy.layers[name].compute()), dense.layers[name])


def test_bounds_are_whole_numbers_but_never_taken_for_counts(bounded, model):
    found = bounded.copy()
    found.X = found.layers["imputed"].log1p()
    model.impute(found, gate=False, key_added="second", layer="imputed_lower")  # unless somebody says so
    with pytest.raises(CountsError):
        model.impute(found, gate=False, key_added="third")
    found.layers["mine"] = found.layers.pop("imputed_upper")
    model.impute(found, gate=False, key_added="third")
    assert found.uns["cellfill_third"]["counts"] == "layers['mine']"


def test_neither_the_genes_that_are_asked_for_nor_their_order_change_bounds(halves, bounded, model):
    some = [str(name) for name in bounded.var_names[bounded.var["imputed"].to_numpy()][::900]]
    part = model.impute(halves[0], interval=0.8, genes=some, gate=False, copy=True)
    turned = model.impute(halves[0][:, ::-1].copy(), interval=0.8, gate=False, copy=True)
    assert len(some) > 5
    for name in BOUNDS:
        whole = bounded[:, some].layers[name].toarray()
        np.testing.assert_array_equal(part[:, some].layers[name].toarray(), whole)
        np.testing.assert_array_equal(turned[:, some].layers[name].toarray(), whole)


@pytest.mark.parametrize(
    "listed", [["imputedMine", "imputed_other"], [np.zeros((2, 2)), np.zeros(3)], 5, "imputed_other"]
)
def test_a_record_that_was_changed_takes_no_other_layer(bounded, model, listed):
    found = bounded[:40].copy()
    for name in ("imputedMine", "imputed_other"):
        found.layers[name] = found.X.copy()
    found.uns["cellfill"] = {**found.uns["cellfill"], "layers_beside": listed}
    model.impute(found, gate=False)
    assert {"imputedMine", "imputed_other"} < set(found.layers)


def test_close_probabilities_are_two_and_large_dispersions_are_poisson(halves, model):
    assert len(model.quantiles(halves[0][:40].copy(), [0.1234567, 0.1234568], gate=False)) == 2
    assert count_quantile(np.full((1, 1), 10, np.float32), np.float32([1e9]), 0.5)[0, 0] == 10


def test_a_bare_matrix_has_no_room_for_bounds(example, model):
    with pytest.raises(UsageError, match=r"Model\.quantiles"):
        model.impute_matrix(example.X, list(example.var_names), interval=0.9)
