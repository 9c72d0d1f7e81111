"""What `impute` adds to an AnnData, it adds whole, or not at all; of every kind of AnnData."""

import anndata
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from cellfill.errors import DataError
from cellfill.readers import dataset_of
from cellfill.results.named import Results
from cellfill.results.to_anndata import add_to
from conftest import EXAMPLE

pytestmark = pytest.mark.filterwarnings("ignore")

ADDED = Results(
    var={"imputed": np.ones(5, dtype=bool), "imputed_reason": ["a", "b", "a", "b", "a"]},
    record_name="cellfill",
    record={"layer": "imputed", "model": "new"},
)


def small():
    return anndata.AnnData(
        sparse.csr_matrix(np.eye(4, 5)),
        obs=pd.DataFrame(index=list("abcd")),
        var=pd.DataFrame({"kept": range(5)}, index=list("vwxyz")),
    )


def held(adata):
    layers = {name: values.toarray().tolist() for name, values in adata.layers.items() if name is not None}
    return layers, adata.var.to_dict(), {k: dict(v) for k, v in adata.uns.items()}


@pytest.mark.parametrize("earlier", [False, True])
@pytest.mark.parametrize("failing", ["a layer of another shape", "a column of another length", "interrupted"])
def test_what_cannot_be_added_whole_leaves_nothing(earlier, failing, monkeypatch):
    adata = small()
    if earlier:
        adata.layers["imputed"] = sparse.csr_matrix(np.ones((4, 5)))
        adata.var["imputed"] = False
        adata.uns["cellfill"] = {"model": "old"}
    before = held(adata)
    values, added, error = sparse.csr_matrix(np.eye(4, 5)), ADDED, DataError
    if failing == "a layer of another shape":
        values = sparse.csr_matrix(np.eye(4, 6))
    elif failing == "a column of another length":
        added = Results(var={**ADDED.var, "more": np.ones(6)}, record_name="cellfill", record=ADDED.record)
    else:
        error = KeyboardInterrupt

        def interrupt(*_):
            raise KeyboardInterrupt

        monkeypatch.setattr(type(adata.layers), "__setitem__", interrupt)
    with pytest.raises(error):
        add_to(adata, {"imputed": values}, added)
    monkeypatch.undo()
    assert held(adata) == before


def test_all_of_it_is_added_also_to_a_view():
    view = small()[:3]
    add_to(view, {"imputed": sparse.csr_matrix(np.ones((3, 5)))}, ADDED)
    assert view.layers["imputed"].sum() == 15
    assert view.var["imputed"].dtype == bool
    assert list(view.var["imputed_reason"].cat.categories) == ["a", "b"]
    assert view.uns["cellfill"]["model"] == "new"


def test_x_is_no_layer_whatever_anndata_says():
    assert [matrix.name for matrix in dataset_of(small()).matrices] == ["X"]


@pytest.mark.parametrize("copy", [False, True])
def test_an_anndata_that_is_read_lazily_gets_a_lazy_layer(model, copy):
    pytest.importorskip("xarray")
    pytest.importorskip("dask")
    from anndata.experimental import read_lazy

    expected = model.impute(anndata.read_h5ad(EXAMPLE), copy=True)
    lazy = read_lazy(EXAMPLE)
    result = model.impute(lazy, copy=True) if copy else (model.impute(lazy), lazy)[1]
    assert hasattr(result.layers["imputed"], "compute")
    assert ("imputed" in lazy.layers) is not copy
    loaded = result.to_memory()
    assert loaded.uns["cellfill"]["model"] == expected.uns["cellfill"]["model"]
    assert list(loaded.var["imputed_reason"]) == list(expected.var["imputed_reason"])
    np.testing.assert_allclose(
        loaded.layers["imputed"].toarray(), expected.layers["imputed"].toarray(), rtol=2e-5, atol=1e-7
    )
